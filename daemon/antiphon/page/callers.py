"""Who may hold a line to the page: whoever says all of what they want within seconds, and not too many from elsewhere.

Knows nothing of what is asked for. A line on which a WebSocket has begun is no longer ours to look at.
"""

import asyncio
import ipaddress
from collections.abc import Sequence
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST: Final = 128
"""Lines at a time; a request on any more is told to come back later."""
ELSEWHERE: Final = 96
"""Of them from other machines: this one always finds room."""
OF_ONE: Final = 32
"""Of them from one other machine: a few browsers."""
_HERE: Final = "127.0.0.1"
_UNFINISHED: Final = (h11.IDLE, h11.SEND_BODY)


def room(callers: Sequence[str], caller: str) -> bool:
    """Whether one more may come from that address, when those are there already."""
    if _here(caller):
        return True
    others = [one for one in callers if not _here(one)]
    return len(others) < ELSEWHERE and others.count(caller) < OF_ONE


class Caller(H11Protocol):
    """One line. It is closed where a request is not whole in time, with its body, or none comes."""

    patience_s = 5.0
    """As long as a line that has been of use is kept for the next request."""
    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Somebody has come."""
        there = [_address(one.transport) for one in self.connections]
        super().connection_made(transport)
        if room(there, _address(transport)):
            self._wait()
        else:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """They say something."""
        super().data_received(data)
        if self.conn.their_state not in _UNFINISHED:
            self._wait_no_longer()
        elif not self._due and not self.transport.is_closing():
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """They have gone."""
        self._wait_no_longer()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._due = self.loop.call_later(self.patience_s, self.transport.close)

    def _wait_no_longer(self) -> None:
        if self._due:
            self._due.cancel()
            self._due = None


def _address(transport: Any) -> str:  # what uvicorn calls one
    """Where somebody calls from; this machine calls an address of its own from that very one."""
    peer, own = (transport.get_extra_info(name) or ("",) for name in ("peername", "sockname"))
    return _HERE if peer[0] == own[0] else str(peer[0])


def _here(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
