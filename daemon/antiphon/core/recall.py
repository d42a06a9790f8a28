"""Music taken up again at another time: for the same answer again, another one, or as if something had not been.

Gaps between events are all that a model knows of time, so a past may be moved, and means the same.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from antiphon.core.answer import Answer
from antiphon.core.past import Past, Played
from antiphon.music import vocabulary
from antiphon.music.events import Event, Seconds, Voice, note_off, note_on, pedal
from antiphon.music.keyboard import Keyboard
from antiphon.music.vocabulary import PEDAL_KEY
from antiphon.music.wire import CONTROL


@dataclass(frozen=True, slots=True, eq=False)
class Recall:
    """An answer before its first event, and the past it stood on."""

    past: Past
    answer: Answer

    def again(self, now: float, count: int, another: bool) -> tuple[Past, Answer]:
        """Both, such that the answer begins at `now` in a performance of `count` events so far."""
        span, answer = now - self.answer.begins, self.answer
        past = moved(self.past, span, count)
        moved_answer = replace(
            answer,
            begins=Seconds(answer.begins + span),
            quiet_from=Seconds(answer.quiet_from + span),
            over_at=Seconds(answer.over_at + span),
            back=answer.back + count - self.past.count,
            take=answer.take + another,
            echo=answer.echo.let_go() if another else answer.echo,
            floor=-float("inf"),
            owed=float("inf"),
        )
        return past, moved_answer


def moved(past: Past, span: float, count: int) -> Past:
    """The same music, so many seconds later, as the first `count` events of a performance."""
    event = past.last.event
    last = replace(
        past.last,
        event=event and replace(event, time=Seconds(event.time + span)),
        keyboard=_later(past.keyboard, span),
    )
    return replace(past, last=last, time=Seconds(past.time + span), own=_later(past.own, span), count=count)


def put_right(past: Past, held: Sequence[Event], now: float) -> list[Played]:
    """The events at `now` after which the player holds just what these events press, and we hold nothing."""
    theirs = Counter((event.voice, vocabulary.key(event)) for event in held)
    played = list[Played]()
    for voice in Voice:
        for key in past.own.down(voice):
            played += [Played(_event(now, voice, key, False), True)] * int(past.own.count[voice, key])
        for key in range(PEDAL_KEY + 1):
            down = int(past.keyboard.count[voice, key] - past.own.count[voice, key])
            wanted = theirs[voice, key]
            played += [Played(_event(now, voice, key, wanted > down), False)] * abs(wanted - down)
    return played


def holder(message: bytes, past: Past, otherwise: Voice) -> Voice:
    """In which of the player's voices the key is held that a message pressed."""
    key = PEDAL_KEY if message[0] & 0xF0 == CONTROL else message[1]
    theirs = past.keyboard.count[:, key] > past.own.count[:, key]
    return next((voice for voice in Voice if theirs[voice]), otherwise)


def _later(keyboard: Keyboard, span: float) -> Keyboard:
    return Keyboard(keyboard.count, keyboard.touched + span)


def _event(now: float, voice: Voice, key: int, down: bool) -> Event:
    if key == PEDAL_KEY:
        return pedal(now, down, voice)
    return note_on(now, key, 64, voice) if down else note_off(now, key, voice)
