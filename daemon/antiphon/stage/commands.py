"""What comes in that is no music but a command: told to the guard, heard by nobody else."""

from collections.abc import Callable
from typing import Final

from antiphon.core.trigger import trigger
from antiphon.music.ledger import Ledger, owing

_NOTE_OFF: Final = 0x80
_NOTE_ON: Final = 0x90


class Commands:
    """Knows which messages are some control's.

    places   how those begin: status and number
    say      tells the guard "control" or "learned", with the message
    """

    def __init__(self, say: Callable[[str, bytes], None]) -> None:
        self.places: frozenset[bytes] = frozenset()
        self.learning = False
        self._say = say
        self._released: bytes | None = None  # of the pad that was learned: its release is no music either
        self._music = Ledger()  # what is down that is none

    def take(self, message: bytes) -> bool:
        """True where a message is a command, and has been passed on as one. The release of a key that was music is
        music."""
        if (not self._music.owes(message) or owing(message)) and self._commands(message):
            return True
        self._music.note(message)
        return False

    def _commands(self, message: bytes) -> bool:
        if self.learning and trigger(message):
            self.learning = False
            self._released = bytes((_NOTE_OFF | message[0] & 0x0F, message[1])) if message[0] < 0xA0 else None
            self._say("learned", message)
            return True
        if message[:2] in self.places:
            self._say("control", message)
            return True
        if self._released and self._ends(message):
            self._released = None
            return True
        return False

    def _ends(self, message: bytes) -> bool:
        off = message[0] & 0xF0 == _NOTE_OFF or (message[0] & 0xF0 == _NOTE_ON and message[2:3] == b"\0")
        return off and bytes((_NOTE_OFF | message[0] & 0x0F, message[1])) == self._released
