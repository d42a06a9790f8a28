"""The mind as a process, with a Session that does what is to be measured: `python -m antiphon.bench.mind FILE`.

Everything else, from the loop that waits to the journal that is kept, is the mind's own.
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from antiphon.bench.stamps import FOLDER, MIND, Stamps
from antiphon.core.answer import Answer
from antiphon.core.due import Due, Order
from antiphon.core.plan import Imagined
from antiphon.core.session import Session
from antiphon.core.zones import COMMON, Role
from antiphon.lines import to_guard
from antiphon.mind.__main__ import main
from antiphon.mind.loop import HORIZON_S, Mind
from antiphon.music.events import Seconds

SCHEDULE: Final = 20
"""The controller that, above 63, has notes scheduled without end, and below no longer."""
COMPOSE: Final = 21
"""The controller that, above 63, has the model compose without pause."""
ANSWER: Final = 0x91
SCHEDULED: Final = 0x92
EVERY_S: Final = 0.01
_NOTE_ON: Final = 0x90
_CONTROL: Final = 0xB0
_FOREVER: Final = Seconds(float("inf"))
_AT_ONCE: Final = Seconds(float("-inf"))
_PLANNED: Final = 32


class Measured(Session):
    """Answers each note-on on channel 1 with the same note on channel 2, due at once, after one step of the model.

    Notes when it heard each (with when the stage had), and for when each scheduled message was due.
    """

    def __init__(self, stamps: Stamps, *settings: Any) -> None:  # as Session
        super().__init__(*settings)
        self._stamps = stamps
        self._next: float | None = None
        self._count = 0
        self._composing = False
        self._ahead: list[Imagined] = []

    @property
    def deadline(self) -> Seconds | None:
        """At once while composing, in time for the next scheduled note, else not before something is heard."""
        if self._composing:
            return _AT_ONCE
        return None if self._next is None else Seconds(self._next - self._horizon_s)

    def receive(self, message: bytes, now: float, role: Role = Role.PLAYS, memory: int = COMMON) -> list[Order]:
        """Hear one message."""
        if message[0] == _NOTE_ON and message[2]:
            self._stamps.note(now, time.monotonic(), message)
            self._imagine(now)
            return [Due(Seconds(now), bytes((ANSWER, *message[1:])))]
        if message[0] == _CONTROL and message[1] == SCHEDULE:
            self._next = now + 2 * self._horizon_s if message[2] > 63 else None
        elif message[0] == _CONTROL and message[1] == COMPOSE:
            self._composing = message[2] > 63
        return []

    def advance(self, now: float) -> list[Order]:
        """Hand out what is due soon, and compose an event for every one of them; without pause where told to."""
        orders: list[Order] = []
        while self._next is not None and self._next - self._horizon_s <= now:
            due = Due(Seconds(self._next), scheduled(self._count))
            self._stamps.note(due.time, now, due.message)
            orders.append(due)
            self._count += 1
            self._next += EVERY_S / 2
        if orders or self._composing:
            self._imagine(now)
        return orders

    def _imagine(self, now: float) -> None:
        past = self._ahead[-1].past if self._ahead else self.memory.past
        following = Answer(Seconds(now), _FOREVER, _FOREVER, False).next(self._model, past, self._parameters)
        self._ahead = [*self._ahead, Imagined(*following)] if following and len(self._ahead) < _PLANNED else []


class MeasuredMind(Mind):
    """The mind with that session."""

    def __init__(self, model: Any, parameters: Any, *others: Any) -> None:  # as Mind
        super().__init__(model, parameters, *others)
        stamps = Stamps(Path(os.environ[FOLDER]) / MIND)
        self._session = Measured(stamps, model, parameters, time.monotonic(), HORIZON_S)


def scheduled(number: int) -> bytes:
    """The scheduled message of that number: each note begins, and ends half the time to the next one later. They fall,
    while what the bench plays rises: otherwise it could be taken for what comes back of them in a loop."""
    note, ends = divmod(number, 2)
    return bytes((SCHEDULED - (16 if ends else 0), 127 - note % 128, 1 + note // 128 % 127))


def numbered(status: int, number: int) -> bytes:
    """A note of its own for every number below 16,000."""
    return bytes((status, number % 128, 1 + number // 128 % 127))


def _run(arguments: Sequence[str]) -> int:
    return main(to_guard(arguments[1]), MeasuredMind)


if __name__ == "__main__":
    sys.exit(_run(sys.argv))
