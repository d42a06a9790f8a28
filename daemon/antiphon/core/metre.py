"""Where the beats lie: a straight line between moments and beats, and the grid on it. Pure arithmetic.

Beats count from 0; a bar begins at each multiple of as many beats as it has.
"""

import math
from dataclasses import dataclass
from typing import Final

from antiphon.music.events import Seconds

GRIDS: Final = {"1/16": 0.25, "1/8": 0.5, "1/4": 1.0, "1/32": 0.125, "1/8T": 1 / 3, "1/16T": 1 / 6}
"""Steps of a grid, in beats."""
_EVEN: Final = 50.0
_ON_IT: Final = 1e-4
"""Beats: whoever is so near behind a line is on it."""


@dataclass(frozen=True, slots=True)
class Metre:
    """Beat `beat` is at `at` (s), and each beat lasts `beat_s` seconds."""

    at: Seconds
    beat: float
    beat_s: float

    @property
    def tempo_bpm(self) -> float:
        """Beats a minute."""
        return 60 / self.beat_s

    def beat_of(self, moment: float) -> float:
        """Which beat a moment (s) is."""
        return self.beat + (moment - self.at) / self.beat_s

    def moment_of(self, beat: float) -> Seconds:
        """When a beat is (s)."""
        return Seconds(self.at + (beat - self.beat) * self.beat_s)

    def next(self, moment: float, every: float, origin: float = 0.0) -> Seconds:
        """The first line at `moment` (s) or after it, where there is one every so many beats from `origin` on."""
        lines = math.ceil((self.beat_of(moment) - origin) / every - _ON_IT)
        return max(Seconds(moment), self.moment_of(origin + lines * every))

    def paced(self, beat_s: float, now: float) -> "Metre":
        """The same beat at `now` (s), and another pace from there on."""
        return Metre(Seconds(now), self.beat_of(now), beat_s)

    def placed(self, moment: float, grid: str, swing: float, share: float) -> Seconds:
        """A moment (s) moved by `share` (0-1) of the way to the nearest line of one of GRIDS.

        swing   of two steps, how much the first one lasts (per cent): 50 is even, 67 a triplet's two thirds. Grids of
                triplets know none.
        """
        step, beat = GRIDS[grid], self.beat_of(moment)
        late = 2 * step * (_EVEN if grid.endswith("T") else swing) / 100
        first = math.floor(beat / (2 * step)) * 2 * step
        nearest = min((first, first + late, first + 2 * step), key=lambda line: abs(line - beat))
        return Seconds(moment + share * (self.moment_of(nearest) - moment))
