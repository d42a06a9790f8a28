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
from dataclasses import dataclass
from typing import Final

from antiphon.core.answer import RING_S, Answer
from antiphon.core.due import Due
from antiphon.core.model import Model
from antiphon.core.parameters import Parameters
from antiphon.core.past import Past, Played, after, beginning
from antiphon.music import vocabulary
from antiphon.music.events import Event, Kind, Seconds, Voice, note_off, pedal
from antiphon.music.vocabulary import PEDAL_KEY
from antiphon.music.wire import Listener, encode

AHEAD_S: Final = 1.0
"""Seconds of music kept composed ahead of what is due."""
CHUNK: Final = 16
"""Events fed to the model in one piece of work."""


@dataclass(frozen=True, slots=True, eq=False)
class Imagined:
    """An event not yet played, the past once it has been, and what is left of the answer then."""

    event: Event
    past: Past
    answer: Answer


@dataclass(frozen=True, slots=True)
class Phrase:
    """What the player has played since the last answer: first note and last event, seconds."""

    first: Seconds
    last: Seconds


class Session:
    """A performance with `model`, from the moment `now` (s) on."""

    def __init__(self, model: Model, parameters: Parameters, now: float = 0.0) -> None:
        self._model, self._parameters = model, parameters
        self._listener = Listener(Voice.SOLO)
        self._past = beginning(model, now)
        self._unfed = deque[Played]()
        self._phrase: Phrase | None = None
        self._answer: Answer | None = None
        self._plan: list[Imagined] = []
        self._composed = False

    @property
    def deadline(self) -> Seconds | None:
        """When `advance` next has work: past or present means at once, None means not before somebody plays."""
        if self._unfed:
            return self._unfed[0].event.time
        if self._answer is None:
            return self._turn()
        due = [imagined.event.time for imagined in self._plan[:1]]
        return min(due) if self._composed else Seconds(min([self._frontier().time - AHEAD_S, *due]))

    @property
    def answering(self) -> bool:
        """True while an answer is being played."""
        return self._answer is not None

    def receive(self, message: bytes, now: float) -> list[Due]:
        """Hear one whole MIDI message. Returns what must sound because of it: releases of ours, when a note of
        the player's makes us yield."""
        events = self._listener.hear(message, now)
        if not events:
            return []
        due = self._played(now)
        self._rewind()
        if any(event.kind is Kind.NOTE_ON for event in events):
            due += self._yield(now)
        self._unfed.extend(Played(event, False) for event in events)
        self._phrase = _longer(self._phrase, events)
        return due

    def advance(self, now: float) -> list[Due]:
        """Hand out what is due at `now`, then do one piece of work: feed some events, or compose one."""
        due = self._played(now)
        if self._unfed:
            self._feed()
        elif self._answer is not None:
            if not self._composed and self._frontier().time - AHEAD_S <= now:
                self._compose(self._plan[-1].answer if self._plan else self._answer)
        elif (turn := self._turn()) is not None and turn <= now:
            self._begin(turn)
        return due

    def close(self, now: float) -> list[Due]:
        """Release everything of ours that sounds. The session is over."""
        due = self._played(now)
        self._rewind()
        return due + self._yield(now)

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
        self._past = after(self._model, self._past, [self._unfed.popleft() for _ in range(count)])

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

    def _played(self, now: float) -> list[Due]:
        """Hand out the planned events whose time has come: they have happened."""
        count = sum(1 for imagined in self._plan if imagined.event.time <= now)
        done, self._plan = self._plan[:count], self._plan[count:]
        if done:
            self._past, self._answer = done[-1].past, done[-1].answer
            self._finish()
        return [self._due(imagined.event) for imagined in done]

    def _finish(self) -> None:
        """Listen again once the whole answer has been played."""
        if self._composed and not self._plan:
            self._answer, self._composed = None, False

    def _rewind(self) -> None:
        """Throw away what was only imagined."""
        self._plan, self._composed = [], False

    def _yield(self, now: float) -> list[Due]:
        """Stop answering: release what is ours, as events that really happen."""
        if self._answer is None:
            return []
        self._answer = None
        releases = [_release(key, now) for key in self._past.own.down(Voice.SOLO)]
        self._unfed.extend(Played(event, True) for event in releases)
        return [self._due(event) for event in releases]

    def _due(self, event: Event) -> Due:
        return Due(event.time, encode(event, int(self._parameters.channel) - 1))


def _release(key: int, now: float) -> Event:
    return pedal(now, False) if key == PEDAL_KEY else note_off(now, key)


def _longer(phrase: Phrase | None, events: list[Event]) -> Phrase | None:
    """The phrase with these events. It begins with a note."""
    notes = [event for event in events if vocabulary.key(event) != PEDAL_KEY]
    if phrase is None and not any(event.starts for event in notes):
        return None
    if not notes:
        return phrase
    return Phrase(phrase.first if phrase else notes[0].time, notes[-1].time)
