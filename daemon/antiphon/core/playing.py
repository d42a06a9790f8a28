"""What is being played and by whom it is steered: the state of a performance, and the moves that change it.

Knows when a mode begins and how what is ours comes to an end. What is heard, and what a user asks for, comes in through
core.session.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from antiphon.core.apart import Apart, Owners
from antiphon.core.arrival import Arrival
from antiphon.core.company import Company
from antiphon.core.due import Due, Order, Revoke
from antiphon.core.ear import UNHEARD
from antiphon.core.grid import Grid
from antiphon.core.harmony import chord, in_zone
from antiphon.core.hush import UNHEARD as UNHUSHED
from antiphon.core.memory import Phrase
from antiphon.core.metre import Metre
from antiphon.core.model import Partner
from antiphon.core.modes import MODES, Mode, bars
from antiphon.core.parameters import Parameters
from antiphon.core.past import Past, Played, beginning, behind
from antiphon.core.plan import Plan
from antiphon.core.pulse import steady
from antiphon.core.recall import Recall, put_right
from antiphon.core.routes import Routes, sent
from antiphon.core.silence import Breath, breath
from antiphon.core.turns import Situation, to_be_considered
from antiphon.core.zones import COMMON
from antiphon.music.events import Event, Kind, Seconds, Voice
from antiphon.music.wire import Listener

MET_S: Final = 0.03
"""A note of ours that was to begin at most so long after one of the player's (s) was meant for the same moment."""
LEAD_S: Final = 0.04
"""How long before a beat or a bar it begins to compose what is to begin on it."""


