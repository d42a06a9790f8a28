"""The index of a corpus: where each piece lies and what is known of it, some 50 bytes a piece while in memory.

As a file it is JSON with one piece and one rejected file a line, so that it is written and read a line at a time.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, Final, overload

import numpy as np
from numpy.typing import NDArray

from antiphon_training.sources import SPLITS


@dataclass(frozen=True, slots=True)
class Piece:
    """Where one piece lies in the array, and what is known of it."""

    name: str
    source: str
    split: str
    start: int
    stop: int
    pedalled: bool
    dynamic: bool
    """False where every part has one velocity: then velocity teaches nothing."""
    parts: bool
    scored: bool = False
    """True where onsets lie on the exact grid of a score."""


_ROW: Final = np.dtype(
    [
        ("start", "<i8"),
        ("stop", "<i8"),
        ("source", "<u2"),
        ("split", "u1"),
        ("pedalled", "?"),
        ("dynamic", "?"),
        ("parts", "?"),
        ("scored", "?"),
        ("name", "<i8"),
        ("until", "<i8"),
    ]
)
"""A Piece in numbers; its name is bytes `name` to `until` of all names."""
PIECES: Final = '"pieces": ['
REJECTED: Final = '"rejected": ['
END: Final = "]"


class Pieces(Sequence[Piece]):
    """Very many pieces as one array, each a Piece when it is asked for."""

    def __init__(self, rows: NDArray[np.void], sources: Sequence[str], names: bytes) -> None:
        self._rows, self._sources, self._names = rows, tuple(sources), names

    @classmethod
    def of(cls, pieces: Iterable[Piece]) -> "Pieces":
        """The same pieces; each is looked at once. Raises ValueError for a split that there is not."""
        sources, names = dict[str, int](), bytearray()

        def row(piece: Piece) -> tuple[int | bool, ...]:
            place = len(names)
            names.extend(_bytes(piece.name))
            source, split = sources.setdefault(piece.source, len(sources)), SPLITS.index(piece.split)
            known = piece.pedalled, piece.dynamic, piece.parts, piece.scored
            return (piece.start, piece.stop, source, split, *known, place, len(names))

        rows = np.fromiter((row(piece) for piece in pieces), _ROW)
        return cls(rows, list(sources), bytes(names))

    def only(self, split: str) -> "Pieces":
        """Those of one split."""
        return Pieces(self._rows[self._rows["split"] == SPLITS.index(split)], self._sources, self._names)

    def moved(self, places: Sequence[int], split: str) -> "Pieces":
        """The same, those at these places in another split."""
        rows = self._rows.copy()
        rows["split"][list(places)] = SPLITS.index(split)
        return Pieces(rows, self._sources, self._names)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> Piece: ...
    @overload
    def __getitem__(self, at: slice) -> "Pieces": ...
    def __getitem__(self, at: int | slice) -> "Piece | Pieces":
        if isinstance(at, slice):
            return Pieces(self._rows[at], self._sources, self._names)
        start, stop, source, split, pedalled, dynamic, parts, scored, name, until = self._rows[at].item()
        called = self._names[name:until].decode("utf-8", "surrogatepass")
        return Piece(called, self._sources[source], SPLITS[split], start, stop, pedalled, dynamic, parts, scored)

    def __iter__(self) -> Iterator[Piece]:
        return (self[at] for at in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(Piece.__eq__, self, other))

    def __hash__(self) -> int:
        return hash((len(self), self._names))


def line_of(thing: Piece | tuple[str, str]) -> bytes:
    """A piece, or the name of a rejected file with the reason, as a line without its end."""
    found: Any = asdict(thing) if isinstance(thing, Piece) else thing  # JSON
    return json.dumps(found, ensure_ascii=False).encode("utf-8", "backslashreplace")


def read(path: Path) -> tuple[Pieces, tuple[tuple[str, str], ...]]:
    """The pieces and what was rejected. Raises OSError, ValueError, TypeError or KeyError for anything else."""
    with path.open(encoding="utf-8") as file:
        lines = (line.strip().removesuffix(",") for line in file)
        next(lines, "")
        _expect(PIECES, lines)
        pieces = Pieces.of(Piece(**json.loads(line)) for line in takewhile(lambda line: line != END, lines))
        _expect(REJECTED, lines)
        rejected = (json.loads(line) for line in takewhile(lambda line: not line.startswith(END), lines))
        return pieces, tuple((str(name), str(why)) for name, why in rejected)


def _expect(mark: str, lines: Iterator[str]) -> None:
    if next(lines, "") != mark:
        raise ValueError("its index is not one of this version")


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")
