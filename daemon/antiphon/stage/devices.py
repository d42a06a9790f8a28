"""Single MIDI ports: one to listen to, one to play to.

Knows rtmidi's devices, and of music only which messages release something: those are kept where others are dropped.
"""

import time
from collections.abc import Callable
from typing import Final

import rtmidi

from antiphon.music.ledger import paying
from antiphon.stage.backends import InputDevice, OutputDevice, dispose

_GULP: Final = 512
"""Messages taken from one input at a time, so that a flood never keeps a due note waiting."""


class Input:
    """One port we listen to."""

    def __init__(self, device: InputDevice, name: str, now: Callable[[], float] = time.monotonic) -> None:
        self._device = device
        self.name = name
        self._now = now
        self._elapsed = 0.0  # seconds from the first message to the last, by the backend's clock
        self._origin = float("inf")  # the moment of the first message, by ours

    def drain(self) -> list[tuple[float, bytes]]:
        """What has arrived, each with its moment (s, monotonic) as well as it can be told.

        A message cannot have come later than we see it, so the smallest difference between our clock and the
        backend's ever seen is the nearest to the true one.
        """
        heard: list[tuple[float, bytes]] = []
        while len(heard) < _GULP and (taken := self._device.get_message()):
            message, since_last = taken
            self._elapsed += since_last
            heard.append((self._elapsed, bytes(message)))
        if heard:
            self._origin = min(self._origin, self._now() - self._elapsed)
        return [(self._origin + elapsed, message) for elapsed, message in heard]

    def close(self) -> None:
        """Close the port. Nothing may be asked of it afterwards."""
        dispose(self._device)


class Output:
    """One port we play to. Where it is full (ALSA's event pool can be) releases wait, and all else is dropped."""

    def __init__(self, device: OutputDevice, name: str) -> None:
        self._device = device
        self.name = name
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
        dispose(self._device)

    def _offer(self, message: bytes) -> bool:
        try:
            self._device.send_message(message)
        except rtmidi.RtMidiError:
            return False
        return True