class Playing:
    """A performance with `model`, from the moment `now` (s) on.

    What is due within `horizon_s` is handed out already, so that whoever plays it can be on time; when the player
    moves on before it has sounded, it is revoked.
    """

    def __init__(self, model: Partner, parameters: Parameters, now: float = 0.0, horizon_s: float = 0.0) -> None:
        self._model, self._parameters, self._horizon_s = model, parameters, horizon_s
        self._plan, self._company = Plan(model, beginning(model, now)), Company()
        self._listener, self._routes = Listener(self._voices[1]), Routes()
        self._beside, self._beside_routes = Listener(), Routes()  # of what is held in a zone of the harmony's own
        self._ear, self._since = UNHEARD, Seconds(now)
        self._phrase: Phrase | None = None
        self._breath: Breath | None = None
        self._called: Seconds | None = None
        self._pulse, self._hush = steady(float(parameters.tempo), now), UNHUSHED
        self._anchor: float | None = None
        self._ends: float | None = None  # on which beat what is being played ends
        self._planned_on: Metre | None = None
        self._recall: Recall | None = None
        self._opening, self._opened = self._plan.past, 0  # the music, and the player's notes, before their last phrase
        self._resting, self._branch = False, 0
        self._whose, self._owners = COMMON, Owners()
        self._apart: Mapping[int, Apart] = {}
        self._arrival: Arrival | None = None
        self._scene, self._arrivals = "", 0

    @property
    def _mode(self) -> Mode:
        return MODES[str(self._parameters.mode)]

    @property
    def _voices(self) -> tuple[Voice, Voice]:
        return self._mode.voices(self._parameters)

    @property
    def _playing(self) -> bool:
        return self._plan.answer is not None and not self._plan.answer.leaving

    @property
    def _situation(self) -> Situation:
        keys = self._owners.keys(self._listener, self._whose)
        holding = any(not in_zone(self._parameters, *key) for key in keys)
        metre = self._pulse.metre
        return Situation(self._phrase, holding, metre, self._anchor, self._parameters, self._breath, self._called)

    @property
    def _still(self) -> bool:
        """True while it is not to play: held, or stopped by a clock."""
        return self._resting or self._pulse.halted

    @property
    def _grid(self) -> Grid | None:
        """What notes of ours are moved to."""
        share, p = int(self._parameters.quantise) / 100, self._parameters
        return Grid(self._pulse.metre, str(p.grid), float(p.swing), share) if share else None

    def _turn(self) -> Seconds | None:
        """When we begin to play, if nothing more is heard."""
        due = self._due()
        return None if due is None else self._entry(due)

    def _due(self) -> Seconds | None:
        """When it is our turn, whatever beat we then wait for."""
        if self._playing or self._still or math.isinf(self._since):
            return None
        if self._considering() is not None:
            return None
        begins = self._mode.begins(self._situation)
        return None if begins is None else max(begins, self._since)

    def _entry(self, moment: Seconds) -> Seconds:
        """The moment, or the beat or bar at it or after it."""
        if self._parameters.enter == "at once" or self._mode.barred:
            return moment
        every = 1 if self._parameters.enter == "beat" else int(self._parameters.beats)
        return self._pulse.metre.next(moment, every, self._anchor or 0.0)

    def _prepares(self, turn: Seconds | None) -> Seconds | None:
        """When to begin to compose what begins at `turn`."""
        return turn if turn is None or self._parameters.enter == "at once" else Seconds(turn - LEAD_S)

    def _considering(self) -> Seconds | None:
        """When the model is to be asked how long the player's silence may last."""
        if self._playing or self._still or not self._mode.waits:
            return None
        return to_be_considered(self._situation, self._plan.past.count)

    def _consider(self) -> None:
        if self._phrase:
            self._breath = breath(self._model, self._plan.past, self._phrase.last, self._breath)

    def _begin(self, at: Seconds) -> list[Order]:
        orders = self._cut(at)
        self._play(at)
        return orders

    def _play(self, at: Seconds) -> None:
        answer, metre = self._mode.plays(at, self._situation), self._pulse.metre
        answer = replace(answer, prompt=self._parameters.enter != "at once", voice=self._voices[0])
        answer = answer.recalling(self._parameters, self._ear)
        self._recall = Recall(self._plan.past, answer)
        ends = metre.beat_of(at) + bars(self._parameters)
        ends = round(ends) if self._pulse.leads else ends
        self._phrase, self._anchor, self._ends = None, ends, ends if self._mode.barred else None
        self._planned_on = metre
        self._breath = self._called = None
        self._plan.begin(answer)

    def _chord(self, pressed: bool) -> frozenset[int]:
        return chord(self._parameters, self._listener.keys, self._beside.keys, self._ear.chord, pressed)

    def _chord_held(self) -> frozenset[int]:
        """What is the harmony by the keys that are down; where none of them says one and it is latched, what it was."""
        held = bool(self._beside.keys) or any(in_zone(self._parameters, *key) for key in self._listener.keys)
        return self._chord(held)

    def _harmonise(self, message: bytes, now: float) -> list[Order]:
        """What is held in a zone of the harmony's own says the chord, and is not heard otherwise."""
        messages = self._beside_routes.heard(message, self._parameters)
        events = [event for each in messages for event in self._beside.hear(each, now)]
        return self._on_chord(self._chord(any(event.kind is Kind.NOTE_ON for event in events)), now) if events else []

    def _on_chord(self, said: frozenset[int], now: float) -> list[Order]:
        """The harmony is this from now on."""
        if said == self._ear.chord:
            return []
        orders, self._ear = self._cut(now), replace(self._ear, chord=said)
        if self._plan.answer:
            self._plan.answer = replace(self._plan.answer, floor=now)
        return orders

    def _company_due(self) -> Seconds | None:
        """When a note of the player's is to get company, or company has been held as long as may be."""
        if self._company.waiting:
            return self._plan.past.time
        if self._plan.answer is not None:
            return None
        held = [float(self._plan.past.own.touched[at]) for at in self._plan.own()]
        return Seconds(min(held) + float(self._parameters.longest_note)) if held else None

    def _yield(self, now: float) -> list[Order]:
        """Stop playing: what is ours ends at once, or within the time that it is given."""
        span, answer = float(self._parameters.yield_within), self._plan.answer
        if answer is None or span <= 0:
            return self._silence(now)
        if not answer.leaving:
            self._plan.answer = replace(answer.until(now, now + span), leaving=True)
        return []

    def _silence(self, now: float) -> list[Order]:
        """Play nothing any more; release what is ours, as events that really happen."""
        keys, answer = self._plan.own(), self._plan.answer
        self._plan.answer = None
        self._company.forget()
        if answer is None and not keys:
            return []
        # What we think has been played after `now` may or may not have been.
        revoked: list[Order] = [Revoke(Seconds(now))] if self._horizon_s else []
        return revoked + self._dues(self._plan.release(keys, now))

    def _make_room(self, events: list[Event], tune: list[Event], now: float) -> list[Order]:
        """What of ours ends because of what the player did: a key that they strike, and company for what they let
        go of."""
        ending = {event.pitch for event in events if event.kind is Kind.NOTE_ON}
        if self._mode.company and not self._still:
            ending |= set(self._company.heard(tune, int(self._parameters.company)))
        keys = [(voice, key) for voice, key in self._plan.own() if key in ending]
        for _, key in keys:
            self._company.struck(key)
        return self._dues(self._plan.release(keys, now))

    def _accompany(self, now: float) -> list[Order]:
        if not self._company.waiting:
            longest = float(self._parameters.longest_note)
            old = [at for at in self._plan.own() if self._plan.past.own.touched[at] + longest <= now]
            for _, key in old:
                self._company.struck(key)
            return self._dues(self._plan.release(old, now))
        struck = self._company.next(self._model, self._plan.past, self._parameters, self._ear)
        if struck is None:
            return []
        self._plan.add(*struck)
        return self._dues([struck[0]])

    def _stand_on(self, past: Past, now: float, unfed: Sequence[Played] = ()) -> None:
        """Go on as if this, and what is still to be fed of it, had been the music so far. What is held now is held in
        it too."""
        held = self._owners.presses(self._listener, self._whose, now)
        self._plan.stand_on(past)
        self._phrase, self._since = None, Seconds(now)
        self._plan.put_down([*unfed, *put_right(behind(past, unfed), held, now)])
        self._opening, self._branch = past, self._branch + 1

    def _cut(self, now: float) -> list[Order]:
        """Keep what has been played by `now`, throw away what was only imagined, and revoke what was handed out."""
        orders = self._dues(self._plan.hand_out(now))
        revoked = self._plan.cut(now)
        return orders if revoked is None else [*orders, Revoke(revoked)]

    def _meet(self, now: float) -> list[Order]:
        """The same where the player strikes a note while we play with them: what was to begin with it or just after is
        drawn anew, and one note of it is owed."""
        orders = self._dues(self._plan.hand_out(math.nextafter(now, -math.inf)))
        self._plan.happen(now)
        met, revoked, answer = self._plan.begins(now + MET_S), self._plan.cut(now), self._plan.answer
        if answer and not answer.leaving and (met or not math.isinf(answer.owed)):
            self._plan.answer = answer.meeting(now)
        return orders if revoked is None else [*orders, Revoke(revoked)]

    def _dues(self, events: Iterable[Event]) -> list[Order]:
        return [Due(event.time, sent(event, self._parameters)) for event in events]
