"""The lines between our processes: datagrams over socket pairs, in order, never blocking.

A line that the other side has left says so; what could not be sent is kept until it can be, or until it is let go.
"""

import contextlib
import errno
import json
import select
import socket
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Self, TypeVar

_KIND: Final = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_DGRAM
_LARGEST: Final = 65536
_ROOM: Final = 1 << 20
BEAT_S: Final = 0.5
"""How often each process tells the guard that it lives."""
_Taken = TypeVar("_Taken")
_BROKEN: Final = (BrokenPipeError, ConnectionResetError, ConnectionRefusedError)


def next_beat(now: float) -> float:
    """The moment (s, monotonic) of the beat after `now`, the same for all processes, so that they wake together."""
    return (now // BEAT_S + 1) * BEAT_S


def pair() -> tuple[socket.socket, socket.socket]:
    """The two ends of a line, both non-blocking, with room for a burst."""
    ends = socket.socketpair(socket.AF_UNIX, _KIND)
    for end in ends:
        end.setblocking(False)
        with contextlib.suppress(OSError):  # the system may allow less
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ROOM)
    return ends


class _End:
    """One end of a line. open: False once the other side has gone."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self.open = True
        self._ended = False  # whether all that was said has been heard, and no more will be

    def fileno(self) -> int:
        """For select."""
        return self._end.fileno()

    def close(self) -> None:
        """Leave. The other side will notice."""
        self._finish()
        self._end.close()

    def _finish(self) -> None:
        self.open, self._ended = False, True

    @contextlib.contextmanager
    def _taking(self) -> Iterator[None]:
        """Inside, take what has come: it ends when there is no more, or when the other side has gone."""
        try:
            with contextlib.suppress(BlockingIOError):
                yield
        except _BROKEN:
            self._finish()

    @staticmethod
    def _next(take: Callable[[], _Taken]) -> _Taken:
        """What `take` takes. Where the other side left before it had read everything, Linux says so first, once, and
        only then gives out what that side had said last."""
        try:
            return take()
        except ConnectionResetError:
            return take()


class Line(_End):
    """One end of a line for parcels of bytes."""

    def __init__(self, end: socket.socket, most_waiting: int = 10_000) -> None:
        super().__init__(end)
        self._waiting = deque[bytes](maxlen=most_waiting)

    @classmethod
    def of(cls, number: int, most_waiting: int = 10_000) -> Self:
        """The line whose end is the inherited file `number`."""
        return cls(_inherited(number), most_waiting)

    @property
    def congested(self) -> bool:
        """True while something waits for room."""
        return bool(self._waiting)

    def send(self, parcel: bytes) -> None:
        """Send after all that waits; keep it where there is no room. The oldest is let go when too much waits."""
        self._waiting.append(parcel)
        self.flush()

    def flush(self) -> None:
        """Send as much of what waits as there is room for."""
        try:
            while self._waiting and self.open:
                self._end.send(self._waiting[0])
                self._waiting.popleft()
        except BlockingIOError:
            return
        except _BROKEN:
            self.open = False
        except OSError as error:
            if error.errno != errno.ENOBUFS:  # no room for a datagram, on the BSDs
                raise

    def received(self) -> list[bytes]:
        """The parcels that have come, in order."""
        parcels = list[bytes]()
        with self._taking():
            while not self._ended:
                parcel = self._next(lambda: self._end.recv(_LARGEST))
                if parcel:
                    parcels.append(parcel)
                else:
                    self._finish()
        return parcels


class Control(_End):
    """One end of a line for words with the guard: small JSON objects, files along with them."""

    @classmethod
    def of(cls, number: int) -> Self:
        """The line whose end is the inherited file `number`."""
        return cls(_inherited(number))

    def say(self, what: str, files: Sequence[int] = (), **more: Any) -> None:  # JSON
        """Send a word; lost where the other side has gone or has stopped listening, which it will be ended for."""
        try:
            socket.send_fds(self._end, [json.dumps({"what": what, **more}).encode()], list(files))
        except BlockingIOError:
            return
        except _BROKEN:
            self.open = False

    def heard(self, most: int | None = None) -> list[tuple[dict[str, Any], list[int]]]:  # JSON
        """The words that have come, `most` of them at the most, each with the files sent along."""
        words = list[tuple[dict[str, Any], list[int]]]()
        with self._taking():
            while not self._ended and len(words) != most:
                data, files, _, _ = self._next(lambda: socket.recv_fds(self._end, _LARGEST, 8))
                if data:
                    words.append((json.loads(data), list(files)))
                else:
                    self._finish()
        return words


def _inherited(number: int) -> socket.socket:
    end = socket.socket(fileno=number)
    end.setblocking(False)
    return end


def first_word(control: Control) -> tuple[dict[str, Any], list[int]]:  # JSON
    """Wait for what the guard says first. Raises SystemExit when that is to stop, or when it leaves."""
    while control.open:
        select.select([control], [], [])
        for word in control.heard(1):
            if word[0]["what"] == "stop":
                raise SystemExit(0)
            return word
    raise SystemExit(0)
