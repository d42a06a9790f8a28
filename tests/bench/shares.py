"""Shares of notes, and how far they are to be trusted: the pieces are drawn anew many times, with all notes of each.

Knows counts, (pieces, 2): how many were good, and how many there were. What is returned is a figure and between what
it lies nine times in ten (bootstrap, percentiles).
"""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Counts: TypeAlias = NDArray[np.int64]
_DRAWS: Final = 4000
_INTERVAL: Final = (5, 95)


def share(counts: Counts) -> tuple[float, float, float]:
    """The share of all notes that are good."""
    return _with_interval(_pooled(counts[None])[0], _pooled(counts[_draws(len(counts))]))


def apart(counts: Counts, others: Counts) -> tuple[float, float, float]:
    """By how much that share is greater than in other notes of the same pieces."""
    draws = _draws(len(counts))
    one = _pooled(counts[None])[0] - _pooled(others[None])[0]
    return _with_interval(one, _pooled(counts[draws]) - _pooled(others[draws]))


def _draws(pieces: int) -> NDArray[np.int64]:
    return np.random.default_rng(1).integers(0, pieces, (_DRAWS, pieces))


def _pooled(counts: Counts) -> NDArray[np.float64]:
    """(draws, pieces, 2) to (draws,)."""
    good, there = np.moveaxis(counts.sum(1), -1, 0)
    return np.asarray(good / np.maximum(1, there))


def _with_interval(one: float, drawn: NDArray[np.float64]) -> tuple[float, float, float]:
    low, high = np.percentile(drawn, _INTERVAL)
    return round(float(one), 3), round(float(low), 3), round(float(high), 3)
