"""What systems differ in about a file that is being written: its lock, and what may be done to it meanwhile."""

import os
import sys
from pathlib import Path
from typing import Final

if sys.platform == "win32":
    import msvcrt

    _HOW: Final = os.O_BINARY | os.O_NOINHERIT
else:
    import fcntl

    _HOW: Final = os.O_CLOEXEC
HELD_FAST: Final = sys.platform == "win32"
"""Whether what somebody has open can be neither renamed nor removed."""
_FAR: Final = 0x7FFFFFF0
"""A byte that no tape comes to: Windows keeps others from reading what is locked."""


def fresh(path: Path) -> int:
    """A new file, locked, for this user alone. Raises OSError."""
    number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _HOW, 0o600)
    try:
        lock(number)
    except OSError:
        os.close(number)
        path.unlink(missing_ok=True)
        raise
    return number


def lock(number: int) -> None:
    """Hold the lock on an open file until it is closed. Raises BlockingIOError where somebody else holds it."""
    if sys.platform == "win32":
        place = os.lseek(number, 0, os.SEEK_CUR)
        os.lseek(number, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(error.errno, error.strerror) from error
        finally:
            os.lseek(number, place, os.SEEK_SET)
    else:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)


def read(number: int, size: int) -> bytes:
    """The first `size` bytes of an open file, whose place stays. Raises OSError."""
    if sys.platform == "win32":
        place = os.lseek(number, 0, os.SEEK_CUR)
        os.lseek(number, 0, os.SEEK_SET)
        data = os.read(number, size)
        os.lseek(number, place, os.SEEK_SET)
    else:
        data = os.pread(number, size, 0)
    return data


def sync(number: int) -> None:
    """Have on the disk what was written. Raises OSError."""
    if sys.platform == "linux":
        os.fdatasync(number)
    else:
        os.fsync(number)
