"""Which keys are down, for whom, and for how long: the model's view of the hands.

A Keyboard is a value: `after(event)` gives a new one, so a snapshot is a reference.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from antiphon.music import vocabulary
from antiphon.music.events import Event, Voice

NEVER: Final = -1e6
"""Seconds: the moment a key was last touched, for a key that never was."""
TOUCH: Final = 1e-3
"""Seconds added to every age, so that the sign of an age of nothing still says down or up."""


@dataclass(frozen=True, slots=True, eq=False)
class Keyboard:
    """The keys after some event.

    count    (VOICES, KEYS) int16: how many times a key is down (two hands can share one)
    touched  (VOICES, KEYS) float64: when it last moved, seconds
    """

    count: NDArray[np.int16]
    touched: NDArray[np.float64]

    @classmethod
    def untouched(cls) -> Self:
        """A keyboard nobody has played."""
        shape = (vocabulary.VOICES, vocabulary.KEYS)
        return cls(np.zeros(shape, np.int16), np.full(shape, NEVER))

    def after(self, event: Event) -> "Keyboard":
        """The keyboard once `event` has happened. A release of a key that is up changes nothing."""
        at = (int(event.voice), vocabulary.key(event))
        if not event.starts and self.count[at] == 0:
            return self
        count, touched = self.count.copy(), self.touched.copy()
        count[at] += 1 if event.starts else -1
        touched[at] = event.time
        return Keyboard(count, touched)

    def touched_as(self, other: "Keyboard") -> "Keyboard":
        """The same keys down, but those that are as often down, or as much up, in `other` moved when they did there."""
        return Keyboard(self.count, np.where(self.count == other.count, other.touched, self.touched))

    def down(self, voice: Voice) -> list[int]:
        """The keys a voice holds, lowest first; PEDAL_KEY among them when the pedal is down."""
        return [int(k) for k in np.flatnonzero(self.count[voice])]

    def ages(self, now: float) -> NDArray[np.float32]:
        """(VOICES, KEYS) float32: seconds since each key moved, above 0 where down, below where up."""
        age = np.maximum(now - self.touched, 0.0) + TOUCH
        return np.where(self.count > 0, age, -age).astype(np.float32)
