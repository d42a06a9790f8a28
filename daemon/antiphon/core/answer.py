"""What the model plays for a while: when its notes must begin, when they must end, and what is allowed at each step.

Steering only: the answer decides masks, biases and the window of time; the model chooses inside them.
"""

from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from antiphon.core.chance import noise
from antiphon.core.ear import UNHEARD, Ear
from antiphon.core.echo import NOTHING_TAKEN_UP, Echo, Wish
from antiphon.core.model import FOREVER_S, Model, Steering
from antiphon.core.parameters import Parameters
from antiphon.core.past import Past, Played, after, imagine
from antiphon.core.steering import NEVER, agreeing, allowed, density, liking, voiced, warmth
from antiphon.music import vocabulary
from antiphon.music.events import Event, Seconds, Voice
from antiphon.music.vocabulary import KEYS, PEDAL_KEY, TOKENS, VOICES

RING_S: Final = 3.0
"""Seconds that notes may go on sounding after the last one has begun."""
_LIVELY_S: Final = 6.0
_FIRST_S: Final = 0.5
_ENTRY_S: Final = 1.0
"""Where both play at once, its first note comes so soon: the player's is a cue, whatever silence was before it."""
_SOON_S: Final = 0.03
_CROWD: Final = 64
"""Events that may come in one moment: more than two hands and a pedal let go of and strike anew."""
_THICK_HZ: Final = 200.0
"""Events a second that may follow one another without end. A fast pianist makes some 60."""
_TREADS: Final = 8
"""Times the pedal may go down between two notes."""
_BURST: Final = 3
"""Notes by which it may be ahead of the density that is wanted, or behind: a chord, a breath."""
_BEHIND_S: Final = 0.002
_OWED_S: Final = 0.012
"""After a note of the player's, from when and by when one begins that was about to (docs/experiments.md)."""
_DRAWS: Final = 5
"""Draws for one event at the most. All but the last two may turn out to be the player's."""


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
    voice        the voice it plays in
    theirs       the player's voice where both play at once; what the model imagines of it is not played, and nothing
                 of ours comes before it: so what is played is what the model expects given that the player is silent
    rest         no two of its notes begin further apart, nor does the first come later
    onset        when the last note began; -inf before
    spread       when this many notes would have begun at the density that is wanted
    floor        nothing happens before this moment
    leaving      True once the player has taken over: it only comes to its end
    ebbs         it ends where no note of its own would begin for so long (s), behind its lively beginning
    prompt       whether its first note is to begin at `begins`, and not soon after
    owed         by when a note is to begin, the next one only: it was about to, and the player's note came first
    echo         where it stands in what the player has played
    take, back   which take it is; its event n is played by the chance of event n - back
    """

    begins: Seconds
    quiet_from: Seconds
    over_at: Seconds
    lively: bool = True
    notes: int = 0
    limit: int | None = None
    paced: float = -np.inf
    treads: int = 0
    voice: Voice = Voice.SOLO
    theirs: Voice | None = None
    rest: float = np.inf
    onset: float = -np.inf
    spread: float = -np.inf
    floor: float = -np.inf
    leaving: bool = False
    take: int = 0
    back: int = 0
    ebbs: float = np.inf
    prompt: bool = False
    owed: float = np.inf
    echo: Echo = NOTHING_TAKEN_UP

    @property
    def endless(self) -> bool:
        """True where it does not end by itself."""
        return bool(np.isinf(self.quiet_from))

    def next(self, model: Model, past: Past, parameters: Parameters, ear: Ear = UNHEARD) -> "Step | None":
        """The next event of this answer, the past and the answer after it; None once all is released."""
        ending, held = self._ending(past), past.own.count.any()
        if ending and not held:
            return None
        now = max(past.time, self.floor, self.begins)
        release, key, voice = self._forced(past, parameters)
        if release <= now:
            return self._release(model, past, key, voice, now)
        drawn = self._drawn(model, past, parameters, ear, ending)
        if drawn is None:
            return None
        event, then = drawn
        if event.time > release:
            return self._release(model, past, key, voice, release)
        ebbed = self.notes and is_note(event) and event.time - max(self.begins, self.onset) >= self.ebbs
        if ebbed or (event.starts and event.time >= self.quiet_from):
            return self._quiet(model, past, parameters)
        return event, then, self.counted(event, parameters, ear)

    def recalling(self, parameters: Parameters, ear: Ear) -> "Answer":
        """The same, at its beginning, where it takes up what the player has played."""
        if float(parameters.memory) <= 0:
            return self
        return replace(self, echo=self.echo.begun(ear.tune, lambda: allowed(parameters, ear)))

    def until(self, quiet_from: float, over_at: float) -> "Answer":
        """The same, ending at these moments."""
        return replace(self, quiet_from=Seconds(quiet_from), over_at=Seconds(over_at))

    def meeting(self, now: float) -> "Answer":
        """The same, once the player has struck a note at `now` just as one of ours was to begin: it is drawn with
        theirs heard. Not in the very millisecond: in scores the notes of one moment are in order of pitch, so that a
        note of ours at no distance would be one above theirs."""
        return replace(self, floor=now + _BEHIND_S, owed=min(self.owed, now + _OWED_S))

    def _drawn(
        self, model: Model, past: Past, parameters: Parameters, ear: Ear, ending: bool
    ) -> tuple[Event, Past] | None:
        """What the model would play next; None where there is nothing it could do."""
        floor, free = self.floor, self._free_at(density(parameters, ear))
        wish = None if ending else self._wish(past, parameters, ear)
        for draw in range(_DRAWS):
            early = wish is not None and max(past.time, self.begins, floor) < wish.earliest - 1e-3
            last = draw >= _DRAWS - 2
            steering = self._steering(past, parameters, ear, ending, floor, last, None if early else wish)
            if not (steering.tokens.any() or past.own.count[self.voice].any()):
                return None
            chance = noise(int(parameters.seed), past.count - self.back, draw, self.take)
            event, then = imagine(model, past, steering, voiced(chance, parameters, ear))
            if event.voice is not self.voice:
                floor = event.time
            elif wish and early and (event.starts or event.time >= wish.earliest):
                floor = wish.earliest
            elif is_note(event) and event.time < free - 1e-3:
                floor = free
            else:
                break
        return event, then

    def _wish(self, past: Past, parameters: Parameters, ear: Ear) -> Wish | None:
        """Which note would take up what the player has played, and between which moments (s), as far as it may be
        played and the density allows it; None for none in particular."""
        wish = self.echo.wish(ear.tune, float(parameters.memory))
        if wish is None or past.keyboard.count[:, wish.pitch].sum() > past.own.count[self.voice, wish.pitch]:
            return None
        rate = density(parameters, ear)
        wanted = self._note_wanted_at(parameters, rate)
        if not self.notes:
            return wish._replace(earliest=-np.inf, latest=wanted)
        earliest = min(max(self.onset + wish.earliest, self._free_at(rate)), wanted)
        return wish._replace(earliest=earliest, latest=min(max(self.onset + wish.latest, earliest), wanted))

    def _free_at(self, rate: float) -> float:
        """Before when no note may begin, where so many a second are wanted."""
        return min(self.spread - (_BURST - 1) / rate, self.onset + 1 / rate) if rate else -np.inf

    def _quiet(self, model: Model, past: Past, parameters: Parameters) -> "Step | None":
        return replace(self, quiet_from=past.time).next(model, past, parameters)

    def counted(self, event: Event, parameters: Parameters, ear: Ear) -> "Answer":
        """The same, once an event of it has happened."""
        if not event.starts:
            return self._paced(event)
        if vocabulary.key(event) == PEDAL_KEY:
            return replace(self._paced(event), treads=self.treads + 1)
        rate, echo = density(parameters, ear), self.echo
        lag = _BURST / rate if rate else 0.0
        spread = max(self.spread, event.time - lag) + (1 / rate if rate else 0.0)
        spread = min(spread, event.time + lag)
        if float(parameters.memory) > 0:
            echo = echo.after(event.pitch, ear.tune, lambda: allowed(parameters, ear))
        begun = replace(self._paced(event), treads=0, notes=self.notes + 1, owed=np.inf, onset=event.time)
        return replace(begun, spread=spread, echo=echo)

    def _paced(self, event: Event) -> "Answer":
        return replace(self, paced=max(self.paced, event.time) + 1 / _THICK_HZ)

    def _ending(self, past: Past) -> bool:
        late = max(past.time, self.floor) >= self.quiet_from
        return late or (self.limit is not None and self.notes >= self.limit)

    def _forced(self, past: Past, parameters: Parameters) -> tuple[float, int, Voice]:
        """The moment at which a key must come up at the latest, which, and in which voice it is held."""
        held = [(voice, key) for voice in Voice for key in past.own.down(voice)]
        if not held:
            return np.inf, -1, self.voice
        longest = float(parameters.longest_note)

        def latest(voice: Voice, key: int) -> float:
            unwanted = voice is not self.voice or (key == PEDAL_KEY and not parameters.pedal)
            return -np.inf if unwanted else float(past.own.touched[voice, key]) + longest

        voice, key = min(held, key=lambda one: latest(*one))
        return min(latest(voice, key), self.over_at), key, voice

    def _release(self, model: Model, past: Past, key: int, voice: Voice, at: float) -> "Step":
        event = vocabulary.event_of(max(at, past.time), key + KEYS, 0, voice)
        return event, after(model, past, [Played(event, True)]), self._paced(event)

    def _steering(
        self,
        past: Past,
        parameters: Parameters,
        ear: Ear,
        ending: bool,
        floor: float,
        alone: bool,
        wish: Wish | None,
    ) -> Steering:
        since = max(0.0, max(self.begins, self.paced - _CROWD / _THICK_HZ, floor) - past.time)
        latest = FOREVER_S
        tokens, bias = np.zeros(TOKENS, np.float32), np.zeros(TOKENS, np.float32)
        bias[:PEDAL_KEY] = liking(parameters, ear)
        if self.theirs is not None:
            bias[:PEDAL_KEY] += agreeing(parameters, past.keyboard, self.theirs, ear)
        alone |= ending
        if not ending:
            tokens = self._startable(past, parameters, ear)
            wanted = self._note_wanted_at(parameters, density(parameters, ear)) - past.time
            if wish and tokens[wish.pitch]:
                bias[wish.pitch] += wish.bias
                wanted = wish.latest - past.time
            elif wish and past.own.count[self.voice, wish.pitch]:
                bias[KEYS + wish.pitch] += wish.bias
            latest = min(latest, max(since, wanted))
            if wanted <= since + _SOON_S:
                alone = True
                if tokens[:PEDAL_KEY].any():
                    bias[PEDAL_KEY:] = NEVER
        mine, all_ = past.own.count[self.voice], past.keyboard.count[self.voice]
        bias[KEYS:][(all_ > mine) & (mine == 0)] = NEVER
        kept, memory = float(parameters.top_p), float(parameters.memory)
        return Steering(since, latest, self._voices(alone), tokens, bias, warmth(parameters), kept, memory)

    def _startable(self, past: Past, parameters: Parameters, ear: Ear) -> NDArray[np.float32]:
        """(TOKENS,) float32, 1 where a key may go down."""
        tokens = np.zeros(TOKENS, np.float32)
        if past.own.count[:, :PEDAL_KEY].sum() < int(parameters.polyphony):
            tokens[:PEDAL_KEY] = allowed(parameters, ear)
        tokens[PEDAL_KEY] = float(bool(parameters.pedal) and self.treads < _TREADS)
        tokens[:KEYS][past.keyboard.count.any(0)] = 0
        return tokens

    def _voices(self, alone: bool) -> NDArray[np.float32]:
        voices = np.zeros(VOICES, np.float32)
        voices[self.voice] = 1
        if self.theirs is not None and not alone:
            voices[self.theirs] = 1
        return voices

    def _note_wanted_at(self, parameters: Parameters, rate: float) -> float:
        """When the next note must begin at the latest."""
        if self.prompt and not self.notes:
            return self.begins
        lively, last = float(parameters.liveliness), max(self.begins, self.onset)
        entering = self.theirs is not None and not self.notes
        wanted, first = last + min(self.rest, _ENTRY_S if entering else np.inf), self.begins + _FIRST_S
        wanted = min(wanted, self.owed)
        if self.lively and lively > 0 and self.notes / lively < _LIVELY_S - _FIRST_S:
            wanted = min(wanted, first + self.notes / lively)
        if not rate:
            return wanted
        behind = max(self.begins, self.spread) + _BURST / rate
        wanted = min(wanted, behind, last + 2 * _BURST / rate)
        return max(wanted, min(self.spread - (_BURST - 1) / rate, self.onset + 1 / rate))


def is_note(event: Event) -> bool:
    """Whether a key of the keyboard goes down."""
    return event.starts and vocabulary.key(event) != PEDAL_KEY


Step: TypeAlias = tuple[Event, Past, Answer]
"""What happens next, the music with it, and what is left of the answer then."""
