"""Memory while pieces are judged side by side: what each row has gone through so far, as the graph is given it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from antiphon.core.trace import REMEMBERED
from antiphon.music import vocabulary
from antiphon_training.dataset import Batch


class LookingBack:
    """The last moments of each of some rows, and what followed them.

    A row remembers what lies before the present window; the daemon, which steps, also what lies within it.

    shares: how much of the choice of time, and of kind and pitch, is made by memory, 0-1
    """

    def __init__(self, rows: int, shares: tuple[float, float]) -> None:
        self._moments = [np.zeros((0, 0), np.float32)] * rows
        self._followed = [np.zeros((0, 2), np.int64)] * rows
        self._shares = np.array(shares, np.float32)

    def inputs(self, batch: Batch) -> dict[str, NDArray[Any]]:
        """What the graph is given for this window: rows that remember less are filled up in front with moments that
        are like none. Empty where no row remembers anything."""
        for row in np.flatnonzero(batch.fresh).tolist():
            self._moments[row], self._followed[row] = np.zeros((0, 0), np.float32), np.zeros((0, 2), np.int64)
        longest = max(map(len, self._moments))
        if longest == 0:
            return {}
        size = max(each.shape[1] for each in self._moments)
        moments = np.zeros((len(self._moments), longest, size), np.float32)
        followed = np.zeros((len(self._moments), longest, 2), np.int64)
        for row, (known, then) in enumerate(zip(self._moments, self._followed, strict=True)):
            if len(known):
                moments[row, -len(known) :], followed[row, -len(known) :] = known, then
        anything = np.array([[len(known) > 0] for known in self._moments])
        return {"remembered": moments, "followed": followed, "memory": (self._shares * anything).astype(np.float32)}

    def keep(self, moments: NDArray[np.float32], batch: Batch) -> None:
        """Remember this window: moments (B, T, size), and of each what the batch says followed."""
        bins = np.searchsorted(vocabulary.EDGES_MS, batch.target[:, :, 0], side="right") - 1
        bins = np.minimum(bins, vocabulary.TIME_BINS - 1)
        then = np.stack([bins, batch.target[:, :, 2]], -1)
        for row, counted in enumerate(batch.counted):
            new = moments[row, counted], then[row, counted]
            old = self._moments[row] if self._moments[row].size else new[0][:0]
            self._moments[row] = np.concatenate([old, new[0]])[-REMEMBERED:]
            self._followed[row] = np.concatenate([self._followed[row], new[1]])[-REMEMBERED:]
