"""One performance with one player: hears, plays in one of several modes, and can be turned while it plays.

Pure: verbs and a deadline, all with the time as an argument. What is heard is put down at once and fed to the model
in `advance`, a few events at a time, so that a burst delays nothing. What is to be played is composed ahead; what has
not been handed out can be thrown away (core.plan). When a mode begins, what it plays and whether it yields stands in
one table (core.modes).

state      on                                     becomes
LISTENING  the moment at which the mode begins    PLAYING (composed ahead)
PLAYING    a note of the player's, if it yields   LISTENING (what is ours ends)
PLAYING    what there was to play has ended       LISTENING
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from antiphon.core.acts import ACTS
from antiphon.core.due import Order
from antiphon.core.ear import UNHEARD
from antiphon.core.harmony import melody
from antiphon.core.memory import Memory, longer
from antiphon.core.modes import accompanying, bars
from antiphon.core.parameters import Parameters, Value
from antiphon.core.past import Played, beginning
from antiphon.core.recall import Recall, holder, moved
from antiphon.core.routes import voice_of
from antiphon.core.staged import Staged
from antiphon.core.zones import COMMON, Role
from antiphon.errors import ParameterError
from antiphon.music.events import Event, Kind, Seconds
from antiphon.music.wire import CONTROL

_PRESSED: Final = 64
"""A pedal is down from this value on."""
_SYSTEM: Final = 0xF0
"""From this status on a message is no channel's."""
_BREATH_S: Final = 1.0
"""Before it begins by itself again where it could not go on."""


