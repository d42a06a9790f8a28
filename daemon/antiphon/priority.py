"""What the system grants to a process that has to be on time. Each grant is asked for; none is needed."""

import contextlib
import ctypes
import os
import sys
from pathlib import Path
from typing import Final, NamedTuple

STAGE: Final = 60
"""Below what JACK's own threads run at by default (70 and above), above everything ordinary."""
MIND: Final = 50
"""Below the stage's: what is composed is due later than what is played."""
LOWEST: Final = 1
LOCKED: Final = "locked memory"
_LOCK_ALL: Final = 3
_TIME_CRITICAL, _ABOVE_OTHERS, _BELOW_NORMAL = 15, 2, 0x4000
"""Windows' priorities of a thread, and one for a process. None of them needs a right."""
_THREADS: Final = Path("/proc/self/task")


class Priorities(NamedTuple):
    """Those of stage and mind; 0 for an ordinary one."""

    stage: int
    mind: int


def beside(served: bool) -> Priorities:
    """What stage and mind should run at beside the MIDI server.

    served   whether a server's thread runs in this process, as libjack's does: both stay below that one, so that it
             never waits for us; where that is an ordinary thread, the mind is one, too
    """
    if not served:
        return Priorities(STAGE, MIND)
    theirs = _highest()
    if theirs == 0:
        return Priorities(LOWEST, 0)
    stage = max(LOWEST, min(STAGE, theirs - 1))
    return Priorities(stage, max(0, min(MIND, stage - 1)))


def real_time(priority: int) -> bool:
    """Ask, for the thread that asks, for first-in-first-out scheduling (sched(7)); on Windows for what comes before all
    that is ordinary (SetThreadPriority). True where it was granted; 0 asks for nothing."""
    if sys.platform == "linux" and priority > 0:
        with contextlib.suppress(OSError):  # no right to
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
            return True
    if sys.platform == "win32" and priority > 0:
        system = ctypes.WinDLL("kernel32")
        system.GetCurrentThread.restype = ctypes.c_void_p
        thread = ctypes.c_void_p(system.GetCurrentThread())
        return bool(system.SetThreadPriority(thread, _TIME_CRITICAL if priority >= STAGE else _ABOVE_OTHERS))
    return False


def stand_back(steps: int) -> None:
    """Let everybody else go first: by so many steps of nice(2), on Windows by a class of its own for this process
    (SetPriorityClass), where that can be asked for."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.nice(steps)
    else:
        system = ctypes.WinDLL("kernel32")
        system.GetCurrentProcess.restype = ctypes.c_void_p
        system.SetPriorityClass(ctypes.c_void_p(system.GetCurrentProcess()), _BELOW_NORMAL)


def ordinary() -> None:
    """Ask for no more than everybody gets, for the thread that asks."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def punctual() -> None:
    """Have waits end within a millisecond on Windows, which otherwise lets them last up to 16 ms longer
    (timeBeginPeriod)."""
    if sys.platform == "win32":
        ctypes.WinDLL("winmm").timeBeginPeriod(1)


def locked_memory() -> bool:
    """Ask for memory that is never paged out. True where it was granted."""
    return sys.platform == "linux" and int(ctypes.CDLL(None).mlockall(_LOCK_ALL)) == 0


def granted(in_time: bool, locked: bool) -> str:
    """What was granted, in words."""
    grants = [name for name, given in (("real-time priority", in_time), (LOCKED, locked)) if given]
    return " and ".join(grants) or "neither real-time priority nor locked memory"


def _highest() -> int:
    """The highest real-time priority of this process's threads; 0 where none has one, or where that cannot be told."""
    found = [0]
    if sys.platform == "linux":
        for thread in _THREADS.iterdir():
            try:
                found.append(os.sched_getparam(int(thread.name)).sched_priority)
            except OSError:  # it has ended
                continue
    return max(found)
