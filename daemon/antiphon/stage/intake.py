"""What an input has received, in order, whether we fetched it or the first of it woke us.

RtMidi keeps what comes in a queue of its own, in C, and that loses nothing. A python callback does: it runs in JACK's
process thread, and a burst of them overruns the period. But one call is harmless. So while nobody plays a callback is
set that takes itself away when it is called: the first message after a rest rings a bell, and what follows goes to the
queue again.

Nothing is lost, doubled or out of order: the callback runs in the only thread that fills the queue, so whatever the
queue holds at that moment came before; and whoever takes from the queue holds the lock until it is done. But RtMidi
does not show the queue while a callback is set, so what comes within the microsecond between the last look and the
setting lies there unheard. That is why every look takes the callback away first, and there is a look now and then.
"""

import gc
import threading
from collections.abc import Callable
from typing import Final, TypeAlias

from antiphon.stage.backends import InputDevice

Taken: TypeAlias = tuple[list[int], float]
"""A message, and the seconds since the one before."""
_CALLABLE: Final = "set_callback"


class Intake:
    """Takes from a device."""

    def __init__(self, device: InputDevice) -> None:
        self._device = device
        self._first = list[Taken]()  # what the callback was given, and what lay before it
        self._lock = threading.Lock()
        self._ring: Callable[[], None] | None = None  # set while the callback is
        self._call = self._called
        self._kept = list[object]()

    def take(self, most: int) -> list[Taken]:
        """What has come, oldest first: not much more than `most` messages. Nothing rings any more."""
        with self._lock:
            self._silenced()
            taken, self._first = self._first, []
            return taken + self._queued(most - len(taken))

    def arm(self, ring: Callable[[], None]) -> bool:
        """Have the next message ring, once; at once where one is there. False where a device cannot."""
        if not hasattr(self._device, _CALLABLE):
            return False
        with self._lock:
            if self._ring:
                return True
            self._first += self._queued(1)
            if self._first:
                ring()
                return True
            self._ring = ring
            self._device.set_callback(self._call)
        # JACK's thread may be on its way into the callback when we take it away, and rtmidi lets go of what the thread
        # is then to read: a tuple that is seen by nobody but the garbage collector.
        self._kept = gc.get_referrers(self._call)
        return True

    def disarm(self) -> None:
        """Have nothing ring."""
        with self._lock:
            self._silenced()

    def _silenced(self) -> None:
        if self._ring:
            self._device.cancel_callback()
            self._ring = None

    def _called(self, taken: Taken, _: object) -> None:
        """In JACK's thread: as little as can be."""
        with self._lock:
            self._device.cancel_callback()
            self._first += [*self._queued(), taken]
            ring, self._ring = self._ring, None
        if ring:
            ring()

    def _queued(self, most: int = 1 << 30) -> list[Taken]:
        queued = list[Taken]()
        while len(queued) < most and (taken := self._device.get_message()):
            queued.append(taken)
        return queued
