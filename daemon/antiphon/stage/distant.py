"""The mind, as the stage sees it: a Session at the other end of a line, which may be gone.

What is heard is numbered and kept for a while, so that a mind that comes back can be told what it missed.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from antiphon.core.due import Due, Order, Revoke
from antiphon.core.messages import Beat, Heard, packed, unpacked
from antiphon.core.zones import COMMON, Role
from antiphon.lines import Line
from antiphon.music.events import Seconds

AT_ONCE: Final = Seconds(float("-inf"))
_KEPT: Final = 20_000
"""Messages remembered for a mind that comes back: more than a burst."""
_BATCH: Final = 256
_LONGEST: Final = 1024
"""Bytes of a message the mind is told; a longer one, which can only be a sysex, it makes nothing of."""
_RETRY_S: Final = 0.01
"""How often a line without room is tried again."""


class DistantMind:
    """Fulfils loop.Session over a Line. `gone` is called once for each mind that left, `paced` with what is said of the
    beats of the clock that we send.

    called   set by whoever waits on the line: something has come
    """

    def __init__(self, gone: Callable[[], None], paced: Callable[[Beat], None] = lambda beat: None) -> None:
        self._gone, self._paced = gone, paced
        self._line: Line | None = None
        self._heard = deque[Heard](maxlen=_KEPT)
        self._count = 0
        self._told = 0
        self._retry_at = AT_ONCE
        self.called = False

    @property
    def line(self) -> Line | None:
        """The line to wait on; None while there is no mind."""
        return self._line

    @property
    def deadline(self) -> Seconds | None:
        """As loop.Session: at once while something has not been told. The line itself is waited on elsewhere."""
        if self._line is None:
            return None
        if self.called:
            return AT_ONCE
        return self._retry_at if self._told < self._count or self._line.congested else None

    def meet(self, line: Line, after: int) -> None:
        """A mind is there that knows everything heard up to number `after`."""
        self.part()
        self._line, self._told, self._retry_at = line, min(after, self._count), AT_ONCE

    def part(self) -> None:
        """There is no mind any more."""
        if self._line:
            self._line.close()
            self._line, self.called = None, False
            self._gone()

    def receive(self, message: bytes, now: Seconds, role: Role = Role.PLAYS, memory: int = COMMON) -> list[Order]:
        """Number a message; it goes out with `advance`, which follows at once."""
        if len(message) > _LONGEST:
            return []
        self._count += 1
        self._heard.append(Heard(now, self._count, message, role, memory))
        return []

    def advance(self, now: Seconds) -> list[Order]:
        """Tell what has not been told, and take what the mind has ordered."""
        if self._line is None:
            return []
        self._tell(self._line)
        self._retry_at = Seconds(now + _RETRY_S) if self._line.congested else AT_ONCE
        self.called = False
        return self.orders()

    def orders(self) -> list[Order]:
        """What the mind has ordered since the last time."""
        if self._line is None:
            return []
        said = [entry for parcel in self._line.received() for entry in unpacked(parcel)]
        orders = [entry for entry in said if isinstance(entry, Due | Revoke)]
        for entry in said:
            if isinstance(entry, Beat):
                self._paced(entry)
        if not self._line.open:
            self.part()
        return orders

    def close(self, now: Seconds) -> list[Order]:
        """Nothing: on the way out the stage releases by its own books."""
        return []

    def _tell(self, line: Line) -> None:
        line.flush()
        while self._told < self._count and not line.congested:
            first = max(0, len(self._heard) - (self._count - self._told))
            batch = [self._heard[n] for n in range(first, min(first + _BATCH, len(self._heard)))]
            for parcel in packed(batch):
                line.send(parcel)
            self._told = batch[-1].number
