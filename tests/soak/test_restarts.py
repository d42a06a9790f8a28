"""Each process dies again and again: no file is left open, no process and no memory."""

import os
import time
from pathlib import Path
from typing import Final

import pytest
from tests.live.daemon import Daemon
from tests.live.jack_server import Jack, wait_until
from tests.soak.test_machine_gun import megabytes

pytestmark = [pytest.mark.midi, pytest.mark.timeout(1200)]

RESTARTS: Final = int(os.environ.get("ANTIPHON_SOAK_RESTARTS", "4"))
NAMES: Final = ("mind", "page", "scribe", "stage")
_ALL: Final = len(NAMES) + 1
"""With the spare stage."""
_APART_S: Final = 5.5
"""Three deaths of one process in ten seconds are another matter."""
_SETTLES_S: Final = 3.0
"""In which a page has loaded all that it checks requests by."""
_GROWTH_MB: Final = 3.0


def test_after_many_deaths_no_file_is_left_open_and_no_process_and_no_memory(jack: Jack, tmp_path: Path) -> None:
    with Daemon(jack, tmp_path) as daemon:
        wait_until(lambda: len(_children(daemon)) == _ALL, 10.0, lambda: f"{_children(daemon)}")
        time.sleep(_SETTLES_S)
        before, sizes = _files(daemon), list[float]()
        for _ in range(RESTARTS):
            start, first = time.monotonic(), {name: daemon.pid(name) for name in NAMES}
            for name in NAMES:
                daemon.kill(name)
            wait_until(lambda first=first: _others(daemon, first), 10.0, lambda: f"{daemon.latest}")  # type: ignore[misc]
            time.sleep(max(0.0, start + _APART_S - time.monotonic()))
            sizes.append(megabytes(daemon))
        wait_until(lambda: len(_children(daemon)) == _ALL, 5.0, lambda: f"{_children(daemon)}")
        print(f"{RESTARTS} restarts of each: open files {_files(daemon)}, {[round(size) for size in sizes]} MB")
        wait_until(lambda: _files(daemon) == before, _SETTLES_S, lambda: f"{before} before, {_files(daemon)} now")
        assert sizes[-1] - sizes[0] < _GROWTH_MB


def _others(daemon: Daemon, first: dict[str, int]) -> bool:
    return all(daemon.pid(name) != pid for name, pid in first.items())


def _files(daemon: Daemon) -> dict[str, int]:
    return {name: len(os.listdir(f"/proc/{daemon.pid(name)}/fd")) for name in ("guard", *NAMES)}


def _children(daemon: Daemon) -> list[str]:
    """What it runs, as commands."""
    guard = daemon.pid("guard")
    pids = Path(f"/proc/{guard}/task/{guard}/children").read_text().split()
    return [Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in pids]
