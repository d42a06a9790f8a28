"""One device and the port it is connected to: by a part of its name, whenever such a port is there.

Knows rtmidi's devices and the names of ports. Never connects to what it is told is ours.
"""

import os
import time
from collections.abc import Collection, Sequence
from typing import Final

from antiphon.stage.backends import Device, dispose

_LAST: Final = 1 << 30
_SEEN_S: Final = 0.5
"""PipeWire shows others a port only a while after it was opened."""
_LOOK_S: Final = 0.005


class Plug:
    """A device, open or waiting for its port.

    name      the full name of the port that messages go to or come from: another's, or our own; nothing while waiting
    own       the full name of our end, as others see it, where it can be told
    pattern   a part of the name of the port that is wanted, in any case; None for a port of our own
    """

    def __init__(
        self, device: Device, name: str = "", pattern: str | None = None, label: str = "", witness: Device | None = None
    ) -> None:
        self._device, self._label, self._witness = device, label, witness
        self.name, self.pattern, self.own = name, pattern, name

    def open(self) -> None:
        """Open a port of our own for others to connect to."""
        before = self._seen()
        self._device.open_virtual_port(self._label)
        self.name = self.own = self._new_name(before)

    @property
    def seen(self) -> list[str]:
        """The names of the ports that the device could be connected to."""
        return self._device.get_ports()

    def follow(self, ours: Collection[str]) -> str | None:
        """See whether the wanted port has come or gone, and connect to it or let it go.

        Returns the name of a port that has gone, else an empty one where we have just connected, else None.
        """
        if self.pattern is None:
            return None
        names = self._device.get_ports()
        if self.name in names:
            return None
        lost, self.name = self.name, ""
        if lost:
            self._device.close_port()
        wanted = fitting(self.pattern, [name for name in names if name not in ours])
        if wanted is not None:
            before = self._seen()
            self._device.open_port(names.index(wanted), self._label)
            self.own, self.name = self._new_name(before), wanted
        return lost or (None if wanted is None else "")

    def outranked(self, ours: Collection[str]) -> bool:
        """True where another port has come that is preferred to the one we are connected to."""
        if not self.name or not self.pattern or "|" not in self.pattern:
            return False
        ranks = [rank for name in self._device.get_ports() if name not in ours and (rank := _rank(self.pattern, name))]
        return min(ranks, default=_LAST) < (_rank(self.pattern, self.name) or _LAST)

    def leave(self) -> None:
        """Let go of the port."""
        self._device.close_port()
        self.name = ""

    def lacks(self) -> str | None:
        """Which port is waited for, and what there is instead; None where none is."""
        if self.pattern is None or self.name:
            return None
        return f"named {self.pattern!r}; found: {', '.join(self._device.get_ports()) or 'none'}"

    def close(self) -> None:
        """Close the port and the device."""
        dispose(self._device)

    def _seen(self) -> list[str]:
        return self._witness.get_ports() if self._witness else []

    def _new_name(self, before: Sequence[str]) -> str:
        """What others call the port just opened. A backend may change its client's name and never says so."""
        new, last_moment = list[str](), time.monotonic() + _SEEN_S
        while self._witness and not new and time.monotonic() < last_moment:
            new = [name for name in self._seen() if name not in before and self._label in name]
            time.sleep(0.0 if new else _LOOK_S)
        if len(new) > 1:  # another program opened its own at the same moment: mark ours
            label = f"{self._label} {os.getpid()}"
            self._device.set_port_name(label)
            new = [name for name in self._seen() if label in name]
        return new[0] if new else self._label


def _rank(pattern: str, name: str) -> int:
    """How far behind in order of preference a name fits, from 1 on; 0 where it does not."""
    parts = [part.strip().casefold() for part in pattern.split("|")]
    return next((rank for rank, part in enumerate(parts, start=1) if part and part in name.casefold()), 0)


def fitting(pattern: str, names: Sequence[str]) -> str | None:
    """The port of just that name, else the first whose name holds it, in any case. Between bars stand several names, of
    which the better come first."""
    for part in (part.strip().casefold() for part in pattern.split("|")):
        found = [name for name in names if part and part in name.casefold()]
        if found:
            return min(found, key=lambda name: name.casefold() != part)
    return None
