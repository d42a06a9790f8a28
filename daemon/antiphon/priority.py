"""What the system grants to a process that has to be on time. Each grant is asked for; none is needed."""

import ctypes
import os
import sys
from typing import Final

STAGE: Final = 60
"""Below what JACK's own threads run at (70 and above), above everything ordinary."""
MIND: Final = 50
"""Below the stage's: what is composed is due later than what is played."""
_LOCK_ALL: Final = 3


def real_time(priority: int) -> bool:
    """Ask for first-in-first-out scheduling (sched(7)). True where it was granted."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except (AttributeError, OSError):  # another system, or no right to
        return False
    return True


def locked_memory() -> bool:
    """Ask for memory that is never paged out. True where it was granted."""
    if sys.platform != "linux":
        return False
    return int(ctypes.CDLL(None).mlockall(_LOCK_ALL)) == 0


def granted(in_time: bool, locked: bool) -> str:
    """What was granted, in words."""
    grants = [name for name, given in (("real-time priority", in_time), ("locked memory", locked)) if given]
    return " and ".join(grants) or "neither real-time priority nor locked memory"
