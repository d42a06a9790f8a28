"""Single MIDI ports: one to listen to, one to play to.

Knows rtmidi's devices, and of music only which messages release something: those are kept where others are dropped.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

import rtmidi

from antiphon.core.zones import Role, Sorted, Sorter
from antiphon.music.ledger import Ledger, owing, paying
from antiphon.music.wire import whole
from antiphon.stage.arrival import Arrival
from antiphon.stage.backends import InputDevice, OutputDevice
from antiphon.stage.echo import Echo
from antiphon.stage.pieces import Pieces
from antiphon.stage.plug import Plug
from antiphon.stage.thru import Thru

LARGEST: Final = 16_000
"""Bytes of a message at the most. RtMidi's JACK output has a buffer of 16 KiB and waits for ever, holding the
interpreter's lock, for room for a message that is larger."""
CONNECTED_S: Final = 0.1
"""JACK lists a connection some cycles before it is made; what is sent in between is lost."""
CARRIED_S: Final = 0.1
"""After so long a message has surely left RtMidi's buffer, which JACK empties once in a period: what is in there when
we die is lost."""
_GULP: Final = 512
"""Messages taken from one input at a time, so that a flood never keeps a due note waiting."""


class Input:
    """One port we listen to."""

    def __init__(
        self,
        device: InputDevice,
        plug: Plug | str,
        thru: Thru | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._device, self._now = device, now
        self.plug = Plug(device, plug) if isinstance(plug, str) else plug
        self._thru = thru or Thru()
        self._held, self.echo, self.sorter = Ledger(), Echo(), Sorter()
        self._pieces = Pieces(LARGEST)
        self._taken: tuple[list[int], float] | None = None  # a message that a look found
        self._elapsed = 0.0  # seconds from the first message to the last, by the backend's clock
        self._origin = float("inf")  # the moment of the first message, by ours

    def drain(self) -> list[tuple[float, Arrival]]:
        """What has arrived, each with its moment (s, monotonic) as well as it can be told. What is no whole message is
        passed over: through JACK any program can send any bytes.

        A message cannot have come later than we see it, so the smallest difference between our clock and the
        backend's ever seen is the nearest to the true one.
        """
        if not self.stirs():
            return []
        taken, self._taken = self._taken, None
        opens = self._thru.opens(self.plug.name)
        heard, count = list[tuple[float, Arrival]](), 0
        while taken:
            data, since = taken
            self._elapsed += since
            messages = self._pieces.joined(bytes(data))
            for message in messages:
                if whole(message) and not self.echo.ours(message, time.monotonic()):
                    self._held.note(message)
                    heard += [(self._elapsed, arrival) for arrival in self._arrivals(message, opens)]
            count += max(1, len(messages))
            taken = self._device.get_message() if count < _GULP else None
        self._origin = min(self._origin, self._now() - self._elapsed)
        return [(self._origin + elapsed, arrival) for elapsed, arrival in heard]

    def stirs(self) -> bool:
        """Whether there is something to drain. Takes 1 us."""
        if self._taken is None:
            self._taken = self._device.get_message()
        return self._taken is not None

    def let_go(self) -> list[Arrival]:
        """The releases of all that is held here, which nobody will send any more: the port has gone."""
        releases = self._held.owed()
        self._held, self._pieces = Ledger(), Pieces(LARGEST)
        return [arrival for release in releases for arrival in self._arrivals(release, self._thru.on)]

    def close(self) -> None:
        """Close the port. Nothing may be asked of it afterwards."""
        self.plug.close()

    def _arrivals(self, message: bytes, opens: bool) -> list[Arrival]:
        """What only commands is not sent on, but where its key was music when it went down, its release is."""
        zoned = self.sorter.sort(message, self.plug.name or "")
        release = owing(message)
        if release and len(zoned) > 1 and zoned[-1].role is Role.COMMANDS:
            return [self._arrival(release, opens, zoned[:1]), self._arrival(message, opens, zoned[1:])]
        return [self._arrival(message, opens, zoned)]

    def _arrival(self, message: bytes, opens: bool, zoned: tuple[Sorted, ...]) -> Arrival:
        music = any(role is not Role.COMMANDS for _, role, _ in zoned)
        plain = zoned == (Sorted(message, Role.PLAYS),)
        return Arrival(message, opens and music and self._thru.passes(message), () if plain else zoned)


class Output:
    """One port we play to. Where it is full (ALSA's event pool can be) releases wait, and all else is dropped.

    account   what was begun at this port and not yet released: a port that goes and returns, or that another stage
              opens again, is released first of what it was left with, and of nothing else
    """

    def __init__(
        self,
        device: OutputDevice,
        plug: Plug | str,
        account: Ledger | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._device, self._now = device, now
        self.plug = Plug(device, plug) if isinstance(plug, str) else plug
        self._account = account or Ledger()
        self._waiting = list[bytes]()
        self._sent = deque[tuple[float, bytes]]()  # releases, and from when on they have surely gone
        self._passable_at = 0.0
        self.leaving = False  # nothing begins here any more, for a better port has come

    def send(self, message: bytes) -> None:
        """Play one message, after the releases that had to wait."""
        if not self.plug.name:
            return  # nobody is there; what was begun before stays owed
        if self.leaving and owing(message):
            return
        if release := owing(message):
            if any(sent[:2] == release[:2] for _, sent in self._sent):
                self._enter(float("inf"))
            self._account.note(message)
        if not (self.flush() and self._offer(message)) and paying(message) and message not in self._waiting:
            self._waiting.append(message)

    def take_leave(self) -> None:
        """Release what sounds, and begin nothing more."""
        self.leaving = True
        for release in self._account.owed():
            self.send(release)

    def settle(self) -> None:
        """The port is there, perhaps again: release what it was left with, as soon as messages pass."""
        self._waiting, self.leaving = self._account.owed(), False
        self._passable_at = self._now() + CONNECTED_S

    @property
    def waits(self) -> bool:
        """Whether something was refused and is still to be played."""
        return bool(self._waiting)

    def flush(self) -> bool:
        """Offer again what had to wait. True when nothing waits any more."""
        self._enter(self._now())
        if not self.plug.name:
            return True
        if self._waiting and self._now() < self._passable_at:
            return False
        while self._waiting and self._offer(self._waiting[0]):
            del self._waiting[0]
        return not self._waiting

    def close(self) -> None:
        """Close the port. Nothing may be asked of it afterwards."""
        self.plug.close()

    def _offer(self, message: bytes) -> bool:
        try:
            self._device.send_message(message)
        except rtmidi.RtMidiError:
            return False
        if release := paying(message):
            self._sent.append((self._now() + CARRIED_S, release))
        return True

    def _enter(self, until: float) -> None:
        """Enter the releases that have surely gone by then."""
        while self._sent and self._sent[0][0] <= until:
            self._account.note(self._sent.popleft()[1])
