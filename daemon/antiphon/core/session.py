"""One performance with one player: hears, waits for the pause, answers, yields.

Pure: two verbs and a deadline, all with the time as an argument. Events are heard at once and fed to the
model in `advance`, a few at a time, so that a burst delays nothing. The answer is composed ahead;
what has not been handed out can be thrown away, because every imagined event keeps the past it
stands on.

state      on                               becomes
LISTENING  a pause after a phrase           ANSWERING (the answer is composed ahead)
ANSWERING  a note of the player's           LISTENING (what is ours is released at once)
ANSWERING  the answer has ended             LISTENING
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from antiphon.core.answer import RING_S, Answer
from antiphon.core.due import Due, Order, Revoke
from antiphon.core.memory import Memory, Phrase, longer
from antiphon.core.model import Model
from antiphon.core.parameters import Parameters
from antiphon.core.past import Past, Played, after, beginning
from antiphon.music.events import Event, Kind, Seconds, Voice, note_off, pedal
from antiphon.music.vocabulary import PEDAL_KEY
from antiphon.music.wire import Listener, encode

AHEAD_S: Final = 1.0
"""Seconds of music kept composed ahead of what is due."""
CHUNK: Final = 16
"""Events fed to the model in one piece of work."""
REMEMBERED: Final = 1024
"""Events that `happened` holds for whoever keeps a journal."""


@dataclass(frozen=True, slots=True, eq=False)
class Imagined:
    """An event not yet played, the past once it has been, and what is left of the answer then."""

    event: Event
    past: Past
    answer: Answer


class Session:
    """A performance with `model`, from the moment `now` (s) on.

    What is due within `horizon_s` is handed out already, so that whoever plays it can be on time; when the player
    moves on before it has sounded, it is revoked.
    """

    def __init__(self, model: Model, parameters: Parameters, now: float = 0.0, horizon_s: float = 0.0) -> None:
        self._model, self._parameters, self._horizon_s = model, parameters, horizon_s
        self._listener = Listener(Voice.SOLO)
        self._past = beginning(model, now)
        self._unfed = deque[Played]()
        self._phrase: Phrase | None = None
        self._answer: Answer | None = None
        self._plan: list[Imagined] = []
        self._handed = 0
        self._composed = False
        self._happened = deque[Played](maxlen=REMEMBERED)

    @property
    def deadline(self) -> Seconds | None:
        """When `advance` next has work: past or present means at once, None means not before somebody plays."""
        if self._unfed:
            return self._unfed[0].event.time
        if self._answer is None:
            return self._turn()
        if self._handed < len(self._plan):
            next_one = self._plan[self._handed].event.time - self._horizon_s
        else:
            next_one = self._frontier().time
        return Seconds(next_one if self._composed else min(self._frontier().time - AHEAD_S, next_one))

    @property
    def answering(self) -> bool:
        """True while an answer is being played."""
        return self._answer is not None

    @property
    def memory(self) -> Memory:
        """What the performance could be taken up again from."""
        return Memory(self._past, self._phrase, self._answer)

    @property
    def planned(self) -> list[Event]:
        """What it means to play next, as things stand."""
        return [imagined.event for imagined in self._plan]

    @property
    def happened(self) -> Sequence[Played]:
        """The last events of both players, the newest of them number `memory.past.count`."""
        return self._happened

    @property
    def held(self) -> list[bytes]:
        """Messages that would press the keys and pedals that the player holds."""
        return self._listener.held

    @property
    def fed(self) -> bool:
        """True while `memory` holds everything that was heard."""
        return not self._unfed

    def resume(self, memory: Memory, held: Sequence[bytes], now: float) -> None:
        """Take up a performance at `now` (s) after it broke off: of what was ours nothing sounds any more. An answer
        that was being played is as lively as at its beginning, so that the silence is short.

        held: messages that would press the keys and pedals that the player still holds.
        """
        for message in held:
            self._listener.hear(message, now)
        self._past, self._phrase = memory.past, memory.phrase
        if self._phrase:  # a pause that is over begins the answer now, not in the past
            latest = Seconds(max(self._phrase.last, now - float(self._parameters.pause)))
            self._phrase = replace(self._phrase, last=latest)
        self._answer = replace(memory.answer, begins=Seconds(now), notes=0) if memory.answer else None
        releases = [_release(key, now) for key in memory.past.own.down(Voice.SOLO)]
        self._unfed.extend(Played(event, True) for event in releases)

    def receive(self, message: bytes, now: float) -> list[Order]:
        """Hear one whole MIDI message. Returns what follows at once: what is no longer to be played, and, when a
        note of the player's makes us yield, our releases."""
        events = self._listener.hear(message, now)
        if not events:
            return []
        orders = self._rewound(now)
        if any(event.kind is Kind.NOTE_ON for event in events):
            orders += self._yield(now)
        self._unfed.extend(Played(event, False) for event in events)
        self._phrase = longer(self._phrase, events)
        return orders

    def advance(self, now: float) -> list[Order]:
        """Hand out what is due soon after `now`, then do one piece of work: feed some events, or compose one."""
        orders = self._hand_out(now + self._horizon_s)
        self._happen(now)
        if self._unfed:
            self._feed()
        elif self._answer is not None:
            if not self._composed and self._frontier().time - AHEAD_S <= now:
                self._compose(self._plan[-1].answer if self._plan else self._answer)
        elif (turn := self._turn()) is not None and turn <= now:
            self._begin(turn)
        return orders

    def close(self, now: float) -> list[Order]:
        """Release everything of ours that sounds. The session is over."""
        return self._rewound(now) + self._yield(now)

    def _turn(self) -> Seconds | None:
        """When the answer to the phrase begins, if nothing more is played."""
        if self._phrase is None or self._listener.holding:
            return None
        return Seconds(self._phrase.last + float(self._parameters.pause))

    def _begin(self, now: Seconds) -> None:
        phrase, self._phrase = self._phrase, None
        if phrase is not None:
            low, high = float(self._parameters.reply_shortest), float(self._parameters.reply_longest)
            length = min(high, max(low, phrase.last - phrase.first))
            self._answer = Answer(now, Seconds(now + length), Seconds(now + length + RING_S))

    def _feed(self) -> None:
        count = min(CHUNK, len(self._unfed))
        played = [self._unfed.popleft() for _ in range(count)]
        self._past = after(self._model, self._past, played)
        self._happened.extend(played)

    def _compose(self, answer: Answer) -> None:
        following = answer.next(self._model, self._frontier(), self._parameters)
        if following is not None:
            self._plan.append(Imagined(*following))
        else:
            self._composed = True
            self._finish()

    def _frontier(self) -> Past:
        """The past at the far end of what is composed."""
        return self._plan[-1].past if self._plan else self._past

    def _hand_out(self, until: float) -> list[Order]:
        """The planned events due at `until` or before that were not yet handed out."""
        count = max(self._handed, sum(1 for imagined in self._plan if imagined.event.time <= until))
        handed, self._handed = self._plan[self._handed : count], count
        return [self._due(imagined.event) for imagined in handed]

    def _happen(self, now: float) -> None:
        """What was handed out and due at `now` or before has been played."""
        count = sum(1 for imagined in self._plan[: self._handed] if imagined.event.time <= now)
        done, self._plan, self._handed = self._plan[:count], self._plan[count:], self._handed - count
        if done:
            self._past, self._answer = done[-1].past, done[-1].answer
            self._happened.extend(Played(imagined.event, True) for imagined in done)
            self._finish()

    def _finish(self) -> None:
        """Listen again once the whole answer has been played."""
        if self._composed and not self._plan:
            self._answer, self._composed = None, False

    def _rewound(self, now: float) -> list[Order]:
        """Keep what has been played by `now`, throw away what was only imagined, and revoke what was handed out."""
        orders = self._hand_out(now)
        self._happen(now)
        if self._handed:
            orders.append(Revoke(Seconds(max(now, self._past.time))))
        self._plan, self._handed, self._composed = [], 0, False
        return orders

    def _yield(self, now: float) -> list[Order]:
        """Stop answering: release what is ours, as events that really happen."""
        if self._answer is None:
            return []
        self._answer = None
        releases = [_release(key, max(now, self._past.time)) for key in self._past.own.down(Voice.SOLO)]
        self._unfed.extend(Played(event, True) for event in releases)
        # What we think has been played after `now` may or may not have been.
        revoked: list[Order] = [Revoke(Seconds(now))] if self._horizon_s else []
        return revoked + [self._due(event) for event in releases]

    def _due(self, event: Event) -> Due:
        return Due(event.time, encode(event, int(self._parameters.channel) - 1))


def _release(key: int, now: float) -> Event:
    return pedal(now, False) if key == PEDAL_KEY else note_off(now, key)
