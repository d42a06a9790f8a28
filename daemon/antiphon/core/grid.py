"""The lines that notes of ours are moved to, by degrees. Knows moments, and nothing of notes."""

import math
from dataclasses import dataclass
from typing import Final

from antiphon.core.metre import Metre
from antiphon.music.events import Seconds

GRIDS: Final = {"1/16": 0.25, "1/8": 0.5, "1/4": 1.0, "1/32": 0.125, "1/8t": 1 / 3, "1/16t": 1 / 6}
"""Steps of a grid, in beats."""
_EVEN: Final = 50.0
_NEAR_S: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid on the beats.

    name    one of GRIDS
    swing   of two steps, how much the first one lasts (per cent): 50 is even, 67 a triplet's two thirds. Grids of
            triplets know none
    share   how much of the way to its line a note is moved, 0-1
    """

    metre: Metre
    name: str
    swing: float
    share: float

    def moved(self, moment: float, earliest: float, before: float = math.inf) -> Seconds:
        """Where a note goes that is drawn at `moment` (s): to the nearest line, or so much of the way, of those at
        `earliest` or later and before `before`. Where there is none it stays."""
        lines = [line for line in self._around(max(moment, earliest)) if earliest - _NEAR_S <= line < before - _NEAR_S]
        if not lines:
            return Seconds(max(moment, earliest))
        line = min(lines, key=lambda each: abs(each - moment))
        return Seconds(max(earliest, moment + self.share * (line - moment)))

    def _around(self, moment: float) -> list[Seconds]:
        """Some lines before it and some behind it."""
        step = GRIDS[self.name]
        second = 2 * step * (_EVEN if self.name.endswith("t") else self.swing) / 100
        first = math.floor(self.metre.beat_of(moment) / (2 * step)) * 2 * step
        return [self.metre.moment_of(first + pair * 2 * step + late) for pair in (0, 1) for late in (0.0, second)]
