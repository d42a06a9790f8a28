"""Ports that need no MIDI system: what rtmidi's devices are to the stage, over datagrams between processes.

A port is a socket in a folder. Only what a bench needs of rtmidi is there.
"""

import contextlib
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from antiphon.bench.stamps import FOLDER
from antiphon.errors import PortError

STAGE_IN: Final = "stage in"
EAR_ECHOED: Final = "Antiphon bench ear echoed"
_LONGEST: Final = 4096


class MemoryOut:
    """An output whose messages go to the ports `to` of the folder, as far as they are there."""

    def __init__(self, folder: Path, to: Sequence[str]) -> None:
        self._socket = _socket()
        self._to = [str(folder / name) for name in to]

    def send_message(self, message: Sequence[int] | bytes) -> None:
        """Send at once. Lost where nobody listens, or does not keep up."""
        for name in self._to:
            with contextlib.suppress(OSError):
                self._socket.sendto(bytes(message), name)

    def close_port(self) -> None:
        """Send no more."""
        self._socket.close()


class MemoryIn:
    """An input that is the port `name` of the folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self._socket = _socket()
        (folder / name).unlink(missing_ok=True)
        self._socket.bind(str(folder / name))

    def get_message(self) -> tuple[list[int], float] | None:
        """The next message that has come."""
        try:
            return list(self._socket.recv(_LONGEST)), 0.0
        except OSError:
            return None

    def close_port(self) -> None:
        """Listen no more."""
        self._socket.close()


def _socket() -> socket.socket:
    if sys.platform == "win32":
        raise PortError("there are no ports without MIDI here, so nothing can be measured")
    else:
        found = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        found.setblocking(False)
        return found


class _Device:
    """What rtmidi.MidiIn and MidiOut have in common, for the stage, which makes them before it opens them."""

    def __init__(self, *_: object, **__: object) -> None:
        self._folder = Path(os.environ[FOLDER])
        self._opened: MemoryIn | MemoryOut | None = None

    def get_ports(self) -> list[str]:
        """None but our own."""
        return []

    def set_port_name(self, name: str) -> None:
        """Names mean nothing here."""

    def close_port(self) -> None:
        """Close it."""
        if self._opened:
            self._opened.close_port()

    def delete(self) -> None:
        """Nothing is left of it once it is closed."""


class MidiOut(_Device):
    """Stands in for rtmidi.MidiOut: what it sends goes to whoever the bench has listen."""

    def open_virtual_port(self, _: str) -> None:
        """Begin."""
        self._opened = MemoryOut(self._folder, [EAR_ECHOED])

    def send_message(self, message: Sequence[int] | bytes) -> None:
        """Send at once."""
        if isinstance(self._opened, MemoryOut):
            self._opened.send_message(message)


class MidiIn(_Device):
    """Stands in for rtmidi.MidiIn: what it hears is what the bench sends."""

    def open_virtual_port(self, _: str) -> None:
        """Begin."""
        self._opened = MemoryIn(self._folder, STAGE_IN)

    def ignore_types(self, **_: bool) -> None:
        """Nothing is ever ignored here."""

    def get_message(self) -> tuple[list[int], float] | None:
        """The next message that has come."""
        return self._opened.get_message() if isinstance(self._opened, MemoryIn) else None
