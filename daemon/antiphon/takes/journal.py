"""A take while it is being played: a tape that grows in a file beside where the take will be.

Whoever writes it holds a lock on it, so that what an earlier writer left, killed or without power, can be told from
what is being written. What was left becomes a take the next time.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from antiphon.core import tape
from antiphon.errors import TakeError
from antiphon.takes import locks, takefile

SUFFIX: Final = ".tape"
BROKEN: Final = ".broken"
_NEW: Final = ".new"
_REFUSED: Final = (PermissionError,) if locks.HELD_FAST else ()  # for a folder, and for what somebody else has open
_NOT_OURS: Final = (FileNotFoundError, IsADirectoryError, BlockingIOError, *_REFUSED)
"""Gone, nothing that we wrote, or being written."""
SYNC_S: Final = 1.0
"""So much may be lost when the power fails; a process that is killed loses less."""


class Journal:
    """Writes the tape of the take `name` in a folder. Raises OSError."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path, self.take = folder / f".{name}{SUFFIX}", folder / f"{name}.mid"
        new = self.path.with_suffix(_NEW)  # whoever recovers looks for tapes, and must not find one without its lock
        self._file = locks.fresh(self.path if locks.HELD_FAST else new)
        try:
            if not locks.HELD_FAST:
                new.rename(self.path)
        except OSError:
            os.close(self._file)
            new.unlink(missing_ok=True)
            raise
        self._synced_at = time.monotonic()
        self.size = 0

    def add(self, frames: bytes) -> None:
        """Append whole frames: all of them or none. Raises OSError where there is no room."""
        done = 0
        try:
            while done < len(frames):
                done += os.write(self._file, frames[done:])
        except OSError:
            os.ftruncate(self._file, self.size)
            os.lseek(self._file, self.size, os.SEEK_SET)
            raise
        self.size += done
        if (now := time.monotonic()) - self._synced_at >= SYNC_S:
            self._synced_at = now
            locks.sync(self._file)

    def read(self) -> bytes:
        """All of it so far."""
        return locks.read(self._file, self.size)

    def close(self, keep: bool) -> None:
        """Stop writing. The file goes unless it is to be kept for another time."""
        if not keep and not locks.HELD_FAST:
            self.path.unlink(missing_ok=True)
        os.close(self._file)
        if not keep and locks.HELD_FAST:
            self.path.unlink(missing_ok=True)


def bind(data: bytes, take: Path) -> bool:
    """Make the take of a tape. False where there is no note in it. Raises OSError, and TakeError for a broken one."""
    return takefile.write(take, tape.calls(tape.unpacked(data)[0]))


def set_aside(path: Path) -> Path:
    """Rename a tape of which no take can be made, so that nobody tries again. Returns its new name. Raises OSError."""
    aside = path.with_name(f"{path.name.removeprefix('.')}{BROKEN}")
    return path.replace(aside)


def recover(folder: Path, tell: Callable[[str], None] = lambda why: None) -> list[Path]:
    """Make takes of the tapes that nobody writes any more. Returns the takes.

    A broken tape is set aside, and `tell` gets a line for people. Raises OSError, once all of them have been tried.
    """
    made, trouble = list[Path](), None
    for path in sorted(folder.glob(f".*{SUFFIX}")):
        try:
            made += _recovered(path, folder / f"{path.name[1:].removesuffix(SUFFIX)}.mid")
        except _NOT_OURS:
            continue
        except TakeError as error:
            tell(f"{set_aside(path)}: no take can be made of this ({error}); it was set aside")
        except OSError as error:
            trouble = error
    if trouble:
        raise trouble
    return made


def _recovered(path: Path, take: Path) -> list[Path]:
    with path.open("r+b") as file:
        locks.lock(file.fileno())
        made = [take] if bind(file.read(), take) else []
        if not locks.HELD_FAST:
            path.unlink()
    if locks.HELD_FAST:
        path.unlink(missing_ok=True)
    return made
