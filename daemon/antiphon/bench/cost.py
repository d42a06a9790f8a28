"""What processes cost, by Linux's own books: processor time and memory. Elsewhere nothing is known."""

import contextlib
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
KNOWN: Final = (_PROC / "self/smaps_rollup").exists()


def family(pids: Mapping[str, int]) -> dict[str, int]:
    """These processes and the guard's other children, which stand by, by name."""
    named = dict(pids)
    for folder in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pids["guard"] and int(folder.name) not in named.values():
                named[f"spare {len(named) - len(pids) + 1}"] = int(folder.name)
    return named


def memory_mb(pid: int, of: str = "") -> float:
    """Proportional set size in MB: what is shared counts for each of its users in part. With `of` only that of files
    whose paths begin so."""
    total, counted = 0, True
    for line in (_PROC / str(pid) / ("smaps" if of else "smaps_rollup")).read_text().splitlines():
        if line.startswith("Pss:"):
            total += int(line.split()[1]) if counted else 0
        elif of and not line.split()[0].endswith(":"):  # a mapping begins
            counted = f" {of}" in line
    return total * 1024 / 1e6


def processor_s(pid: int, first_only: bool = False) -> float:
    """Seconds of processor time that all its threads together have used, to the nanosecond. Or the first alone, in
    which a process of ours does all its work; libjack starts some of its own."""
    total = 0
    for thread in (_PROC / str(pid) / "task").iterdir():
        with contextlib.suppress(OSError):  # it has just ended
            if not first_only or thread.name == str(pid):
                total += int((thread / "schedstat").read_text().split()[0])
    return total / 1e9


def shares(pids: Mapping[str, int], act: Callable[[], None], first_only: Collection[str] = ()) -> dict[str, float]:
    """How much of one core each process uses, in percent, while `act` is done; of those in `first_only` the first
    thread alone."""
    before, start = _used(pids, first_only), time.monotonic()
    act()
    span, after = time.monotonic() - start, _used(pids, first_only)
    return {name: 100 * (after[name] - before[name]) / span for name in pids}


def _used(pids: Mapping[str, int], first_only: Collection[str]) -> dict[str, float]:
    return {name: processor_s(pid, name in first_only) for name, pid in pids.items()}
