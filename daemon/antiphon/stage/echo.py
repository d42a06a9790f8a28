"""Whether what we play comes back to us, by a DAW's thru or a wrong cable: then it is not heard any more.

Knows messages and moments. A note that comes back has the pitch and the velocity we gave it, whatever its channel, and
comes after it. That four of them in a row do by chance, nearly all else being unheard, does not happen: there are some
2,600 pairs of a pitch and a velocity in use.
"""

from collections import deque
from typing import Final

from antiphon.music.ledger import Ledger, owing, paying
from antiphon.music.wire import NOTE_ON

ECHO_S: Final = 0.5
"""So long after we played it a note may come back."""
SURE: Final = 4
"""So many more notes that are ours than notes that are not, and it is a loop."""
_KEPT: Final = 256


class Echo:
    """What we have played of late, and whether one input brings it back.

    looped   True once it does; from then on what is ours is not heard there, and the player's own notes are
    """

    def __init__(self) -> None:
        self._played = deque[tuple[float, bytes]](maxlen=_KEPT)
        self._unheard = Ledger()
        self._score = 0
        self.looped = False

    def played(self, message: bytes, now: float) -> None:
        """We have played a message at `now` (s, monotonic)."""
        if _begins(message):
            self._played.append((now, _plain(message)))

    def ours(self, message: bytes, now: float) -> bool:
        """True where a message that has come at `now` (s) is one of ours and not to be heard, for there is a loop."""
        if self._unheard.owes(message) and paying(message):  # of a note that was heard, the release is heard, too
            self._unheard.note(message)
            return True
        if not _begins(message):
            return False
        back = self._back(_plain(message), now)
        self._score = self._score + 1 if back else max(0, self._score - 1)
        if back and self.looped:
            self._unheard.note(message)
            return True
        self.looped |= self._score >= SURE
        return False

    def _back(self, plain: bytes, now: float) -> bool:
        """Each message of ours can come back once."""
        while self._played and self._played[0][0] < now - ECHO_S:
            self._played.popleft()
        for at, (moment, played) in enumerate(self._played):
            if played == plain and moment <= now:
                del self._played[at]
                return True
        return False


def _begins(message: bytes) -> bool:
    return message[0] & 0xF0 == NOTE_ON and owing(message) is not None


def _plain(message: bytes) -> bytes:
    """Pitch and velocity: a DAW may send on another channel."""
    return message[1:]
