"""How like the real thing played music is, in numbers: Yang and Lerch, "On the evaluation of generative models in
music", Neural Computing and Applications 32, 2020.

For each feature a stretch of music is a histogram. The distances (Euclidean) between the histograms of all pairs of
real stretches say how much real music varies; those between every played and every real stretch, how far what is
played lies from it. A Gaussian kernel density (bandwidth by Scott's rule) is laid over either set of distances, and
the area that the two densities share is the likeness: 1 where the played ones vary as the real ones do, about the
real ones; near 0 where they are elsewhere.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from antiphon_training.excerpts import Notes

Values = NDArray[np.float64]

_SHORTEST_MS: Final = 20
"""Shorter times are all alike: notes 20 ms apart are a chord, and no duration is shorter."""
_OCTAVES: Final = np.arange(np.log2(_SHORTEST_MS), np.log2(8000), 0.5)
_SAMPLED_MS: Final = 100
_GRID: Final = 512

FEATURES: Final[dict[str, NDArray[np.float64]]] = {
    "pitch class": np.arange(13.0),
    "interval": np.arange(-24.5, 25),
    "inter-onset interval": _OCTAVES,
    "duration": _OCTAVES,
    "velocity": np.arange(0.0, 129, 8),
    "polyphony": np.arange(17.0),
}
"""The edges of each feature's histogram; what lies outside is counted in the first or the last bin. Intervals in
semitones, from each onset to the next, a chord from the bottom up; times in octaves of ms (log2), half an octave to a
bin; polyphony is how many notes sound, ten times a second."""


def likeness(played: Sequence[Notes], real: Sequence[Notes], span_ms: int) -> dict[str, float]:
    """The overlapping area of each feature, 0-1, between played stretches and real ones, all `span_ms` long. At least
    three of each."""
    found = dict[str, float]()
    for feature in FEATURES:
        ours, theirs = (_histograms(feature, stretches, span_ms) for stretches in (played, real))
        within = _distances(theirs, theirs)[np.triu_indices(len(theirs), 1)]
        found[feature] = overlap(within, _distances(ours, theirs).ravel())
    return found


def overlap(one: Values, other: Values) -> float:
    """The area, 0-1, under both of the kernel densities of two sets of numbers (N,), (M,)."""
    widths = [_bandwidth(values) for values in (one, other)]
    low = min(values.min() - 4 * width for values, width in zip((one, other), widths, strict=True))
    high = max(values.max() + 4 * width for values, width in zip((one, other), widths, strict=True))
    grid = np.linspace(low, high, _GRID)
    densities = [_density(values, width, grid) for values, width in zip((one, other), widths, strict=True)]
    return float(np.minimum(*densities).sum())


def values(feature: str, notes: Notes, span_ms: int) -> Values:
    """The numbers of which a feature of a stretch is the histogram."""
    if feature == "pitch class":
        return (notes.pitch % 12).astype(np.float64)
    if feature == "interval":
        return np.diff(notes.pitch).astype(np.float64)
    if feature == "inter-onset interval":
        return np.asarray(np.log2(np.maximum(np.diff(notes.onset), _SHORTEST_MS)))
    if feature == "duration":
        return np.asarray(np.log2(np.maximum(notes.duration, _SHORTEST_MS)))
    if feature == "velocity":
        return notes.velocity.astype(np.float64)
    moments = np.arange(0, span_ms, _SAMPLED_MS)
    begun = np.searchsorted(notes.onset, moments, side="right")
    ended = np.searchsorted(np.sort(notes.onset + notes.duration), moments, side="right")
    return (begun - ended).astype(np.float64)


def _histograms(feature: str, stretches: Sequence[Notes], span_ms: int) -> Values:
    """(S, bins) shares that sum to 1; all 0 for a stretch without notes."""
    edges = FEATURES[feature]
    rows = list[Values]()
    for notes in stretches:
        found = np.clip(values(feature, notes, span_ms), edges[0], np.nextafter(edges[-1], edges[0]))
        rows.append(np.histogram(found, edges)[0] / max(1, len(found)))
    return np.array(rows)


def _distances(ones: Values, others: Values) -> Values:
    """(len(ones), len(others)) Euclidean."""
    return np.asarray(np.sqrt(((ones[:, None] - others[None]) ** 2).sum(-1)))


def _bandwidth(found: Values) -> float:
    return max(1e-6, float(found.std(ddof=1)) * len(found) ** -0.2) if len(found) > 1 else 1e-6


def _density(found: Values, width: float, grid: Values) -> Values:
    """Shares of a Gaussian kernel density at the points of a grid; they sum to 1."""
    density = np.zeros(len(grid))
    for part in np.array_split(found, max(1, len(found) // 1000)):
        density += np.exp(-0.5 * ((grid[:, None] - part) / width) ** 2).sum(1)
    return np.asarray(density / max(density.sum(), 1e-12))
