"""Whether the JACK server that was there at the start still is: jackd, or PipeWire in its place.

A server that dies says nothing: RtMidi's `send_message` goes on filling a ring buffer, and after some 2,300 messages
spins for ever holding the interpreter's lock. So whoever sends asks here first.
"""

import os
import select
import socket
import sys
from typing import Final, Self

from antiphon.stage import pipewire

_FOLDER: Final = "/dev/shm"


class Lifeline:
    """A connection to the server's socket that says nothing and ends when the server does. Asking takes 1 us."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        if sys.platform != "win32":
            self._ends = select.poll()
            self._ends.register(connection, getattr(select, "POLLRDHUP", select.POLLIN))

    @classmethod
    def to_server(cls) -> Self | None:
        """A line to the server that clients of this process go to, which has been seen to work; None where it cannot be
        watched."""
        return cls.to_jackd() or cls._to(pipewire.path())

    @classmethod
    def to_jackd(cls) -> Self | None:
        """A line to jackd; None where it does not run."""
        return cls._to(_path())

    @classmethod
    def _to(cls, path: str) -> Self | None:
        if sys.platform != "win32":  # where no server has such a socket
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(path)
                return cls(connection)
            except OSError:
                connection.close()
        return None

    def holds(self) -> bool:
        """True while the server is there. A server started after it died is another one: the answer stays False."""
        return sys.platform == "win32" or not self._ends.poll(0)

    def close(self) -> None:
        """Let go of the server."""
        self._connection.close()


def trace() -> tuple[int, int]:
    """What changes when a server comes. Takes 4 us."""
    return _number(_path()), _number(pipewire.path())


def _path() -> str:
    if sys.platform == "win32":
        found = ""
    else:
        found = f"{_FOLDER}/jack_{os.environ.get('JACK_DEFAULT_SERVER', 'default')}_{os.getuid()}_0"
    return found


def _number(path: str) -> int:
    try:
        return os.stat(path).st_ino
    except OSError:
        return 0
