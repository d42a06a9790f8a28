"""Whatever dies, nothing it began goes on sounding, and the music goes on. Real processes, a real server, a listener
outside that counts what sounds. Bounds are those of the design, with room for a busy machine where they are tight."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.daemon import Daemon
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until
from tests.live.test_performance import onsets, phrase

pytestmark = pytest.mark.midi

LONG = ("--set", "reply_longest=25", "--set", "reply_shortest=25", "--set", "liveliness=4")


@pytest.fixture
def daemon(jack: Jack, player: Player, tmp_path: Path) -> Iterator[Daemon]:
    with Daemon(jack, tmp_path, "--seed", "11", *LONG) as running:
        jack.connect(player.output, running.report["ports"]["in"][0])
        jack.connect(running.report["ports"]["out"][0], player.input)
        player.play(phrase(2.0))
        yield running


def wait_for_chord(player: Player) -> None:
    wait_until(lambda: len(player.sounding) >= 2, 20.0, lambda: f"no chord among {len(player.messages)} messages")


def silent_after(player: Player, moment: float, within_s: float = 5.0) -> float:
    """Seconds from a moment until nothing sounded."""
    wait_until(lambda: not player.sounding, within_s, lambda: f"still sounding: {player.sounding}")
    return player.heard[-1][0] - moment


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def plays_on(player: Player, after: float, within_s: float) -> float:
    """Seconds from a moment until a note began again."""
    later = lambda: [moment for moment in onsets(player.heard) if moment > after]  # noqa: E731
    wait_until(lambda: bool(later()), within_s, lambda: "it does not play on")
    return later()[0] - after


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("to_all", [False, True], ids=["guard", "group"])
def test_a_signal_silences_all_at_once_and_leaves_nothing_running(
    daemon: Daemon, player: Player, number: signal.Signals, to_all: bool
) -> None:
    wait_for_chord(player)
    pids = daemon.report["pids"]
    moment = time.monotonic()
    os.killpg(pids["guard"], number) if to_all else os.kill(pids["guard"], number)

    assert silent_after(player, moment) < 0.1
    status, _, complained = daemon.wait()
    assert (status, complained) == (0, "")
    assert [name for name, pid in pids.items() if not gone(pid)] == []


def test_when_the_mind_is_killed_its_notes_end_and_the_music_goes_on(
    jack: Jack, daemon: Daemon, player: Player
) -> None:
    before = jack.connections(daemon.report["ports"]["out"][0])
    wait_for_chord(player)
    moment = daemon.kill("mind")

    assert silent_after(player, moment) < 0.15
    assert plays_on(player, moment + 0.15, 5.0) < 1.5
    assert jack.connections(daemon.report["ports"]["out"][0]) == before


def test_when_the_guard_is_killed_the_others_release_everything_and_leave(daemon: Daemon, player: Player) -> None:
    wait_for_chord(player)
    pids = daemon.report["pids"]
    moment = daemon.kill("guard")

    assert silent_after(player, moment) < 0.15
    wait_until(lambda: all(map(gone, pids.values())), 3.0, lambda: f"left: {pids}")


def test_when_the_stage_is_killed_another_takes_its_place_connected_as_it_was(
    jack: Jack, daemon: Daemon, player: Player
) -> None:
    time.sleep(1.0)  # the graph is looked at twice a second
    wait_for_chord(player)
    moment = daemon.kill("stage")

    assert silent_after(player, moment) < 1.0
    assert jack.connections("Antiphon out:out") == [player.input]
    assert jack.connections(player.output) == ["Antiphon in:in"]
    assert plays_on(player, moment + 0.5, 8.0) < 3.0


@pytest.mark.parametrize("name", ["mind", "stage"])
def test_a_process_that_hangs_is_replaced(daemon: Daemon, player: Player, name: str) -> None:
    time.sleep(1.0)
    wait_for_chord(player)
    moment = daemon.kill(name, signal.SIGSTOP)

    assert silent_after(player, moment, 8.0) < 3.0
    assert plays_on(player, player.heard[-1][0], 8.0) < 3.0


def test_when_the_page_is_killed_nobody_playing_notices(daemon: Daemon, player: Player) -> None:
    wait_for_chord(player)
    first = daemon.pid("page")
    daemon.kill("page")

    wait_until(lambda: daemon.pid("page") != first, 5.0, lambda: "no other page")
    others = ("guard", "stage", "mind")
    assert [daemon.pid(name) for name in others] == [daemon.report["pids"][name] for name in others]
    assert plays_on(player, time.monotonic(), 5.0) < 3.0
