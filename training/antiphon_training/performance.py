"""From a piece to one performance of it: transposed, faster, louder, without its pedal, in parts or merged; a score
also as hands might play it.

One pass through a piece is one consistent performance. The random generator is handed in.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from antiphon.music.vocabulary import PEDAL_KEY
from antiphon_training.corpus import Piece
from antiphon_training.dataset import Performance
from antiphon_training.loosening import Line, loosened
from antiphon_training.reading import Records


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How a pass through a piece may differ from the file. All chances are 0-1."""

    transpose: tuple[int, int] = (-5, 6)
    tempo: tuple[float, float] = (0.87, 1.15)
    velocity: tuple[float, float] = (0.85, 1.15)
    true_tempo: float = 0.25
    true_velocity: float = 0.5
    pedal_left_out: float = 0.5
    in_parts: float = 0.3
    exact: float = 0.5
    """For scores alone: as often they keep to their grid, because that too has to be expected."""
    misheard: float = 0.0
    """How far, on a logarithmic scale, times and velocities are heard beside what was played (a standard deviation);
    what is to be expected stays exact."""
    unchanged: float = 0.0
    """As often a pass keeps the key, the tempo and the dynamics of the file."""

    def drawn(self, rng: np.random.Generator) -> "Augmentation":
        """How one pass may differ: as this says, or, as often as `unchanged`, in its pedal, parts and grid only."""
        if self.unchanged == 0 or rng.random() >= self.unchanged:
            return self
        return replace(self, transpose=(0, 0), true_tempo=1.0, true_velocity=1.0)


PLAIN: Final = Augmentation((0, 0), (1.0, 1.0), (1.0, 1.0), 1.0, 1.0, 0.0, 0.0, 1.0)
"""No change at all: the files as they are, all parts merged."""

NO_PEDAL: Final = Augmentation((0, 0), (1.0, 1.0), (1.0, 1.0), 1.0, 1.0, 1.0, 0.0, 1.0)
"""The files as they are, without their pedals."""


def perform(piece: Piece, records: Records, how: Augmentation, rng: np.random.Generator) -> Performance:
    """One performance of a piece, changed as `how` allows, in the order of the file (unless a score is loosened):
    sorting again after a change of tempo would put the end of a short note before its beginning."""
    how = how.drawn(rng)
    pedalled = piece.pedalled and rng.random() >= how.pedal_left_out
    kept = records if pedalled else records[records["key"] != PEDAL_KEY]
    in_parts = piece.parts and rng.random() < how.in_parts
    key = kept["key"].astype(np.int64)
    notes = key < PEDAL_KEY
    key = np.where(notes, key + _shift(key[notes], how, rng), key)
    stretch = 1.0 if rng.random() < how.true_tempo else float(np.exp(rng.uniform(*np.log(how.tempo))))
    ms = np.rint(kept["ms"].astype(np.float64) * stretch).astype(np.int64)
    gain = 1.0 if rng.random() < how.true_velocity else rng.uniform(*how.velocity)
    loud = kept["velocity"].astype(np.int64)
    velocity = np.where((loud > 0) & notes, np.clip(np.rint(loud * gain), 1, 127).astype(np.int64), loud)
    line = Line(ms, key, velocity, kept["part"].astype(np.int64))
    if piece.scored and rng.random() >= how.exact:
        line = loosened(line, rng)
    return Performance(*line[:3], line.part * int(in_parts), piece.dynamic, pedalled)


def _shift(pitches: NDArray[np.int64], how: Augmentation, rng: np.random.Generator) -> int:
    low = max(how.transpose[0], -int(pitches.min()))
    high = min(how.transpose[1], 127 - int(pitches.max()))
    return int(rng.integers(low, high + 1)) if low <= high else 0


def from_the_middle(whole: Performance, start: int) -> Performance:
    """What is left of a performance from event `start` on, without the ends of notes begun before it."""
    held = dict[tuple[int, int], int]()
    kept = list[int]()
    for i in range(start, len(whole)):
        at = (int(whole.voice[i]), int(whole.key[i]))
        down = whole.velocity[i] > 0
        if not down and held.get(at, 0) == 0:
            continue
        held[at] = held.get(at, 0) + (1 if down else -1)
        kept.append(i)
    take = np.array(kept, np.int64)
    return Performance(
        whole.ms[take], whole.key[take], whole.velocity[take], whole.voice[take], whole.dynamic, whole.pedalled
    )
