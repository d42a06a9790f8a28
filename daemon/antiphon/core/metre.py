"""Where the beats lie: a straight line between moments and beats. Pure arithmetic.

Beats count from 0; a bar begins at each multiple of as many beats as it has.
"""

import math
from dataclasses import dataclass
from typing import Final

from antiphon.music.events import Seconds

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
