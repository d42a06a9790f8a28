"""What systemd is told: sd_notify(3) in forty lines. Where no systemd listens, nothing is said and nothing fails.

Knows the protocol; when there is something to say is for others to know.
"""

import contextlib
import os
import socket
import sys
import time
from collections.abc import Mapping
from typing import Final, Self

_SOCKET: Final = "NOTIFY_SOCKET"
_LONGEST: Final = 200


class Systemd:
    """The service manager that started us, if one did.

    address   where it listens; none where it does not
    every_s   how often it wants to hear that we live: a third of what it bears; 0 where it does not ask
    """

    def __init__(self, address: str = "", every_s: float = 0.0) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._every_s, self._alive_at = every_s, float("-inf")
        self._ready = False
        self._socket = _socket() if address else None

    @classmethod
    def found(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The one that the environment names. Processes of ours are not to speak to it themselves."""
        address = environment.get(_SOCKET, "")
        asks = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        patience = environment.get("WATCHDOG_USEC", "")
        every_s = int(patience) / 3e6 if asks and patience.isdigit() else 0.0
        return cls(address if address.startswith(("/", "@")) else "", every_s)

    @property
    def there(self) -> bool:
        """Whether anybody listens."""
        return self._socket is not None

    def ready(self, status: str) -> None:
        """We play; also said at the end of a reload."""
        self._ready = True
        self._say("READY=1", f"STATUS={_line(status)}")

    def status(self, status: str) -> None:
        """What we are doing, in words."""
        self._say(f"STATUS={_line(status)}")

    def reloading(self) -> None:
        """The configuration is being read again; `ready` ends it."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """We are on our way out."""
        self._say("STOPPING=1")

    def alive(self, now: float) -> None:
        """All who have to live do, at `now` (s, monotonic). Said no oftener than it is wanted, and not before we play:
        with the first word of it the watchdog begins to watch, and a start takes its time."""
        if self._ready and self._every_s and now - self._alive_at >= self._every_s:
            self._alive_at = now
            self._say("WATCHDOG=1")

    def close(self) -> None:
        """Let go."""
        if self._socket:
            self._socket.close()

    def _say(self, *words: str) -> None:
        # A manager that has gone, or is too busy, is no reason to stop playing.
        with contextlib.suppress(OSError):
            if self._socket:
                self._socket.sendto("\n".join(words).encode(), self._address)


def _socket() -> socket.socket | None:
    found = None
    if sys.platform != "win32":
        found = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        found.setblocking(False)
    return found


def _line(status: str) -> str:
    return " ".join(status.split())[:_LONGEST]
