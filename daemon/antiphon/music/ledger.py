"""What we started and have not yet released: the promise that nothing hangs, kept as a count.

Knows MIDI bytes, and nothing of ports or time. A debt is written as the very message that would pay it.
"""

from collections import Counter
from typing import Final

from antiphon.music.wire import CONTROL, NOTE_OFF, NOTE_ON, RELEASE_VELOCITY, SUSTAIN

_PEDAL_DOWN: Final = 64
"""MIDI 1.0: a sustain value from here on is down."""


def owing(message: bytes) -> bytes | None:
    """The release a message will owe once it is sent; None when it starts nothing."""
    return _release(message) if _starts(message) else None


def paying(message: bytes) -> bytes | None:
    """The release a message amounts to (a note-off, a note-on of velocity 0, a pedal-up); None when it is none."""
    return None if _starts(message) else _release(message)


class Ledger:
    """Counts what was sent. Of one key, each note-on owes a note-off of its own; a pedal is up or down.

    "All notes off" and its kin pay nothing here, because some synthesizers ignore them.
    """

    def __init__(self) -> None:
        self._debts: Counter[bytes] = Counter()

    def note(self, message: bytes) -> None:
        """Enter a message that is being sent."""
        if debt := owing(message):
            self._debts[debt] = 1 if debt[0] >= CONTROL else self._debts[debt] + 1
        elif (paid := paying(message)) and self._debts[paid]:
            self._debts[paid] -= 1

    def owed(self) -> list[bytes]:
        """The messages that release everything: note-offs, then pedals."""
        return sorted(self._debts.elements())


def _starts(message: bytes) -> bool:
    if len(message) != 3:
        return False
    kind = message[0] & 0xF0
    return (kind == NOTE_ON and message[2] > 0) or (kind == CONTROL and message[2] >= _PEDAL_DOWN)


def _release(message: bytes) -> bytes | None:
    if len(message) != 3:
        return None
    kind, channel = message[0] & 0xF0, message[0] & 0x0F
    if kind in (NOTE_ON, NOTE_OFF):
        return bytes((NOTE_OFF | channel, message[1], RELEASE_VELOCITY))
    if kind == CONTROL and message[1] == SUSTAIN:
        return bytes((CONTROL | channel, SUSTAIN, 0))
    return None
