"""What the player has played of late, note by note, so that an answer can take it up again. A value like any other.

Notes are numbered from 0 on through a performance, the oldest forgotten. Knows pitches and rhythm; how long a note is
held and how loud it is stays the model's choice, so that what comes back is played and not played back.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

KEPT: Final = 2000
"""Notes: a quarter of an hour of a melody, six minutes of a full texture."""
_ROOM: Final = 2 * KEPT
_OPENS: Final = 1 << 15
_LONGEST_MS: Final = _OPENS - 1


class _Store:
    """Arrays that several tunes share. Only the longest of them may add to it; nothing in it ever changes."""

    def __init__(self, pitches: NDArray[np.uint8], gaps: NDArray[np.uint16]) -> None:
        self.used = len(pitches)
        self.pitches, self.gaps = np.empty(_ROOM, np.uint8), np.empty(_ROOM, np.uint16)
        self.pitches[: self.used], self.gaps[: self.used] = pitches, gaps


@dataclass(frozen=True, slots=True, eq=False)
class Tune:
    """The last notes of the player's, KEPT at the most.

    count  how many notes there were; the newest is number count - 1
    """

    count: int = 0
    _store: _Store | None = None
    _stop: int = 0

    @staticmethod
    def of(count: int, pitches: NDArray[np.uint8], gaps: NDArray[np.uint16]) -> "Tune":
        """Of `count` notes the last ones, (N,) each: as `pitches` and `gaps` of another tune."""
        return Tune(count, _Store(pitches, gaps), len(pitches)) if count else UNPLAYED

    @property
    def pitches(self) -> NDArray[np.uint8]:
        """(N,) the notes, the oldest first: the last is number count - 1."""
        return self._store.pitches[self._from : self._stop] if self._store else np.zeros(0, np.uint8)

    @property
    def gaps(self) -> NDArray[np.uint16]:
        """(N,) for each note the milliseconds since the one before, and _OPENS more where it opens a phrase."""
        return self._store.gaps[self._from : self._stop] if self._store else np.zeros(0, np.uint16)

    @property
    def opens(self) -> NDArray[np.bool_]:
        """(N,) whether each note opens a phrase."""
        return self.gaps >= _OPENS

    @property
    def first(self) -> int:
        """The number of the oldest note that is kept."""
        return self.count - (self._stop - self._from)

    def pitch(self, number: int) -> int:
        """Of a note that is kept."""
        return int(self.pitches[number - self.first])

    def gap(self, number: int) -> float:
        """Seconds from the note before to this one, which is kept; 0-32."""
        return int(self.gaps[number - self.first] & _LONGEST_MS) / 1000

    def opening(self, number: int) -> bool:
        """Whether this note, which is kept, opens a phrase."""
        return bool(self.gaps[number - self.first] >= _OPENS)

    def after(self, pitch: int, gap: float, opens: bool) -> "Tune":
        """Once one note more was played, `gap` seconds after the one before."""
        store, stop = self._store, self._stop
        if store is None or stop != store.used or stop == _ROOM:  # another future has been added here, or it is full
            store = _Store(self.pitches, self.gaps)
            stop = store.used
        store.pitches[stop] = pitch
        store.gaps[stop] = min(_LONGEST_MS, max(0, round(gap * 1000))) + _OPENS * opens
        store.used = stop + 1
        return Tune(self.count + 1, store, stop + 1)

    def until(self, count: int) -> "Tune":
        """As it was when there were `count` notes, 0 or more; what had been forgotten by now stays so."""
        if count >= self.count:
            return self
        return Tune(count, self._store, self._stop - (self.count - count)) if count > self.first else UNPLAYED

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tune) or self.count != other.count:
            return False
        return bool(np.array_equal(self.pitches, other.pitches) and np.array_equal(self.gaps, other.gaps))

    def __hash__(self) -> int:
        return hash((self.count, self.pitches.tobytes()))

    @property
    def _from(self) -> int:
        return max(0, self._stop - KEPT)


UNPLAYED: Final = Tune()
"""No note was played yet."""
