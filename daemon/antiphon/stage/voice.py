"""What we play: at its moment, entered in the ledger, dropped when it would come too late, taken back when revoked.

A release is never dropped, and never sent for a note that does not sound; a note the player holds through thru is
never cut by a release of ours, which waits for the player's.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from antiphon.core.due import Due, Order, Revoke
from antiphon.music.events import Seconds
from antiphon.music.ledger import Ledger, owing, paying
from antiphon.music.wire import ALL_NOTES_OFF, ALL_SOUND_OFF, CONTROL, all_off, everything_off
from antiphon.stage.queue import DueQueue

LATE_S: Final = 0.15
"""A note-on that would come later than this is not played: better none than one in the wrong place."""
_REMEMBERED_S: Final = 1.0
_ALL_OFF: Final = (ALL_NOTES_OFF, ALL_SOUND_OFF)


class Voice:
    """Plays orders through `send`.

    ours, passed   what we, and what the player through thru, owe a release for
    """

    def __init__(self, send: Callable[[bytes], None], ours: Ledger, passed: Ledger) -> None:
        self._send = send
        self._ours, self._passed = ours, passed
        self._queue = DueQueue()
        self._begun = deque[Due]()
        self._kept = list[bytes]()  # releases of ours for keys that the player holds
        self._hushed = set[bytes]()  # releases that the player owes, and will not send: "all notes off" has come
        self.dropped = 0

    @property
    def next(self) -> Seconds | None:
        """When the next message is due; None when nothing waits."""
        return self._queue.next

    def take(self, orders: Sequence[Order]) -> None:
        """Accept orders. Of what is revoked nothing sounds afterwards, even where it had just begun."""
        for order in orders:
            if isinstance(order, Revoke):
                self._revoke(order.after)
            else:
                self._queue.push(order)

    def play_due(self, now: Seconds) -> bool:
        """Send whatever is due at `now`. True where there was anything."""
        due = self._queue.pop_due(now)
        for one in due:
            self._play(one, now)
        return bool(due)

    def pass_on(self, message: bytes) -> None:
        """Send a message of the player's as it came."""
        if release := owing(message):
            self._passed.note(message)
            self._hushed.discard(release)
            self._send(message)
            return
        self._send(message)
        self._passed.note(message)
        for ended in self._hush(message) if all_off(message) else [message]:
            self._catch_up(ended)

    def hush(self) -> None:
        """Forget what waits and release what is ours."""
        self._queue = DueQueue()
        for release in self._ours.owed():
            self._release(release)

    def panic(self) -> list[bytes]:
        """Forget what waits. What must be sent for nothing to sound, whoever began it; nobody owes anything then."""
        self._queue, self._kept = DueQueue(), []
        self._hushed.clear()
        self._ours.clear()
        self._passed.clear()
        return everything_off()

    def farewell(self) -> list[bytes]:
        """What must be sent, and no longer is entered anywhere, for nothing to sound that came through us.

        Some synthesizers heed only releases and others, in trouble, only "all notes off", so there are both.
        """
        owed = [*self._kept, *self._ours.owed(), *self._passed.owed()]
        channels = sorted({release[0] & 0x0F for release in owed})
        return owed + [bytes((CONTROL | channel, kind, 0)) for channel in channels for kind in _ALL_OFF]

    def _play(self, due: Due, now: Seconds) -> None:
        if paying(due.message):
            self._release(due.message)
        elif owing(due.message) and now - due.time > LATE_S:
            self.dropped += 1
        else:
            self._ours.note(due.message)
            self._send(due.message)
            self._remember(due)

    def _release(self, message: bytes) -> None:
        if not self._ours.owes(message):
            return
        if not self._held(message):
            self._send(message)
        elif release := paying(message):
            self._kept.append(release)
        self._ours.note(message)

    def _catch_up(self, message: bytes) -> None:
        """The player may have let go of a key that we let go of before: some synthesizers count both."""
        release = paying(message)
        if release in self._kept and not self._held(message):
            for _ in range(self._kept.count(release)):
                self._send(release)
            self._kept = [kept for kept in self._kept if kept != release]

    def _held(self, message: bytes) -> bool:
        """Whether the player holds the key that a message moves."""
        return self._passed.owes(message) and paying(message) not in self._hushed

    def _hush(self, message: bytes) -> list[bytes]:
        """The player has ended all that sounds on a channel. Returns the releases of it; they stay owed, for some
        synthesizers pay no heed."""
        ended = [release for release in self._passed.owed() if release[0] & 0x0F == message[0] & 0x0F]
        ended = [release for release in ended if release[0] & 0xF0 != CONTROL]  # a pedal stays where it is
        self._hushed |= set(ended)
        return ended

    def _remember(self, due: Due) -> None:
        self._begun.append(due)
        while self._begun[0].time < due.time - _REMEMBERED_S:
            self._begun.popleft()

    def _revoke(self, after: Seconds) -> None:
        self._queue.revoke(after)
        cut = [due for due in self._begun if due.time > after]
        if not cut:
            return
        self._begun = deque(due for due in self._begun if due.time <= after)
        for due in reversed(cut):
            if release := owing(due.message):
                self._release(release)
