"""Whether what we play comes back to us, by a DAW's thru or a wrong cable: then it is not heard any more.

Knows messages and moments. A loop brings back every note, with the pitch and velocity we gave it, whatever its channel,
and each as late as the others. Somebody who repeats after us does not: nobody strikes six keys in a row as hard, to one
in 127, and as late, to 12 ms, as we did.
"""

from collections import deque
from typing import Final, NamedTuple

from antiphon.music.ledger import Ledger, owing, paying
from antiphon.music.wire import NOTE_ON

ECHO_S: Final = 0.5
"""So long after we played it a note may come back."""
ALIKE_S: Final = 0.012
"""So much may one be later than another."""
SURE: Final = 6
"""So many in a row, and it is a loop; so many that fail to come back, and it is none any more."""
_KEPT: Final = 256


class _Played(NamedTuple):
    number: int
    moment: float
    plain: bytes


class Echo:
    """What we have played of late, and whether one input brings it back.

    looped   True while it does; then what is ours is not heard there, and the player's own notes are
    """

    def __init__(self) -> None:
        self._played = deque[_Played](maxlen=_KEPT)
        self._count = 0
        self._unheard = Ledger()
        self._row = self._missing = 0
        self._next = -1  # the number of the note that is to come back next
        self._late = 0.0  # s, how late the first in the row came back
        self.looped = False

    def played(self, message: bytes, now: float) -> None:
        """We have played a message at `now` (s, monotonic)."""
        if _begins(message):
            self._played.append(_Played(self._count, now, _plain(message)))
            self._count += 1

    def ours(self, message: bytes, now: float) -> bool:
        """True where a message that has come at `now` (s) is one of ours and not to be heard, for there is a loop."""
        if self._unheard.owes(message) and paying(message):  # of a note that was heard, the release is heard, too
            self._unheard.note(message)
            return True
        if not _begins(message):
            return False
        self._expire(now)
        if self.looped:
            return self._returned(_plain(message), message, now)
        self._follow(_plain(message), now)
        return False

    def _follow(self, plain: bytes, now: float) -> None:
        """Count how many have come back in a row. A note of the player's own in between says nothing."""
        found = [one for one in self._played if one.plain == plain and one.moment <= now]
        if not found:
            return
        following = [one for one in found if one.number == self._next and self._alike(one, now)]
        back = following[0] if following else found[0]
        self._row = self._row + 1 if following else 1
        if not following:
            self._late = now - back.moment
        self._next = back.number + 1
        self.looped, self._missing = self._row >= SURE, 0

    def _returned(self, plain: bytes, message: bytes, now: float) -> bool:
        for one in self._played:
            if one.plain == plain and self._alike(one, now):
                self._played.remove(one)
                self._unheard.note(message)
                self._missing = 0
                return True
        return False

    def _alike(self, one: _Played, now: float) -> bool:
        return abs(now - one.moment - self._late) <= ALIKE_S

    def _expire(self, now: float) -> None:
        """What should have come back by now, and has not, will not."""
        longest = self._late + ALIKE_S if self.looped else ECHO_S
        while self._played and self._played[0].moment < now - longest:
            self._played.popleft()
            self._missing += self.looped
        if self._missing >= SURE:
            self.looped, self._row, self._next, self._missing = False, 0, -1, 0


def _begins(message: bytes) -> bool:
    return message[0] & 0xF0 == NOTE_ON and owing(message) is not None


def _plain(message: bytes) -> bytes:
    """Pitch and velocity: a DAW may send on another channel."""
    return message[1:]
