"""The whole daemon with the lines that it has on Windows (ANTIPHON_LINES=loopback), through a real server: what holds
of it with its better ones holds with these."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until
from tests.live.test_faults import Playing, gone, gone_after, playing, plays_on, silent_after

from antiphon import loopback

pytestmark = pytest.mark.midi
__all__ = ["playing"]


@pytest.fixture(autouse=True)
def as_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(loopback.VARIABLE, "loopback")


def sockets(pid: int) -> set[str]:
    """What kinds of sockets a process has of those that a guard hands over: "stream" over loopback, or "packets"."""
    inodes = {os.readlink(file)[8:-1] for file in Path(f"/proc/{pid}/fd").iterdir() if "socket:" in os.readlink(file)}
    streams = {line.split()[9] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]}
    packets = {
        line.split()[6] for line in Path("/proc/net/unix").read_text().splitlines()[1:] if line.split()[4] == "0005"
    }
    return {name for name, found in (("stream", streams), ("packets", packets)) if inodes & found}


def test_it_plays_over_loopback_alone_and_a_signal_ends_it_clean(playing: Playing, player: Player) -> None:
    with playing() as daemon:
        pids = daemon.report["pids"]
        assert {name: sockets(pid) for name, pid in pids.items()} == {name: {"stream"} for name in pids}
        os.kill(pids["guard"], signal.SIGTERM)
        status, _, complained = daemon.wait()
        assert (status, complained) == (0, "")
        assert ([name for name, pid in pids.items() if not gone(pid)], player.sounding) == ([], [])


def test_when_the_mind_is_killed_its_notes_end_and_the_music_goes_on(playing: Playing, player: Player) -> None:
    with playing() as daemon:
        first, moment = daemon.pid("mind"), daemon.kill("mind")
        taken = silent_after(player, moment)
        plays_on(player, moment + taken, 20.0)
        assert daemon.pid("mind") != first


def test_when_the_stage_is_killed_another_takes_its_place(playing: Playing, player: Player) -> None:
    with playing() as daemon:
        first, moment = daemon.pid("stage"), daemon.kill("stage")
        wait_until(lambda: daemon.pid("stage") != first, 20.0, lambda: "no other stage")
        wait_until(lambda: player.ended(moment) is not None, 10.0, lambda: f"still sounding: {player.sounding}")


@pytest.mark.parametrize("name", ["page", "scribe"])
def test_when_one_that_nobody_hears_is_killed_another_takes_its_place(playing: Playing, name: str) -> None:
    with playing() as daemon:
        first = daemon.pid(name)
        daemon.kill(name)
        wait_until(lambda: daemon.pid(name) != first, 20.0, lambda: f"no other {name}")


def test_when_the_guard_is_killed_the_others_release_everything_and_leave(playing: Playing, player: Player) -> None:
    with playing() as daemon:
        others = [pid for name, pid in daemon.report["pids"].items() if name != "guard"]
        moment = daemon.kill("guard")
        gone_after(others, moment, 10.0)
        silent_after(player, moment)
        assert player.sounding == []


def test_a_process_that_hangs_is_noticed_and_replaced(playing: Playing, player: Player) -> None:
    with playing() as daemon:
        first, moment = daemon.pid("mind"), daemon.kill("mind", signal.SIGSTOP)
        wait_until(lambda: daemon.pid("mind") != first, 30.0, lambda: "no other mind")
        assert gone_after([first], moment, 10.0) > 1.0


def test_it_can_be_spoken_to_by_whoever_can_read_the_file(playing: Playing) -> None:
    def says(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "antiphon.cli.main", *words, "--pid", number]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    with playing() as daemon:
        number = str(daemon.pid("guard"))
        wait_until(lambda: says("set", "pause=0.75").returncode == 0, 60.0, lambda: says("get").stderr)
        assert says("get", "pause").stdout == "pause = 0.75\n"


@pytest.mark.parametrize("to_all", [False, True], ids=["guard", "group"])
def test_it_can_be_told_to_stop_before_it_is_ready(jack: Jack, tmp_path: Path, to_all: bool) -> None:
    command = [sys.executable, "-m", "antiphon.cli.main", "run", "--backend", "jack", "--page", "0"]
    with subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        wait_until(lambda: len(children.read_text().split()) >= 2, 30.0, lambda: "it starts nobody")
        pids = [int(pid) for pid in children.read_text().split()]
        (os.killpg if to_all else os.kill)(process.pid, signal.SIGTERM)
        assert process.wait(15) == 0
        gone_after(pids, time.monotonic(), 5.0)
