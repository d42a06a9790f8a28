"""Moments of a performance and what followed each, for a model that can look back on them. A value like any other.

A moment is an array of the model's own; only the model knows what is in it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

REMEMBERED: Final = 512
"""Moments looked back on: the last minute of a dense performance, in 2 MB."""
_ROOM: Final = 2 * REMEMBERED


class _Store:
    """Arrays that several traces share. Only the longest of them may add to it; nothing in it ever changes."""

    def __init__(self, moments: NDArray[np.float32], followed: NDArray[np.int64]) -> None:
        self.used = len(moments)
        self.moments = np.empty((_ROOM, moments.shape[1]), np.float32)
        self.followed = np.empty((_ROOM, 2), np.int64)
        self.moments[: self.used], self.followed[: self.used] = moments, followed


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """The last moments, and the newest one, of which it is not known yet what follows it."""

    _store: _Store
    _stop: int
    _newest: NDArray[np.float32] | None

    @staticmethod
    def untouched(size: int) -> "Trace":
        """Before anything was heard; `size` numbers make a moment."""
        return Trace(_Store(np.empty((0, size), np.float32), np.empty((0, 2), np.int64)), 0, None)

    @staticmethod
    def of(moments: NDArray[np.float32], followed: NDArray[np.int64], newest: NDArray[np.float32] | None) -> "Trace":
        """One of these moments, (M, size), what followed each, (M, 2), and the newest one, (size,)."""
        return Trace(_Store(moments, followed), len(moments), newest)

    @property
    def newest(self) -> NDArray[np.float32] | None:
        """The moment of which it is not known yet what follows it, (size,)."""
        return self._newest

    @property
    def moments(self) -> NDArray[np.float32]:
        """(M, size): those of which it is known what followed, the oldest first, REMEMBERED at the most."""
        return self._store.moments[max(0, self._stop - REMEMBERED) : self._stop]

    @property
    def followed(self) -> NDArray[np.int64]:
        """(M, 2): the time bin and the token of what followed each."""
        return self._store.followed[max(0, self._stop - REMEMBERED) : self._stop]

    def followed_by(self, bin_: int, token: int) -> "Trace":
        """What followed the newest moment has happened."""
        if self._newest is None:
            return self
        store, stop = self._store, self._stop
        if stop != store.used or stop == _ROOM:  # another future has been added here, or it is full
            store = _Store(self.moments, self.followed)
            stop = store.used
        store.moments[stop], store.followed[stop] = self._newest, (bin_, token)
        store.used = stop + 1
        return Trace(store, stop + 1, None)

    def at(self, moment: NDArray[np.float32]) -> "Trace":
        """With a new moment, (size,)."""
        return Trace(self._store, self._stop, moment)
