"""Memory that our processes share, and that lives as long as one of them has it: the guard's, for those that it starts.

Handed over as an open file, or by a name that nobody can guess where files cannot be handed over.
"""

import mmap
import os
import sys

from antiphon import loopback
from antiphon.lines import Given


class Memory:
    """So many bytes of zeros. Raises OSError.

    given   what another process needs in order to have it, too
    """

    def __init__(self, name: str, size: int) -> None:
        self.given: Given
        if sys.platform == "win32":
            named = f"antiphon-{name}-{os.urandom(16).hex()}"
            self.given, self._held = f"{size}:{named}", mmap.mmap(-1, size, tagname=named)
        else:
            self._number = shared_memory(name, size)
            self.given = f"{size}:/proc/{os.getpid()}/fd/{self._number}" if loopback.used() else self._number

    def close(self) -> None:
        """Let go of it."""
        if sys.platform == "win32":
            self._held.close()
        else:
            os.close(self._number)


def taken(given: Given) -> memoryview:
    """The memory that was given. Raises OSError."""
    if isinstance(given, int):
        memory = memoryview(mmap.mmap(given, 0))
        os.close(given)
        return memory
    size, _, name = str(given).partition(":")
    if sys.platform == "win32":
        found = mmap.mmap(-1, int(size), tagname=name)
    else:
        with open(name, "r+b") as file:  # as tests have it
            found = mmap.mmap(file.fileno(), int(size))
    return memoryview(found)


def shared_memory(name: str, size: int) -> int:
    """A file without a name, of zeros, that lives as long as somebody has it open. Raises OSError."""
    if sys.platform == "linux":
        try:
            number = os.memfd_create(f"antiphon-{name}")
        except (AttributeError, OSError):  # another C library, or a sandbox
            number = _unlinked()
    else:
        number = _unlinked()
    os.ftruncate(number, size)
    mmap.mmap(number, size).close()
    return number


def _unlinked() -> int:
    import tempfile  # the guard alone makes memory, and the stage is to start fast

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