class Session(Staged):
    """A performance with `model`, from the moment `now` (s) on.

    What is due within `horizon_s` is handed out already, so that whoever plays it can be on time; when the player
    moves on before it has sounded, it is revoked.
    """

    @property
    def deadline(self) -> Seconds | None:
        """When `advance` next has work: past or present means at once, None means not before somebody plays."""
        planned = self._plan.deadline(self._horizon_s)
        if self._plan.unfed:
            return planned
        if self._arrival and self._arrival.behind(self._plan.past):
            return self._plan.past.time
        if (backlog := self._backlog()) is not None:
            return backlog
        moments = (planned, self._considering(), self._prepares(self._turn()), self._company_due(), self._arrives())
        return min((moment for moment in moments if moment is not None), default=None)

    @property
    def answering(self) -> bool:
        """True while an answer, or whatever the mode plays, is being played."""
        return self._plan.answer is not None

    @property
    def begun(self) -> bool:
        """True once something of what is being played has sounded."""
        answer = self._plan.answer
        return answer is not None and (answer.notes > 0 or answer.leaving)

    @property
    def due(self) -> Seconds | None:
        """When it is Antiphon's turn, if nothing more is heard; it may then wait for a beat. None while it plays."""
        return self._due()

    @property
    def memory(self) -> Memory:
        """What the performance could be taken up again from."""
        plan = self._plan
        kept = (self._ear, self._anchor, self._resting, self._branch, self._pulse, self._whose, self._apart)
        return Memory(plan.past, self._phrase, plan.answer, *kept)

    @property
    def parameters(self) -> Parameters:
        """What it is steered by."""
        return self._parameters

    @property
    def planned(self) -> list[Event]:
        """What it means to play next, as things stand."""
        return self._plan.ahead

    @property
    def happened(self) -> Sequence[Played]:
        """The last events of both players, the newest of them number `memory.past.count`."""
        return self._plan.happened

    @property
    def sounding(self) -> list[int]:
        """The keys of ours that are down, PEDAL_KEY for a pedal, in order."""
        return sorted({key for _, key in self._plan.own()})

    @property
    def held(self) -> list[bytes]:
        """Messages that would press the keys and pedals that the player holds."""
        return [self._routes.played(message) for message in self._listener.held]

    @property
    def beside(self) -> list[bytes]:
        """The same of what is held in a zone of the harmony's own."""
        return [self._beside_routes.played(message) for message in self._beside.held]

    def resume(self, memory: Memory, held: Sequence[bytes], now: float, beside: Sequence[bytes] = ()) -> None:
        """Take up a performance at `now` (s) after it broke off: of what was ours nothing sounds any more. An answer
        that was being played is as lively as at its beginning, so that the silence is short.

        held, beside: messages that would press the keys and pedals that the player still holds.
        """
        self._arrival = None
        for message in (each for press in held for each in self._routes.heard(press, self._parameters)):
            self._listener.voice = holder(message, memory.past, self._voices[1])
            for event in self._listener.hear(message, now):
                self._owners.of(event, message[0] & 0x0F, memory.whose)
        self._listener.voice = self._voices[1]
        for message in (each for press in beside for each in self._beside_routes.heard(press, self._parameters)):
            self._beside.hear(message, now)
        self._plan.past, self._phrase, self._ear = memory.past, memory.phrase, memory.ear
        self._anchor, self._resting, self._branch = memory.anchor, memory.resting, memory.branch
        self._pulse, self._whose, self._apart = memory.pulse or self._pulse, memory.whose, memory.apart
        self._since, answer = Seconds(now), memory.answer
        fits = answer and answer.voice is self._voices[0] and (self._mode.endless or not answer.endless)
        if answer and fits and not self._mode.silent:
            self._plan.begin(replace(answer, begins=Seconds(now), notes=0))
        self._plan.release(self._plan.own(), now)

    def receive(self, message: bytes, now: float, role: Role = Role.PLAYS, memory: int = COMMON) -> list[Order]:
        """Hear one whole MIDI message. Returns what follows at once: what is no longer to be played, and what of ours
        ends because of it. What commands is nothing to us.

        memory  of whoever plays, 1-MOST
        """
        if message and message[0] >= _SYSTEM:
            return self._keep_time(message, now)
        if role is not Role.PLAYS:
            return self._harmonise(message, now) if role is Role.HARMONY else []
        self._call(message, now)
        quieted, self._listener.voice = (
            self._quieted(message, now),
            voice_of(message, self._parameters, self._voices[1]),
        )
        messages = self._routes.heard(message, self._parameters)
        events = [event for each in messages for event in self._listener.hear(each, now)]
        if not events:
            return quieted
        orders, channel = quieted, message[0] & 0x0F
        tune = melody(self._parameters, channel, events)
        struck = any(event.kind is Kind.NOTE_ON for event in tune)
        if self._mode.apart and struck:
            orders += self._turn_to(memory, now)
        mine = self._divided(events, channel, memory if self._mode.apart else self._whose, now)
        if not mine:
            return orders + self._rechorded(events, now)
        orders += self._meet(now) if struck and self._mode.duet else self._cut(now)
        events, tune = mine, [event for event in tune if event in mine]
        self._called = None if struck else self._called
        self._since = Seconds(now) if struck and math.isinf(self._since) else self._since
        if struck and self._mode.yields:
            orders += self._yield(now)
        orders += self._make_room(events, tune, now)
        self._plan.put_down([Played(event, False) for event in events])
        self._note(events, tune, now)
        return orders

    def advance(self, now: float) -> list[Order]:
        """Hand out what is due soon after `now`, then do one piece of work: feed some events, or compose one."""
        orders = self._dues(self._plan.hand_out(now + self._horizon_s))
        self._plan.happen(now)
        turn, due, considered = self._turn(), self._company_due(), self._considering()
        begins = self._prepares(turn)
        if self._plan.unfed:
            self._plan.work(now, self._parameters, self._ear, self._grid)
        elif self._backlog() is not None:
            self._remember()
        elif self._arrival and self._arrival.behind(self._plan.past):
            self._arrival.hear(self._plan.happened, self._plan.past)
        elif self._arrival and self._arrival.at <= now:
            orders += self._arrive(self._arrival, now)
        elif considered is not None and considered <= now:
            self._consider()
        elif turn is not None and begins is not None and begins <= now:
            orders += self._begin(turn)
        elif due is not None and due <= now:
            orders += self._accompany(now)
        elif self._plan.work(now, self._parameters, self._ear, self._grid) and self._overdue(now):
            self._since = Seconds(now + _BREATH_S)
        return orders

    def change(self, values: Mapping[str, Value], now: float) -> list[Order]:
        """Be steered by these values of parameters from `now` on, also in a scene that is to come: what has not sounded
        is planned anew. What sounds goes on, unless it is on another channel, or nobody would let go of it. Raises
        ParameterError."""
        parameters = self._parameters.changed(**values)
        if self._arrival:
            self._arrival.turn(values)
        return self._steer(parameters, now)

    def act(self, name: str, now: float) -> list[Order]:
        """Do one of ACTS. Raises ParameterError for another.

        hold        play nothing, until resume
        again       the last answer once more, from its beginning
        another     another answer to the same phrase
        forget      your last phrase was not, nor the answer to it, in the memory of who played last
        forget-all  nothing has been, in every memory, but what is held
        tap         a beat is now; where no clock ticks, taps say the tempo
        """
        if name not in ACTS:
            raise ParameterError(f"no act named {name!r}; there are: {', '.join(ACTS)}")
        orders = self._cut(now)
        if name == "tap":
            self._tap(now)
            return orders
        if name in ("hold", "resume"):
            self._resting, self._since = name == "hold", Seconds(now)
            self._pulse = replace(self._pulse, halted=self._pulse.halted and name == "hold")
            return orders + (self._silence(now) if self._resting else [])
        orders += self._silence(now)
        if name.startswith("forget"):
            self._forget(now, name == "forget-all")
        elif self._recall and not self._still:
            self._answer_anew(self._recall, now, name == "another")
        return orders

    def close(self, now: float) -> list[Order]:
        """Release everything of ours that sounds. The session is over."""
        self._arrival = None
        return self._cut(now) + self._silence(now)

    def _call(self, message: bytes, now: float) -> None:
        """A pedal may say that it is our turn."""
        control = int(self._parameters.turn_pedal)
        if not self._phrase or len(message) != 3 or message[0] & 0xF0 != CONTROL:
            return
        if message[1] == control and message[2] >= _PRESSED:
            self._called = Seconds(now)

    def _note(self, events: list[Event], tune: list[Event], now: float) -> None:
        """Keep in mind what was heard."""
        pressed, before = False, self._ear.tune.count
        for event in events:
            opens = self._phrase is None and self._ear.tune.count == before
            self._ear = self._ear.after(event, event in tune, opens)
            pressed |= event.kind is Kind.NOTE_ON and event not in tune
        self._ear = replace(self._ear, chord=self._chord(pressed))
        began, self._phrase = self._phrase is None, longer(self._phrase, tune)
        if began and self._phrase:
            self._opening, self._opened = self._plan.past, before
        beat = self._pulse.metre.beat_of(now)
        late = self._anchor is None or (began and beat >= self._anchor + bars(self._parameters))
        if self._phrase and late:
            self._pulse = self._pulse.begun(now)
            self._anchor = self._pulse.bar(now, int(self._parameters.beats))
        if self._mode.duet and self._playing and self._plan.answer:
            self._plan.answer, self._phrase = accompanying(self._plan.answer, self._situation, now), None

    def _forget(self, now: float, everything: bool) -> None:
        past = beginning(self._model, now) if everything else self._opening
        if everything:
            self._ear = UNHEARD  # or the chord that is forgotten would be latched
            self._ear, self._apart = replace(UNHEARD, chord=self._chord_held()), {}
        else:
            self._ear = replace(self._ear, tune=self._ear.tune.until(self._opened))
        self._stand_on(moved(past, now - past.time, self._plan.count), now)

    def _answer_anew(self, recall: Recall, now: float, another: bool) -> None:
        past, answer = recall.again(now, self._plan.count, another)
        self._recall = Recall(past, answer)
        self._stand_on(past, now)
        self._plan.begin(answer)
