"""A disk that is full, a home that is not to be written, and no shared memory: defined, clear, and no reason to stop
playing."""

import resource
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from tests.live.daemon import Daemon
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until
from tests.live.test_performance import QUICK, phrase, wait_for_notes
from tests.live.test_server_faults import HOMELESS

from antiphon.offline import PHRASE

pytestmark = pytest.mark.midi

FULL = (0, resource.RLIM_INFINITY)
"""A limit to the size of files, which does to whoever writes one what a full disk does, and needs no disk."""
COVERED = 'mount -t tmpfs -o size=4k,mode=0555 none /dev/shm && exec setpriv --bounding-set -all "$@"'


def test_a_disk_that_fills_up_while_it_plays_is_said_once_and_it_plays_on(
    jack: Jack, player: Player, tmp_path: Path
) -> None:
    with Daemon(jack, tmp_path, "--seed", "5", *QUICK) as daemon:
        jack.connect(player.output, daemon.report["ports"]["in"][0])
        jack.connect(daemon.report["ports"]["out"][0], player.input)
        resource.prlimit(daemon.pid("guard"), resource.RLIMIT_FSIZE, FULL)
        for name in ("page", "mind"):  # each is replaced, which is to be reported
            daemon.kill(name)
            time.sleep(1.5)
        wait_until(lambda: _answers(daemon.latest["page"]["url"]), 10.0, lambda: "no page")
        player.play(phrase(2.0))
        wait_for_notes(player, 3, within_s=20.0)
        status, printed, complained = daemon.end()
    assert (status, complained) == (0, "")
    assert printed.count("cannot write the ready-file here (File too large)") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["antiphon"]  # takes, and no ready-file


def test_with_a_home_that_cannot_be_written_it_says_so_once_each_and_plays(
    jack: Jack, player: Player, tmp_path: Path
) -> None:
    with Daemon(jack, tmp_path, "--seed", "5", *QUICK, within=HOMELESS) as daemon:
        jack.connect(player.output, daemon.report["ports"]["in"][0])
        jack.connect(daemon.report["ports"]["out"][0], player.input)
        player.play(phrase(2.0))
        wait_for_notes(player, 3, within_s=20.0)
        status, printed, complained = daemon.end()
    assert (status, printed.count("takes cannot be kept"), complained.count("\n")) == (0, 1, 1)
    assert complained.startswith("no log is kept: /proc/nowhere/")


def test_a_performance_that_finds_no_room_on_the_disk_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    output = tmp_path / "out.mid"
    output.write_bytes(b"old")
    command = [sys.executable, "-m", "antiphon.cli.main", "rehearse", str(PHRASE), "-o", str(output)]
    limit = ["prlimit", "--fsize=100"]
    done = subprocess.run([*limit, *command], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, output.read_bytes()) == (1, b"old")
    assert done.stderr.startswith(f"antiphon: {output}: ")
    assert [path.name for path in tmp_path.iterdir()] == ["out.mid"]


def test_without_shared_memory_it_waits_for_a_server_and_serves_its_page(tmp_path: Path) -> None:
    with Daemon(Jack(tmp_path), tmp_path, backend="auto", within=_without_shared_memory()) as daemon:
        assert daemon.report["ports"] == {"in": [], "out": []}
        assert _answers(daemon.report["page"]["url"])
        status, _, complained = daemon.end()
    assert (status, complained) == (0, "")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url + "/ping", timeout=5) as answer:
            return bool(answer.read() == b"pong")
    except OSError:
        return False


def _without_shared_memory() -> list[str]:
    """Before a command: a place where nothing can be made in /dev/shm."""
    for namespace in (["unshare", "--mount"], ["unshare", "--mount", "--map-root-user"]):
        confined = [*namespace, "sh", "-c", COVERED, "sh"]
        if shutil.which("unshare") and subprocess.run([*confined, "true"], check=False).returncode == 0:
            return confined
    pytest.skip("no place without shared memory may be made here (unshare --mount)")
