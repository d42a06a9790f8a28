"""The whole of it: a musician plays a phrase into the daemon's port and hears the answer from the other."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.daemon import Daemon, ask
from tests.live.jack_player import LEAD_S, Player
from tests.live.jack_server import Jack, wait_until

from antiphon.music import midifile
from antiphon.music.wire import Timed
from antiphon.offline import PHRASE

pytestmark = pytest.mark.midi

PEDAL_DOWN = bytes((0xB0, 64, 127))
QUICK = ("--set", "reply_longest=6", "--set", "reply_shortest=6")


@pytest.fixture
def daemon(jack: Jack, player: Player, tmp_path: Path) -> Iterator[Daemon]:
    with Daemon(jack, tmp_path, "--seed", "5", *QUICK) as running:
        [ours_in], [ours_out] = running.report["ports"]["in"], running.report["ports"]["out"]
        jack.connect(player.output, ours_in)
        jack.connect(ours_out, player.input)
        yield running


def phrase(until: float = 4.0) -> list[tuple[float, bytes]]:
    """A real phrase from a .mid file, let go of at `until` (s)."""
    played = [timed for timed in midifile.merged(midifile.read(PHRASE)) if timed.time < until]
    keys = {timed.message[1] for timed in played if timed.message[0] == 0x90}
    ends = [Timed(played[-1].time, bytes((0x80, key, 64))) for key in sorted(keys)]
    lift = Timed(played[-1].time, bytes((0xB0, 64, 0)))
    return [(timed.time, timed.message) for timed in [*played, *ends, lift]]


def onsets(heard: list[tuple[float, bytes]]) -> list[float]:
    return [moment for moment, message in heard if message[0] & 0xF0 == 0x90 and message[2]]


def wait_for_notes(player: Player, count: int, within_s: float = 10.0) -> None:
    wait_until(lambda: len(onsets(player.heard)) >= count, within_s, lambda: f"heard {onsets(player.heard)}")


def test_a_phrase_goes_in_and_an_answer_comes_out_with_every_note_released(daemon: Daemon, player: Player) -> None:
    played = phrase()
    released = player.play(played) + played[-1][0]
    heard = player.wait_for_rest(rest_s=4.0, within_s=40.0)

    begun = onsets(heard)
    assert 0 < begun[0] - released < 2.0
    assert len([moment for moment in begun if moment - begun[0] <= 6.0]) >= 8
    assert player.sounding == []


def test_nothing_of_what_is_played_is_logged(
    jack: Jack, player: Player, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    log = tmp_path / "state" / "antiphon" / "antiphon.log"
    with Daemon(jack, tmp_path, "--seed", "5", *QUICK) as running:
        jack.connect(player.output, running.report["ports"]["in"][0])
        jack.connect(running.report["ports"]["out"][0], player.input)
        wait_until(lambda: "playing to" in log.read_text(), 5.0, lambda: log.read_text())
        time.sleep(0.5)
        before = log.read_text()
        player.play(phrase(2.0))
        wait_for_notes(player, 3, within_s=20.0)
        assert log.read_text() == before


def test_nothing_is_sent_on_to_the_output_while_the_musician_plays(daemon: Daemon, player: Player) -> None:
    played = phrase()
    player.play(played)
    time.sleep(LEAD_S + played[-1][0])
    assert player.heard == []


def test_the_answer_stops_at_once_when_the_musician_plays_again(daemon: Daemon, player: Player) -> None:
    player.play(phrase(2.0))
    wait_for_notes(player, 3)

    interrupted = player.play([(0.0, bytes((0x90, 60, 80)))])
    time.sleep(LEAD_S + 1.5)

    assert player.sounding == []
    assert [moment for moment in onsets(player.heard) if moment > interrupted + 0.05] == []
    player.play([(0.0, bytes((0x80, 60, 64)))])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_of_a_chord_leaves_nothing_sounding(
    daemon: Daemon, player: Player, number: signal.Signals
) -> None:
    player.play(phrase(2.0))
    wait_until(lambda: len(player.sounding) >= 2, 20.0, lambda: f"no chord: {player.messages}")

    status, printed, complained = daemon.end(number)

    wait_until(lambda: player.sounding == [], 2.0, lambda: f"left sounding: {player.sounding}")
    assert (status, complained, daemon.ready) == (0, "", False)
    ports = ["listening on  Antiphon in:in", "playing to    Antiphon out:out"]
    assert printed.splitlines() == [*ports, f"page          {daemon.report['page']['url']}"]


def test_a_burst_between_phrases_neither_ends_nor_silences_it(daemon: Daemon, player: Player) -> None:
    burst = [(0.0, bytes((status, 40 + n % 40, 64))) for n in range(2_500) for status in (0x90, 0x80)]
    player.play([*burst, (0.0, PEDAL_DOWN), (0.1, bytes((0xB0, 64, 0)))])
    wait_for_notes(player, 8, within_s=30.0)

    assert daemon.running
    assert daemon.end()[0] == 0
    wait_until(lambda: player.sounding == [], 2.0, lambda: f"left sounding: {player.sounding}")


def test_what_is_no_midi_message_brings_nobody_down_and_the_player_is_answered(daemon: Daemon, player: Player) -> None:
    before = daemon.latest["pids"]
    broken = (b"\xb0", b"\x90", b"\x90\x3c", b"\xc0", b"\x3c\x40", b"\xf4", b"\x90\x3c\xc0")
    begin = player.play([(n / 100, message) for n, message in enumerate(broken)])
    player.play(phrase(2.0))
    wait_for_notes(player, 6, within_s=30.0)
    assert onsets(player.heard)[0] > begin
    assert daemon.latest["pids"] == before


def test_the_ready_file_names_the_processes_the_ports_and_the_model(daemon: Daemon) -> None:
    report = daemon.report
    assert report["ports"] == {"in": ["Antiphon in:in"], "out": ["Antiphon out:out"]}
    assert report["model"] == "default"
    assert {"guard", "stage", "mind", "page"} <= set(report["pids"])
    for pid in report["pids"].values():
        os.kill(pid, 0)


def test_ports_of_others_are_found_by_part_of_their_name_and_connected(
    jack: Jack, player: Player, tmp_path: Path
) -> None:
    with Daemon(jack, tmp_path, "--in", "PLAYER OUT", "--out", "player in", *QUICK):
        player.play(phrase(2.0))
        wait_for_notes(player, 3)


def test_the_ports_command_lists_what_is_on_the_server(jack: Jack, player: Player) -> None:
    backends = {found["name"]: found for found in json.loads(ask(jack, "ports", "--json"))}
    assert backends["jack"]["works"] is True
    assert player.output in backends["jack"]["inputs"]
    assert player.input in backends["jack"]["outputs"]
