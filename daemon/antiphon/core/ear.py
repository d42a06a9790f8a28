"""What steering goes by of the player: in which key, on which chord, how high, how loud and how densely they play.

A value: `after` gives a new one. Knows notes, and nothing of parameters.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from antiphon.core.tune import UNPLAYED, Tune
from antiphon.music import scales
from antiphon.music.events import Event, Kind

_NOTES_OF_A_KEY: Final = 48
"""Notes after which what was heard before counts for a third of the key."""
_NOTES_OF_A_MANNER: Final = 12
"""Notes over which register, loudness and density are averaged."""
_REST_S: Final = 2.0
"""A longer gap between two notes is a rest, and says nothing of how densely someone plays."""
_SHORTEST_GAP_S: Final = 0.05
_BREATH_S: Final = 0.5
"""Without so long a gap before it no note opens a phrase."""


@dataclass(frozen=True, slots=True)
class Ear:
    """What is known of the player's playing.

    weights    how much of each pitch class was heard of late, twelve numbers from C on
    chord      the pitch classes they hold for us to harmonise with
    notes      how many notes were heard; what follows means nothing while it is 0
    pitch      their average pitch of late
    velocity   their average velocity of late
    gap        seconds from note to note, on the average of late; the notes of a chord have none between them
    last       when the last note began (s)
    tune       what they have played of late
    """

    weights: tuple[float, ...] = (0.0,) * 12
    chord: frozenset[int] = frozenset()
    notes: int = 0
    pitch: float = 0.0
    velocity: float = 0.0
    gap: float = 0.0
    last: float = 0.0
    tune: Tune = UNPLAYED

    @property
    def key(self) -> str | None:
        """The key that fits what was heard, "A minor"; None while nothing was."""
        return scales.likeliest(np.array(self.weights))

    @property
    def rate(self) -> float | None:
        """Notes a second; None while it is not known."""
        return 1 / max(_SHORTEST_GAP_S, self.gap) if self.gap > 0 else None

    def after(self, event: Event, melody: bool = True, opens: bool = False) -> "Ear":
        """Once the player has done this; it `opens` a phrase where there is a breath before it. What is no `melody`
        says something of the key alone."""
        if event.kind is not Kind.NOTE_ON:
            return self
        faded = 1 - 1 / _NOTES_OF_A_KEY
        weights = tuple(w * faded + (at == event.pitch % 12) for at, w in enumerate(self.weights))
        if not melody:
            return replace(self, weights=weights)
        span = event.time - self.last
        share = max(1 / (self.notes + 1), 1 / _NOTES_OF_A_MANNER)
        return Ear(
            weights,
            self.chord,
            self.notes + 1,
            self.pitch + share * (event.pitch - self.pitch),
            self.velocity + share * (event.velocity - self.velocity),
            self._gap(span, share),
            event.time,
            self.tune.after(event.pitch, span, not self.notes or (opens and span >= _BREATH_S)),
        )

    def _gap(self, span: float, share: float) -> float:
        if not self.notes or not 0 <= span <= _REST_S:
            return self.gap
        return self.gap + share * (span - self.gap) if self.gap else span


UNHEARD: Final = Ear()
"""Nobody has played yet."""
