"""One answer: when its notes must begin, when they must end, and what is allowed at each step.

Steering only: the answer decides masks, biases and the window of time; the model chooses inside them.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from antiphon.core.chance import noise
from antiphon.core.model import FOREVER_S, TIME, TOKEN, VELOCITY, Model, Steering
from antiphon.core.parameters import Parameters
from antiphon.core.past import Past, Played, after, imagine
from antiphon.music import vocabulary
from antiphon.music.events import Event, Seconds, Voice
from antiphon.music.vocabulary import KEYS, PEDAL_KEY, TOKENS, VOICES

RING_S: Final = 3.0
"""Seconds that notes may go on sounding after the last one has begun."""
_LIVELY_S: Final = 6.0
_FIRST_S: Final = 0.5
_SOON_S: Final = 0.03
_NEVER: Final = -1e4
_CROWD: Final = 64
"""Events that may come in one moment: more than two hands and a pedal let go of and strike anew."""
_THICK_HZ: Final = 200.0
"""Events a second that may follow one another without end. A fast pianist makes some 60."""
_TREADS: Final = 8
"""Times the pedal may go down between two notes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model is to play from `begins` on (all moments in seconds).

    quiet_from   no key goes down at or after this moment
    over_at      whatever still sounds is released at this moment
    lively       notes must begin at `liveliness` a second at least, through the first 6 s
    notes        how many notes have begun so far
    limit        how many may begin at most
    paced        when this much would have been played at _THICK_HZ: a model that lets no time pass is made to
    treads       how often the pedal went down since the last note: one that plays no notes is made to
    """

    begins: Seconds
    quiet_from: Seconds
    over_at: Seconds
    lively: bool = True
    notes: int = 0
    limit: int | None = None
    paced: float = -np.inf
    treads: int = 0

    def next(self, model: Model, past: Past, parameters: Parameters) -> tuple[Event, Past, "Answer"] | None:
        """The next event of this answer, the past and the answer after it; None once all is released."""
        ending = self._ending(past)
        held = past.own.down(Voice.SOLO)
        if ending and not held:
            return None
        release, key = self._forced(past, parameters, held)
        if release <= past.time:
            return self._release(model, past, key, past.time)
        steering = self._steering(past, parameters, ending)
        event, then = imagine(model, past, steering, noise(int(parameters.seed), past.count))
        if event.time > release:
            return self._release(model, past, key, release)
        if event.starts and event.time >= self.quiet_from:
            return self._quiet(model, past, parameters)
        return event, then, self._counted(event)

    def _quiet(self, model: Model, past: Past, parameters: Parameters) -> tuple[Event, Past, "Answer"] | None:
        return replace(self, quiet_from=past.time).next(model, past, parameters)

    def _counted(self, event: Event) -> "Answer":
        paced = max(self.paced, event.time) + 1 / _THICK_HZ
        if not event.starts:
            return replace(self, paced=paced)
        if vocabulary.key(event) == PEDAL_KEY:
            return replace(self, paced=paced, treads=self.treads + 1)
        return replace(self, paced=paced, treads=0, notes=self.notes + 1)

    def _ending(self, past: Past) -> bool:
        return past.time >= self.quiet_from or (self.limit is not None and self.notes >= self.limit)

    def _forced(self, past: Past, parameters: Parameters, held: list[int]) -> tuple[float, int]:
        """The moment at which a key must come up at the latest, and which."""
        if not held:
            return np.inf, -1
        since = {key: float(past.own.touched[Voice.SOLO, key]) for key in held}
        oldest = min(held, key=lambda key: since[key])
        return min(since[oldest] + float(parameters.longest_note), self.over_at), oldest

    def _release(self, model: Model, past: Past, key: int, at: float) -> tuple[Event, Past, "Answer"]:
        event = vocabulary.event_of(max(at, past.time), key + KEYS, 0, Voice.SOLO)
        return event, after(model, past, [Played(event, True)]), self._counted(event)

    def _steering(self, past: Past, parameters: Parameters, ending: bool) -> Steering:
        since = max(0.0, max(self.begins, self.paced - _CROWD / _THICK_HZ) - past.time)
        latest = FOREVER_S
        tokens, bias = np.zeros(TOKENS, np.float32), np.zeros(TOKENS, np.float32)
        if not ending:
            tokens[int(parameters.lowest) : int(parameters.highest) + 1] = 1
            tokens[PEDAL_KEY] = float(parameters.pedal and self.treads < _TREADS)
            tokens[:KEYS][past.keyboard.count[Voice.SOLO] > 0] = 0
            wanted = self._note_wanted_at(parameters) - past.time
            latest = min(latest, max(since, wanted))
            if wanted <= since + _SOON_S and tokens[:PEDAL_KEY].any():
                bias[PEDAL_KEY:] = _NEVER
        others = past.keyboard.count[Voice.SOLO] > past.own.count[Voice.SOLO]
        bias[KEYS:][others & (past.own.count[Voice.SOLO] == 0)] = _NEVER
        kept, memory = float(parameters.top_p), float(parameters.memory)
        return Steering(since, latest, _solo(), tokens, bias, _warmth(parameters), kept, memory)

    def _note_wanted_at(self, parameters: Parameters) -> float:
        """When the next note must begin at the latest."""
        lively = float(parameters.liveliness)
        if not self.lively or lively <= 0 or self.notes / lively >= _LIVELY_S - _FIRST_S:
            return np.inf
        return self.begins + _FIRST_S + self.notes / lively


def _solo() -> NDArray[np.float32]:
    voices = np.zeros(VOICES, np.float32)
    voices[Voice.SOLO] = 1
    return voices


def _warmth(parameters: Parameters) -> NDArray[np.float32]:
    heads = np.ones(4, np.float32)
    heads[TIME] = parameters.time_temperature
    heads[TOKEN] = parameters.temperature
    heads[VELOCITY] = parameters.velocity_temperature
    return heads
