"""Single MIDI ports: one to listen to, one to play to.

Knows rtmidi's devices, and of music only which messages release something: those are kept where others are dropped.
"""

import time
from collections.abc import Callable
from typing import Final, NamedTuple

import rtmidi

from antiphon.music.ledger import Ledger, paying
from antiphon.stage.backends import InputDevice, OutputDevice
from antiphon.stage.intake import Intake
from antiphon.stage.plug import Plug
from antiphon.stage.thru import Thru

LARGEST: Final = 16_000
"""Bytes of a message at the most. RtMidi's JACK output has a buffer of 16 KiB and waits for ever, holding the
interpreter's lock, for room for a message that is larger."""
_GULP: Final = 512
"""Messages taken from one input at a time, so that a flood never keeps a due note waiting."""


class Arrival(NamedTuple):
    """A message that has come, and whether it is to be sent on."""

    message: bytes
    passes: bool


class Input:
    """One port we listen to."""

    def __init__(
        self,
        device: InputDevice,
        plug: Plug | str,
        thru: Thru | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._intake, self._now = Intake(device), now
        self.plug = Plug(device, plug) if isinstance(plug, str) else plug
        self._thru = thru or Thru()
        self._held = Ledger()
        self._elapsed = 0.0  # seconds from the first message to the last, by the backend's clock
        self._origin = float("inf")  # the moment of the first message, by ours

    def drain(self) -> list[tuple[float, Arrival]]:
        """What has arrived, each with its moment (s, monotonic) as well as it can be told.

        A message cannot have come later than we see it, so the smallest difference between our clock and the
        backend's ever seen is the nearest to the true one.
        """
        taken = self._intake.take(_GULP)
        if not taken:
            return []
        opens = self._thru.opens(self.plug.name)
        heard: list[tuple[float, Arrival]] = []
        for data, since in taken:
            message = bytes(data)
            self._elapsed += since
            self._held.note(message)
            heard.append((self._elapsed, Arrival(message, opens and self._thru.passes(message))))
        self._origin = min(self._origin, self._now() - self._elapsed)
        return [(self._origin + elapsed, arrival) for elapsed, arrival in heard]

    def arm(self, ring: Callable[[], None]) -> bool:
        """Have the next message ring, once. False where the device cannot."""
        return self._intake.arm(ring)

    def disarm(self) -> None:
        """Have nothing ring."""
        self._intake.disarm()

    def let_go(self) -> list[Arrival]:
        """The releases of all that is held here, which nobody will send any more: the port has gone."""
        self.disarm()
        releases = self._held.owed()
        self._held = Ledger()
        return [Arrival(release, self._thru.on and self._thru.passes(release)) for release in releases]

    def close(self) -> None:
        """Close the port. Nothing may be asked of it afterwards."""
        self.disarm()
        self.plug.close()


class Output:
    """One port we play to. Where it is full (ALSA's event pool can be) releases wait, and all else is dropped."""

    def __init__(self, device: OutputDevice, plug: Plug | str) -> None:
        self._device = device
        self.plug = Plug(device, plug) if isinstance(plug, str) else plug
        self._waiting: dict[bytes, None] = {}  # in order; releasing a key once is enough

    def send(self, message: bytes) -> None:
        """Play one message, after the releases that had to wait."""
        if not (self.flush() and self._offer(message)) and paying(message):
            self._waiting[message] = None

    def flush(self) -> bool:
        """Offer again what had to wait. True when nothing waits any more."""
        while self._waiting:
            first = next(iter(self._waiting))
            if not self._offer(first):
                return False
            del self._waiting[first]
        return True

    def close(self) -> None:
        """Close the port. Nothing may be asked of it afterwards."""
        self.plug.close()

    def _offer(self, message: bytes) -> bool:
        if not self.plug.name:
            return True  # nobody is there, and nothing sounds
        try:
            self._device.send_message(message)
        except rtmidi.RtMidiError:
            return False
        return True
