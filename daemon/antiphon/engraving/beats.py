"""Where the beats lie in playing that kept to no clock.

By dynamic programming over the strength of onsets (D. Ellis, "Beat Tracking by Dynamic Programming", Journal of New
Music Research 36, 2007), so that the tempo may drift. Where nobody keeps a beat, one is found all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from antiphon.music.notes import Note

_FRAMES: Final = 100
"""A second."""
_BLUR: Final = 2.0
"""Frames: onsets of a chord are spread by so much."""
_LIKELY_S: Final = 0.6
_SPREAD: Final = 0.7
"""The beat is looked for around 0.6 s, on a logarithmic scale of base 2."""
_SLOWEST_S: Final = 1.5
_FASTEST_S: Final = 0.25
_STEADY: Final = 100.0
"""How dear it is to leave the tempo, in Ellis's terms."""
_METRES: Final = (4, 3)
_CLEARER: Final = 1.8
"""A waltz has to be so much clearer than a bar of four."""


@dataclass(frozen=True, slots=True)
class Beats:
    """Beats and bars.

    moments   (B,) float64 seconds, rising; the first is at or before the first onset and begins a bar, and the last is
              behind all that sounds
    metre     beats in a bar
    """

    moments: NDArray[np.float64]
    metre: int

    @property
    def tempo_bpm(self) -> float:
        """Beats a minute, in the middle."""
        return 60.0 / float(np.median(np.diff(self.moments)))

    def places(self, seconds: Sequence[float]) -> NDArray[np.float64]:
        """Moments (s) as beats from the first one on."""
        return np.interp(seconds, self.moments, np.arange(len(self.moments)))


def beats(notes: Sequence[Note]) -> Beats:
    """The beats under some notes, of which there is at least one."""
    first, last = min(n.begins for n in notes), max(n.ends for n in notes)
    strength = _strength(notes, first)
    period = _period(strength)
    found = first + _tracked(strength, period) / _FRAMES
    spaced = np.median(np.diff(found)) if len(found) > 1 else period / _FRAMES
    found = np.concatenate([_before(found[0], first, spaced), found, _after(found[-1], last, spaced)])
    metre, phase = _bars(notes, found)
    lead = (metre - phase) % metre
    ahead = found[0] - spaced * np.arange(lead, 0, -1)
    whole = np.concatenate([ahead, found])
    more = -(len(whole) - 1) % metre
    return Beats(np.concatenate([whole, whole[-1] + spaced * np.arange(1, more + 1)]), metre)


def _strength(notes: Sequence[Note], first: float) -> NDArray[np.float64]:
    """How much begins in each frame (F,), blurred: bass and loud notes count more."""
    at = np.array([round((n.begins - first) * _FRAMES) for n in notes])
    weight = np.array([(n.velocity / 64) * (1.5 if n.pitch < 52 else 1.0) for n in notes])
    frames = np.zeros(int(at.max()) + 1 + 4 * int(_BLUR))
    np.add.at(frames, at, weight)
    kernel = np.exp(-0.5 * (np.arange(-8, 9) / _BLUR) ** 2)
    blurred = np.convolve(np.sqrt(frames), kernel, mode="full")[8 : 8 + len(frames)]
    return np.asarray(blurred / max(1e-9, blurred.std()))


def _period(strength: NDArray[np.float64]) -> float:
    """Frames from beat to beat, by autocorrelation, and by how likely such a tempo is."""
    size = max(1024, 1 << (2 * len(strength) - 1).bit_length())
    spectrum = np.fft.rfft(strength - strength.mean(), size)
    alike = np.fft.irfft(np.abs(spectrum) ** 2, size)[: 4 * int(_SLOWEST_S * _FRAMES) + 8]
    lags = np.arange(int(_FASTEST_S * _FRAMES), int(_SLOWEST_S * _FRAMES) + 1)
    summed = alike[lags] + 0.5 * (alike[2 * lags] + alike[4 * lags])
    prior = np.exp(-0.5 * (np.log2(lags / (_LIKELY_S * _FRAMES)) / _SPREAD) ** 2)
    score = np.maximum(summed, 0.0) * prior
    return float(lags[int(score.argmax())]) if score.max() > 0 else _LIKELY_S * _FRAMES


def _tracked(strength: NDArray[np.float64], period: float) -> NDArray[np.float64]:
    """The frames of the beats: the path that hits the most and changes its pace the least."""
    back = np.arange(-round(2 * period), -round(period / 2) + 1)
    cost = -_STEADY * np.log(-back / period) ** 2
    total, came = strength.copy(), np.full(len(strength), -1)
    for frame in range(round(period / 2), len(strength)):
        of = frame + back
        reach = np.where(of >= 0, cost + total[np.maximum(of, 0)], -np.inf)
        best = int(reach.argmax())
        if reach[best] > 0:
            total[frame], came[frame] = strength[frame] + reach[best], of[best]
    behind = max(0, len(total) - round(period))
    at, path = behind + int(total[behind:].argmax()), list[int]()
    while at >= 0:
        path.append(at)
        at = int(came[at])
    return np.array(path[::-1], np.float64)


def _before(found: float, first: float, spaced: float) -> NDArray[np.float64]:
    count = max(0, int(np.ceil((found - first) / spaced - 0.1)))
    return np.asarray(found - spaced * np.arange(count, 0, -1))


def _after(found: float, last: float, spaced: float) -> NDArray[np.float64]:
    count = max(1, int(np.ceil((last - found) / spaced + 0.1)))
    return np.asarray(found + spaced * np.arange(1, count + 1))


def _bars(notes: Sequence[Note], moments: NDArray[np.float64]) -> tuple[int, int]:
    """Beats in a bar, and the number of the first beat that begins one: there it is lower, louder and longer."""
    places = np.rint(np.interp([n.begins for n in notes], moments, np.arange(len(moments)))).astype(int)
    weight = np.zeros(len(moments))
    for place, note in zip(places, notes, strict=True):
        weight[place] += note.velocity / 64 * min(2.0, note.ends - note.begins) * (2.0 if note.pitch < 52 else 1.0)
    weight, scores = np.sqrt(weight), dict[tuple[int, int], float]()
    for metre in _METRES:
        for phase in range(metre):
            on = np.zeros(len(weight), bool)
            on[phase::metre] = True
            if on.any() and not on.all():
                clear = (weight[on].mean() - weight[~on].mean()) * np.sqrt(on.sum())
                scores[metre, phase] = float(clear) / (_CLEARER if metre != _METRES[0] else 1.0)
    return max(scores, key=lambda key: scores[key], default=(_METRES[0], 0))
