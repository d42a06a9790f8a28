"""A bell that any thread may ring and one waits for, with the files it waits on anyway."""

import contextlib
import ctypes
import os

_keeping_the_lock = ctypes.PyDLL(None)
"""libc, called without letting go of the interpreter's lock. JACK's own thread rings: if it let go, it would have to
fight for the lock with the thread it has just woken, and its period would pass."""


class Bell:
    """Silent until rung. For one select at a time."""

    def __init__(self) -> None:
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._waker, False)

    def fileno(self) -> int:
        """For select."""
        return self._woken

    def ring(self) -> None:
        """Wake whoever waits. Takes 1 us, from any thread."""
        _keeping_the_lock.write(self._waker, b".", 1)

    def heard(self) -> None:
        """Be silent until the next time."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._woken, 4096)

    def close(self) -> None:
        """Ring no more."""
        os.close(self._woken)
        os.close(self._waker)
