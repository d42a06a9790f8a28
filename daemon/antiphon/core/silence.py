"""How long to wait in a silence of the player's: until waiting on costs more than it saves.

Knows the survival function of the next note (core.survival) and nothing of phrases or parameters.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from antiphon.core.model import Partner
from antiphon.core.past import Past
from antiphon.core.survival import MOMENTS_S
from antiphon.music.events import Seconds

SHORTEST_S: Final = 0.2
"""A silence shorter than this ends no phrase: staccato. Nothing is asked of the model before."""
_PRICE_S: Final = 24.0
"""Seconds of waiting that are as bad as interrupting, at patience 1: one second of delay on the average
(docs/experiments.md)."""
_TRUST: Final = 0.5
"""The power to which the chance of silence is raised. Players hesitate more often than a model expects that has heard
finished performances; its root is what an expectation half as sure would be."""

_FINE_S: Final = np.arange(0.0, MOMENTS_S[-1], 0.02)
_KNOWN_S: Final = np.concatenate([[0.0], MOMENTS_S])


@dataclass(frozen=True, slots=True, eq=False)
class Breath:
    """What may be expected of a silence of the player's.

    since   when it began (s)
    at      when the last event in it was (a pedal, a release of ours), from which `curve` counts (s)
    count   how many events had happened then
    carry   the log of the chance that no key went down between `since` and `at`
    curve   (M,) the log of the chance that none does until MOMENTS_S after `at`
    """

    since: Seconds
    at: Seconds
    count: int
    carry: float
    curve: NDArray[np.float64]

    def ends(self, patience: float) -> Seconds:
        """When it is time to play: when waiting on costs more than it saves.

        The sum of the chance to interrupt, if we play at a moment, and of the price of waiting until then is smallest
        there. (Not where the chance of silence falls below a threshold: such a moment lies far behind the last one at
        which a note was likely, and twice as many interruptions come of it at the same delay.)
        """
        moments = np.concatenate([_FINE_S[self.at + _FINE_S > self.since + SHORTEST_S], MOMENTS_S[-1:]])
        first = max(self.at, self.since + SHORTEST_S) - self.at
        moments = np.concatenate([[first], moments])
        log_silence = self.carry + np.interp(moments, _KNOWN_S, np.concatenate([[0.0], self.curve]))
        cost = np.exp(_TRUST * log_silence) + moments / (_PRICE_S * patience)
        return Seconds(self.at + float(moments[np.argmin(cost)]))

    def until(self, moment: float) -> float:
        """The log of the chance that no key went down before a moment (s)."""
        known = np.concatenate([[0.0], self.curve])
        return self.carry + float(np.interp(max(0.0, moment - self.at), _KNOWN_S, known))


def breath(model: Partner, past: Past, since: Seconds, before: Breath | None) -> Breath:
    """What may be expected of a silence that began at `since`; `before` is what was, before its last event."""
    curve = model.silence(past.state, past.last).astype(np.float64)
    at = Seconds(max(past.time, since))
    fresh = Breath(since, at, past.count, 0.0, curve)
    return replace(fresh, carry=before.until(at)) if before and before.since == since else fresh
