"""From the exact grid of a score to something like hands: a drifting tempo, onsets beside the beat, spread chords,
uneven velocities. Every note keeps its release. The random generator is handed in.

Sizes after what is known of pianists: asynchrony within a chord of some 10 ms (Goebl, "Melody lead in piano
performance", 2001), and timing that strays 10 to 25 ms from an even pulse.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from antiphon.music.vocabulary import PEDAL_KEY

_STRAY_MS: Final = (10.0, 25.0)
"""Between these lies the standard deviation of a performance's onsets."""
_WITHIN_MS: Final = 6.0
_SPREAD_MS: Final = 4.0
"""Standard deviations of a note within its chord, and of the time from one note of a chord to the next higher."""
_DRIFT: Final = 0.03
"""Standard deviation of each of the tempo's slow waves, as a share of the tempo."""
_PERIODS_MS: Final = (4_000.0, 40_000.0)
_WAVES: Final = 3
_UNEVEN: Final = (3.0, 8.0)
"""Between these lies the standard deviation of velocities."""

Ints = NDArray[np.int64]


class Line(NamedTuple):
    """The events of a performance in order, each (E,): ms, key, velocity (0 ends) and part."""

    ms: Ints
    key: Ints
    velocity: Ints
    part: Ints


def loosened(line: Line, rng: np.random.Generator) -> Line:
    """The same notes as hands might have played them. The first event is at 0 ms again."""
    start, end = _notes(line)
    key, part = line.key[start], line.part[start]
    drifting = _drifting(rng)
    began, ended = line.ms[start], line.ms[end]
    stray = rng.uniform(*_STRAY_MS)
    on = np.rint(drifting(began) + _beside_the_beat(began, key, stray, rng)).astype(np.int64)
    off = np.rint(drifting(ended) + rng.normal(0, stray, len(ended))).astype(np.int64)
    _keep_apart(on, off, key, part)
    uneven = np.rint(line.velocity[start] + rng.normal(0, rng.uniform(*_UNEVEN), len(start))).astype(np.int64)
    velocity = np.where(key < PEDAL_KEY, np.clip(uneven, 1, 127), line.velocity[start])
    return _in_order(on, off, key, velocity, part)


def _notes(line: Line) -> tuple[Ints, Ints]:
    """The places of the beginning and of the end of each note (or tread of the pedal), in order of beginning."""
    open_, pairs = dict[tuple[int, int], list[int]](), dict[int, int]()
    columns = (line.key.tolist(), line.velocity.tolist(), line.part.tolist())
    for at, (key, velocity, part) in enumerate(zip(*columns, strict=True)):
        if velocity:
            open_.setdefault((part, key), []).append(at)
            pairs[at] = len(line.ms) - 1
        elif begun := open_.get((part, key)):
            pairs[begun.pop(0)] = at
    return np.array(list(pairs.keys()), np.int64), np.array(list(pairs.values()), np.int64)


def _drifting(rng: np.random.Generator) -> Callable[[Ints], NDArray[np.float64]]:
    """Moments in ms to where a slowly swaying tempo puts them; none overtakes another."""
    size = np.clip(rng.normal(0, _DRIFT, (_WAVES, 1)), -3 * _DRIFT, 3 * _DRIFT)
    shortest, longest = np.log(_PERIODS_MS)
    turn = np.exp(rng.uniform(shortest, longest, (_WAVES, 1))) / (2 * np.pi)
    phase = rng.uniform(0, 2 * np.pi, (_WAVES, 1))
    return lambda ms: np.asarray(ms + (size * turn * (np.sin(ms / turn + phase) - np.sin(phase))).sum(0))


def _beside_the_beat(began: Ints, key: Ints, stray: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """(N,) ms by which each note comes late: one stray for the whole chord, and its notes from low to high."""
    _, chord = np.unique(began, return_inverse=True)
    chords = int(chord.max()) + 1
    together, step = rng.normal(0, stray, chords), np.abs(rng.normal(0, _SPREAD_MS, chords))
    order = np.lexsort((key, chord))
    first = np.searchsorted(chord[order], np.arange(chords))
    height = np.empty(len(began), np.int64)
    height[order] = np.arange(len(began)) - first[chord[order]]
    return np.asarray(together[chord] + height * step[chord] + rng.normal(0, _WITHIN_MS, len(began)))


def _keep_apart(on: Ints, off: Ints, key: Ints, part: Ints) -> None:
    """No note ends before it begins, and none begins before the one before it on the same key has ended. In place."""
    before = dict[tuple[int, int], int]()
    for note, at in enumerate(zip(part.tolist(), key.tolist(), strict=True)):
        last = before.get(at)
        if last is not None:
            on[note] = max(on[note], on[last] + 2)
            off[last] = min(off[last], on[note])
        off[note] = max(off[note], on[note] + 1)
        before[at] = note


def _in_order(on: Ints, off: Ints, key: Ints, velocity: Ints, part: Ints) -> Line:
    """Beginnings and ends in the order of the EVENT stream: time, releases first, pitch."""
    ms, keys = np.concatenate([on, off]), np.concatenate([key, key])
    loud, parts = np.concatenate([velocity, np.zeros_like(velocity)]), np.concatenate([part, part])
    order = np.lexsort((keys, loud > 0, ms))
    return Line(ms[order] - ms.min(), keys[order], loud[order], parts[order])
