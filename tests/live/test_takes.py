"""What was played is kept, and a fresh run gives it again to the byte: through real processes that are killed, too."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.daemon.mind.test_priming import tune
from tests.live.daemon import Daemon
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until
from tests.live.test_performance import QUICK, phrase, wait_for_notes

from antiphon.core.tape import Kind
from antiphon.music.wire import Timed
from antiphon.offline import PHRASE
from antiphon.takes import journal, replaying, takefile
from antiphon.takes.performed import performed

pytestmark = pytest.mark.midi


def keeping(jack: Jack, folder: Path, *options: str) -> Daemon:
    return Daemon(jack, folder, "--seed", "5", *QUICK, "--no-page", "--takes", str(folder / "takes"), *options)


def connected(jack: Jack, daemon: Daemon, player: Player) -> None:
    jack.connect(player.output, daemon.report["ports"]["in"][0])
    jack.connect(daemon.report["ports"]["out"][0], player.input)


def kept(folder: Path, count: int = 1) -> list[Path]:
    def found() -> list[Path]:
        return sorted((folder / "takes").glob("*.mid"))

    wait_until(lambda: len(found()) >= count, 10.0, lambda: f"{list((folder / 'takes').iterdir())}")
    return found()


def assert_replays(path: Path, tmp_path: Path) -> None:
    calls = takefile.read(path)
    replayed = replaying.again(calls, replaying.model_of(calls))
    assert (replayed.why, replayed.departs_at) == ("", None)
    assert takefile.write(tmp_path / "again.mid", replayed.calls)
    assert (tmp_path / "again.mid").read_bytes() == path.read_bytes()


def onsets(side: tuple[Timed, ...]) -> list[tuple[int, int]]:
    return [(t.message[1], t.message[2]) for t in side if t.message[0] & 0xF0 == 0x90 and t.message[2]]


def test_a_performance_becomes_a_take_of_what_was_heard_and_sent_and_replays(
    jack: Jack, player: Player, tmp_path: Path
) -> None:
    with keeping(jack, tmp_path) as daemon:
        connected(jack, daemon, player)
        player.play(phrase(2.0))
        heard = player.wait_for_rest(rest_s=3.0, within_s=40.0)
        daemon.end()
    [path] = kept(tmp_path)
    found = performed(takefile.read(path))
    assert found is not None
    assert onsets(found.player) == [(m[1], m[2]) for _, m in phrase(2.0) if m[0] & 0xF0 == 0x90 and m[2]]
    assert onsets(found.ours) == [(m[1], m[2]) for _, m in heard if m[0] & 0xF0 == 0x90 and m[2]]
    assert {"turn: player", "turn: Antiphon"} <= {mark.text for mark in found.marks}
    assert list((tmp_path / "takes").glob(".*")) == []
    assert_replays(path, tmp_path)


def test_two_performances_are_two_takes_and_the_second_replays_from_where_it_began(
    jack: Jack, player: Player, tmp_path: Path
) -> None:
    with keeping(jack, tmp_path, "--take-silence", "2", "--set", "memory=0.5") as daemon:
        connected(jack, daemon, player)
        player.play(phrase(1.0))
        player.wait_for_rest(rest_s=3.5, within_s=40.0)
        before = len(player.heard)
        player.play(phrase(1.5))
        wait_until(lambda: len(player.heard) > before + 4, 20.0, lambda: "no second answer")
        player.wait_for_rest(rest_s=3.5, within_s=40.0)
        daemon.end()
    paths = kept(tmp_path, 2)
    assert len(paths) == 2
    assert any(call.frame.kind is Kind.RESUMED for call in takefile.read(paths[1]))
    for path in paths:
        assert_replays(path, tmp_path)


def test_with_a_mind_that_was_killed_both_halves_replay(jack: Jack, player: Player, tmp_path: Path) -> None:
    with keeping(jack, tmp_path) as daemon:
        connected(jack, daemon, player)
        player.play(phrase(2.0))
        wait_for_notes(player, 3)
        daemon.kill("mind")
        player.wait_for_rest(rest_s=4.0, within_s=40.0)
        daemon.end()
    paths = kept(tmp_path, 2)
    for path in paths:
        assert_replays(path, tmp_path)


def test_when_everything_is_killed_no_more_than_a_second_is_lost(jack: Jack, player: Player, tmp_path: Path) -> None:
    with keeping(jack, tmp_path) as daemon:
        connected(jack, daemon, player)
        player.play(phrase(2.0))
        wait_for_notes(player, 6)
        time.sleep(1.0)
        killed = time.monotonic()
        for pid in daemon.report["pids"].values():
            os.kill(pid, signal.SIGKILL)
    assert not list((tmp_path / "takes").glob("*.mid"))
    [tape] = (tmp_path / "takes").glob(".*.tape")
    assert journal.recover(tape.parent) == [tape.parent / f"{tape.name[1:].removesuffix('.tape')}.mid"]
    [path] = kept(tmp_path)
    calls = takefile.read(path)
    assert killed - max(call.frame.time for call in calls) < 1.0
    assert_replays(path, tmp_path)


def test_what_begins_in_the_world_of_a_piece_is_a_take_that_replays(jack: Jack, player: Player, tmp_path: Path) -> None:
    with keeping(jack, tmp_path, "--prime", f"{PHRASE}=0.5", "--prime", f"{PHRASE}=1") as daemon:
        connected(jack, daemon, player)
        player.play(phrase(1.0))
        player.wait_for_rest(rest_s=3.0, within_s=40.0)
        daemon.end()
    [path] = kept(tmp_path)
    assert any(call.frame.kind is Kind.RESUMED for call in takefile.read(path))
    assert_replays(path, tmp_path)


@pytest.mark.parametrize("called", ["by --prime", "by a scene"])
def test_music_that_is_heard_for_the_first_time_keeps_nobody_waiting_and_its_take_replays(
    jack: Jack, player: Player, tmp_path: Path, called: str
) -> None:
    tunes = [str(tune(tmp_path / f"{low}.mid", low, notes=1000)) for low in range(40, 52)]
    scene = tmp_path / "antiphon.toml"
    scene.write_text(f"version = 1\n[scenes.night]\nprogram = 5\nprime = {json.dumps(tunes)}\n")
    primes = [option for each in tunes for option in ("--prime", each)]
    options = primes if called == "by --prime" else ["--config", str(scene)]
    worlds = tmp_path / "antiphon" / "primes"
    with keeping(jack, tmp_path, *options) as daemon:
        assert not worlds.exists(), "ready before it is heard"
        connected(jack, daemon, player)
        player.play(([(0.0, b"\xc0\x04")] if called == "by a scene" else []) + phrase(1.0))
        wait_for_notes(player, 3)
        wait_until(lambda: bool(list(worlds.glob("*.world"))), 60.0, lambda: "it is not heard")
        player.play(phrase(1.0))
        player.wait_for_rest(rest_s=3.0, within_s=40.0)
        _, printed, complained = daemon.end()
    assert ("scene night: the music that it begins from is still being heard" in printed) == (called == "by a scene")
    assert "Traceback" not in complained
    [path] = kept(tmp_path)
    kinds = [call.frame.kind for call in takefile.read(path)]
    assert kinds[kinds.index(Kind.SWITCHED) :].count(Kind.RESUMED) > 1, "the world that it came out of"
    assert_replays(path, tmp_path)


def test_music_to_begin_from_that_is_not_there_is_said_at_the_start(jack: Jack, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "antiphon.cli.main",
        "run",
        "--backend",
        "jack",
        "--no-page",
        "--prime",
        "gone.mid",
    ]
    env = {**os.environ, **jack.env, "XDG_DATA_HOME": str(tmp_path)}
    done = subprocess.run(
        [*command, "--prime", "gone.mid"], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "gone.mid: no such file; check the name" in done.stderr
