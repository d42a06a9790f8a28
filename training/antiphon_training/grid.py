"""Whether a piece is a score, its onsets on an exact grid, or was played by hands.

Two signs together, measured on scores (lieder, jsfakes) and performances (hannds, rolls, giantmidi): the notes of a
score's chord begin in the very same millisecond (98 % of close onsets and more, against 30 % at the most in
performances), and few spans of time return over and over (eight of them are 80 % of all spans and more, against 65 %
at the most). So 99 % of lieder are scores, no performance is, and 77 % of pop909 are, whose onsets were quantised.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from antiphon.music.vocabulary import PEDAL_KEY

CLOSE_MS: Final = 35
"""Onsets closer than this belong to one chord."""
_TOGETHER: Final = 0.9
_RETURNING: Final = 0.72
_SPANS: Final = 8
_LONGEST_MS: Final = 5_000
_LEAST: Final = 8
"""Spans; of fewer than these nothing can be said."""


def on_a_grid(ms: NDArray[np.int64], key: NDArray[np.int64], velocity: NDArray[np.int64]) -> bool:
    """True for a score. Three (E,) arrays as in Performance, in order of time."""
    spans = np.diff(ms[(velocity > 0) & (key < PEDAL_KEY)])
    close, far = spans[spans < CLOSE_MS], spans[spans >= CLOSE_MS]
    if len(far) < _LEAST or (len(close) and np.mean(close == 0) < _TOGETHER):
        return False
    return _returning(far) >= _RETURNING


def _returning(spans: NDArray[np.int64]) -> float:
    """The share of the spans that the commonest few make up, each give or take a millisecond."""
    counts, found = np.bincount(np.minimum(spans, _LONGEST_MS)), 0
    for _ in range(_SPANS):
        middle = int(np.convolve(counts, [1, 1, 1], "same").argmax())
        about = slice(max(0, middle - 1), middle + 2)
        found += int(counts[about].sum())
        counts[about] = 0
    return found / len(spans)
