"""How long played music says after what was learned: the longest run of notes that stands, in any transposition, in
one of the pieces learned from.

Notes are compared in the order of onset and pitch by the intervals between them; time does not count. Eight notes,
seven intervals, are the least that is called a run. Where a passage is longer than its like in music nobody has
learned from, it is copied rather than composed; music of the same length that was kept apart gives the measure. The
longest runs in real music are trills, which are nobody's; so runs are also measured without them.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

LEAST: Final = 8
"""Notes in the shortest run that is looked for."""
STRETCH: Final = 256
"""Notes in one stretch of music that is searched for its longest run: some 30 s of piano music."""
VARIED: Final = 4
"""Different pitches in every eight notes of a run that is no trill, tremolo or broken triad."""
_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_BOUNDARY: Final = np.uint64(1) << np.uint64(32)

Pitches = NDArray[np.int64]


def stretches(pieces: Sequence[Pitches], notes: int = STRETCH) -> list[Pitches]:
    """Every whole stretch of so many notes in the pitches (N,) of each piece, one after another."""
    return [piece[at : at + notes] for piece in pieces for at in range(0, len(piece) - notes + 1, notes)]


def longest_runs(played: Sequence[Pitches], learned: Sequence[Pitches], least_varied: int = 1) -> NDArray[np.int64]:
    """(len(played),) notes in the longest run of each that stands in one of the pieces learned from, 0 where no run of
    LEAST notes does. `least_varied`: how many different pitches any LEAST notes of a run must have.

    Passages of growing length are compared by hashes of 64 bits, and only where one matched can a longer one begin, so
    that the time hardly depends on how long the longest is.
    """
    ours, theirs = _intervals(played, 1), _intervals(learned, 2)
    owner = np.repeat(np.arange(len(played)), [max(1, len(piece)) for piece in played])
    varied = np.concatenate([np.zeros(0, bool), *(_varied(piece, least_varied) for piece in played)])
    found = np.zeros(len(played), np.int64)
    one, other = _Passages(ours), _Passages(theirs)
    for length in range(1, max(map(len, played), default=0)):
        one.grow()
        other.grow()
        if length + 1 >= LEAST:
            one.only(varied[one.starts + length + 1 - LEAST])
            meeting = np.intersect1d(one.hashes, other.hashes)
            one.keep(meeting)
            other.keep(meeting)
            if not len(one.starts):
                break
            found[owner[one.starts]] = length + 1
    return found


class _Passages:
    """Passages of one length that begin at some places of a line of intervals, each as a hash."""

    def __init__(self, line: NDArray[np.uint64]) -> None:
        self._line, self._length = line, 0
        self.starts = np.arange(len(line))
        self.hashes = np.zeros(len(line), np.uint64)

    def grow(self) -> None:
        """One interval longer, where the line is that long."""
        inside = self.starts + self._length < len(self._line)
        self.starts = self.starts[inside]
        self.hashes = self.hashes[inside] * _FACTOR + self._line[self.starts + self._length]
        self._length += 1

    def only(self, wanted: NDArray[np.bool_]) -> None:
        """Those that are wanted, by place."""
        self.starts, self.hashes = self.starts[wanted], self.hashes[wanted]

    def keep(self, hashes: NDArray[np.uint64]) -> None:
        """Those with one of these hashes (sorted)."""
        at = np.minimum(np.searchsorted(hashes, self.hashes), max(0, len(hashes) - 1))
        self.only(hashes[at] == self.hashes if len(hashes) else np.zeros(len(self.hashes), bool))


def _varied(piece: Pitches, least: int) -> NDArray[np.bool_]:
    """As long as the piece is in `_intervals`: where LEAST notes begin of which so many are different."""
    enough = np.zeros(max(1, len(piece)), bool)
    if len(piece) >= LEAST:
        passages = np.sort(np.lib.stride_tricks.sliding_window_view(piece, LEAST), 1)
        enough[: len(passages)] = 1 + (np.diff(passages, axis=1) > 0).sum(1) >= least
    return enough


def _intervals(pieces: Sequence[Pitches], side: int) -> NDArray[np.uint64]:
    """The intervals of all pieces in one line, as many as there are notes: each piece ends with a number that stands
    nowhere else, on either side, so that no passage reaches over it."""
    lines = list[NDArray[np.uint64]]()
    for number, piece in enumerate(pieces):
        end = _BOUNDARY * np.uint64(side) + np.uint64(number)
        lines.append(np.append((np.diff(piece) + 128).astype(np.uint64), end))
    return np.concatenate([np.zeros(0, np.uint64), *lines])
