"""A stage without MIDI: it hears what is played on the page, and looks out for a MIDI system to come.

Knows no rtmidi, which may be impossible to load.
"""

import contextlib
from collections.abc import Callable, Sequence
from typing import Final

from antiphon.core.zones import Zone
from antiphon.errors import PortError
from antiphon.stage.arrival import Arrival

NONE: Final = "none"
"""The name of the backend that is none."""
EAGER: Final = 5
SELDOM: Final = 4
"""A real look costs some 8 ms; so only some first ones, whenever a server may have come, and then each fourth."""


class Unplugged:
    """Ports where there are none.

    look     raises PortError while there is no MIDI
    trace    what changes when a server may have come; costs next to nothing
    """

    def __init__(self, look: Callable[[], object], trace: Callable[[], object]) -> None:
        self._look, self._trace = look, trace
        self._seen, self._looks = trace(), 0
        self._given = list[Arrival]()
        self.notices = list[str]()
        self.inputs: tuple[str, ...] = ()
        self.outputs: tuple[str, ...] = ()
        self.own: tuple[str, ...] = ()
        self.offered: tuple[list[str], list[str]] = ([], [])
        self.came = False

    @property
    def plugged(self) -> bool:
        """Whether there are ports at all."""
        return False

    def alive(self) -> bool:
        """Nothing is there that could go."""
        return True

    def give(self, message: bytes) -> None:
        """Somebody plays elsewhere than on a port."""
        self._given.append(Arrival(message, False))

    def let_go(self, own: str) -> None:
        """There is no input."""

    def divide(self, zones: Sequence[Zone]) -> None:
        """No input is there."""

    def show(self, message: bytes) -> None:
        """No controller is there."""

    def receive(self) -> list[Arrival]:
        """What has been given since the last call. Raises PortError once there is MIDI, for another stage to take."""
        if self.came:
            raise PortError("MIDI is there now")
        given, self._given = self._given, []
        return given

    def stirs(self) -> bool:
        """Whether `receive` has something to do."""
        return self.came or bool(self._given)

    def send(self, message: bytes) -> None:
        """Nobody is there who could hear it; the page is shown by the mind."""

    def follow(self) -> bool:
        """Look out. Nothing ever changes here."""
        if (now := self._trace()) != self._seen:
            self._seen, self._looks = now, 0
        if self._looks < EAGER or self._looks % SELDOM == 0:
            with contextlib.suppress(PortError):  # there still is none
                self._look()
                self.came = True
        self._looks += 1
        return False

    def settle(self) -> None:
        """Nothing is left from before."""

    def close(self) -> None:
        """Nothing is open."""
