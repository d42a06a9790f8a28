"""What the system grants to a process that has to be on time. Each grant is asked for; none is needed."""

import ctypes
import os
import sys
from typing import Final

PRIORITY: Final = 60
"""Below what JACK's own threads run at (70 and above), above everything ordinary."""
_LOCK_ALL: Final = 3


def real_time() -> str:
    """Ask for first-in-first-out scheduling and for memory that is never paged out. Returns what was granted."""
    granted = [name for name, asked in (("real-time priority", _fifo), ("locked memory", _locked)) if asked()]
    return " and ".join(granted) or "neither real-time priority nor locked memory (see docs/benchmarks.md)"


def _fifo() -> bool:
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except (AttributeError, OSError):  # another system, or no right to
        return False
    return True


def _locked() -> bool:
    if sys.platform != "linux":
        return False
    return int(ctypes.CDLL(None).mlockall(_LOCK_ALL)) == 0
