"""Moments noted in memory that several processes share, so that noting one costs a microsecond and no system call."""

import mmap
import struct
from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = "ANTIPHON_BENCH"
"""The variable of the environment that names the folder a bench keeps its files in."""
MEMORY: Final = "ANTIPHON_BENCH_MEMORY"
"""Set in the environment where messages are to go through memory."""
STAGE: Final = "stage.stamps"
TAKEN: Final = "taken.stamps"
"""What came into the stage's ports."""
MIND: Final = "mind.stamps"
_MOST: Final = 1 << 18
_COUNT: Final = struct.Struct("<Q")
_STAMP: Final = struct.Struct("<ddB7s")


class Stamp(NamedTuple):
    """A message, when it happened (s, monotonic), and a second moment that belongs to it."""

    at: float
    other: float
    message: bytes


class Stamps:
    """A growing list of stamps in the file `path`, which is made where it is missing. When it is full no more are
    noted."""

    def __init__(self, path: Path) -> None:
        with path.open("a+b") as file:
            file.truncate(_COUNT.size + _MOST * _STAMP.size)
            self._memory = mmap.mmap(file.fileno(), 0)

    def __len__(self) -> int:
        return int(_COUNT.unpack_from(self._memory, 0)[0])

    def note(self, at: float, other: float, message: bytes) -> None:
        """Add a stamp."""
        count = len(self)
        if count < _MOST:
            place = _COUNT.size + count * _STAMP.size
            _STAMP.pack_into(self._memory, place, at, other, min(7, len(message)), message[:7])
            _COUNT.pack_into(self._memory, 0, count + 1)

    def since(self, first: int) -> list[Stamp]:
        """The stamps from number `first` on."""
        return [self._stamp(number) for number in range(first, len(self))]

    def _stamp(self, number: int) -> Stamp:
        at, other, size, message = _STAMP.unpack_from(self._memory, _COUNT.size + number * _STAMP.size)
        return Stamp(at, other, message[:size])
