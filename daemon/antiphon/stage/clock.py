"""The one clock of the stage, and what makes a process keep time.

Monotonic time only: wall time jumps.
"""

import contextlib
import ctypes
import gc
import sys
from collections.abc import Callable
from typing import Final, Protocol

from antiphon.music.events import Seconds

_PR_SET_TIMERSLACK: Final = 29
_SLACK_NS: Final = 1


class Clock(Protocol):
    """Says what time it is and waits for a moment; a test's clock need not take any time over it."""

    def now(self) -> Seconds:
        """Seconds, monotonic."""
        ...

    def wait_until(self, moment: Seconds, sharp: bool = False) -> None:
        """Return at `moment` (s), or at once where it has passed. Sharply, where that is worth some of the
        processor's time."""
        ...

    def doze(self, moment: Seconds, every_s: float, stirs: Callable[[], bool]) -> None:
        """Return at `moment` (s), or earlier where something `stirs`, which is asked each `every_s` seconds."""
        ...


def keep_time() -> None:
    """Make the calling thread and its process as punctual as they can be without asking for privileges.

    Linux lets sleeps of ordinary threads end 50 us late to save power; 1 ns of slack halves the median error.
    What is alive now is kept out of every later garbage collection.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another libc, or a sandbox
            ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, _SLACK_NS)
    gc.collect()
    gc.freeze()
