"""The lines between our processes: datagrams over socket pairs, or parcels over loopback; in order, never blocking.

A line that the other side has left says so; what could not be sent is kept until it can be, or until it is let go.
What the guard gives along with a word is the number of an open file, or where files cannot be handed over, a key.
"""

import contextlib
import errno
import itertools
import json
import select
import socket
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol, Self, TypeVar

from antiphon import loopback
from antiphon.loopback import Door

_KIND: Final = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_DGRAM
_LARGEST, _ROOM = 65536, 1 << 20
BEAT_S: Final = 0.5
"""How often each process tells the guard that it lives."""
STANDS_BY: Final = "standing by"  # the word of a process that waits to be told what to do
CALLS: Final = "calls"
"""Stands for the number of an inherited file where there is none: the key of the line is what stdin says."""
_Taken = TypeVar("_Taken")
_BROKEN: Final = (BrokenPipeError, ConnectionResetError, ConnectionRefusedError, ConnectionAbortedError)

Given = int | str | Door
"""What comes along with a word: an open file's number, a key, or an end at which the other side will call."""
Opening = Callable[[str], None]
"""Stands for an end that is to be opened there; is told the key for the other side."""


class End(Protocol):
    """What a line needs of a socket."""

    def send(self, parcel: bytes, /) -> object:
        """Send a parcel. Raises BlockingIOError where there is no room."""

    def recv(self, most: int, /) -> bytes:
        """The next parcel, nothing at the end. Raises BlockingIOError where there is none."""

    def fileno(self) -> int:
        """For select."""

    def close(self) -> None:
        """Leave."""


def _sockets() -> tuple[socket.socket, socket.socket]:
    if sys.platform == "win32":
        raise NotImplementedError("lines are opened by doors here (antiphon.loopback)")
    else:
        return socket.socketpair(socket.AF_UNIX, _KIND)


def next_beat(now: float) -> float:
    """The moment (s, monotonic) of the beat after `now`, the same for all processes, so that they wake together."""
    return (now // BEAT_S + 1) * BEAT_S


def pair() -> tuple[socket.socket, socket.socket]:
    """The two ends of a line, both non-blocking, with room for a burst. Not where they would be over loopback."""
    ends = _sockets()
    for end in ends:
        end.setblocking(False)
        for room in (socket.SO_SNDBUF, socket.SO_RCVBUF):  # macOS: of a parcel, and of all that waits to be read
            with contextlib.suppress(OSError):  # the system may allow less
                end.setsockopt(socket.SOL_SOCKET, room, _ROOM)
    return ends


class _End:
    """One end of a line. open: False once the other side has gone."""

    def __init__(self, end: End) -> None:
        self._end = end
        self.open = True
        self._ended = False  # whether all that was said has been heard, and no more will be
        self._reset = False  # whether the system has said that the other side left

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
            yield
        except BlockingIOError:
            if self._reset:
                self._finish()
        except _BROKEN:
            self._finish()

    def _next(self, take: Callable[[], _Taken]) -> _Taken:
        """What `take` takes. Where the other side left before it had read everything, Linux says so first, once, and
        only then gives out what that side had said last. macOS says so last, once, and then as if it were there."""
        try:
            return take()
        except ConnectionResetError:
            self._reset = True
            return take()


class Line(_End):
    """One end of a line for parcels of bytes."""

    def __init__(self, end: End, most_waiting: int = 10_000) -> None:
        super().__init__(end)
        self._waiting = deque[bytes](maxlen=most_waiting)

    @classmethod
    def of(cls, given: Given, most_waiting: int = 10_000) -> Self:
        """The line whose end was given along with a word."""
        return cls(_end_of(given), most_waiting)

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
        except OSError as error:
            self.open = self.open and _there(error)

    def received(self, most: int | None = None) -> list[bytes]:
        """The parcels that have come, in order; `most` of them at the most."""
        parcels = list[bytes]()
        with self._taking():
            while not self._ended and len(parcels) != most:
                parcel = self._next(lambda: self._end.recv(_LARGEST))
                if parcel:
                    parcels.append(parcel)
                else:
                    self._finish()
        return parcels


class Control(_End):
    """One end of a line for words with the guard: small JSON objects, files along with them."""

    def __init__(self, end: socket.socket) -> None:
        super().__init__(end)
        self._socket = end

    @classmethod
    def of(cls, number: int) -> "Control":
        """The line whose end is the inherited file `number`."""
        return Control(_inherited(number))

    def say(self, what: str, files: Sequence[Given | Opening] = (), **more: Any) -> None:  # JSON
        """Send a word; lost where the other side has gone or has stopped listening, which it will be ended for."""
        try:
            _send(self._socket, json.dumps({"what": what, **more}).encode(), files)
        except OSError as error:
            self.open = self.open and _there(error)

    def dismiss(self) -> None:
        """Tell the other side to go."""
        self.say("stop")

    def heard(self, most: int | None = None) -> list[tuple[dict[str, Any], list[Given]]]:  # JSON
        """The words that have come, `most` of them at the most, each with the files sent along."""
        words = list[tuple[dict[str, Any], list[Given]]]()
        with self._taking():
            while not self._ended and len(words) != most:
                data, files = self._next(lambda: _receive(self._socket))
                if data:
                    words.append((json.loads(data), list(files)))
                else:
                    self._finish()
        return words


class Keyed(Control):
    """The same where files cannot be handed over: keys go along with words. An end that is to be opened on the other
    side is opened there as the word is heard; the key for whoever is to call comes back, and is no word."""

    def __init__(self, end: End) -> None:
        _End.__init__(self, end)
        self._line, self._numbers, self._openings = Line(end), itertools.count(), dict[int, Opening]()

    def say(self, what: str, files: Sequence[Given | Opening] = (), **more: Any) -> None:  # JSON
        """Send a word, once the other side has called; lost where it has gone."""
        self._put({"what": what, "along": [self._noted(file) for file in files], **more})

    def dismiss(self) -> None:
        """Tell the other side to go; one that has not called yet finds nobody."""
        self.say("stop")
        if self._line.congested:
            self.close()

    def heard(self, most: int | None = None) -> list[tuple[dict[str, Any], list[Given]]]:  # JSON
        """The words that have come, `most` of them at the most, each with what was given along."""
        words = list[tuple[dict[str, Any], list[Given]]]()
        while len(words) != most and (parcels := self._line.received(1)):
            word: dict[str, Any] = json.loads(parcels[0])
            if "opened" in word:
                self._openings.pop(word["opened"])(word["key"])
            else:
                words.append((word, [self._given(one) for one in word.pop("along")]))
        self._line.flush()
        self.open = self.open and self._line.open
        return words

    def close(self) -> None:
        """Leave. The other side will notice."""
        self._line.close()
        super().close()

    def _put(self, word: dict[str, Any]) -> None:  # JSON
        self._line.send(json.dumps(word).encode())
        self.open = self._line.open

    def _noted(self, file: Given | Opening) -> str | int:
        if isinstance(file, str):
            return file
        if isinstance(file, int | Door):
            raise TypeError("only a key, or what is to be opened, goes along with a word here")
        self._openings[number := next(self._numbers)] = file
        return number

    def _given(self, one: str | int) -> Given:
        if isinstance(one, str):
            return one
        door = Door()
        self._put({"opened": one, "key": door.key})
        return door


def _there(error: OSError) -> bool:
    """Whether the other side of what could not be sent is there, and has no room. Raises what is neither."""
    if isinstance(error, _BROKEN) or error.errno == errno.EDESTADDRREQ:  # said of a datagram on macOS
        return False
    if isinstance(error, BlockingIOError) or error.errno == errno.ENOBUFS:  # said of a datagram on macOS
        return True
    raise error


def _send(end: socket.socket, data: bytes, files: Sequence[Given | Opening]) -> None:
    if sys.platform != "win32":
        socket.send_fds(end, [data], [file for file in files if isinstance(file, int)])


def _receive(end: socket.socket) -> tuple[bytes, list[int]]:
    data, files = b"", list[int]()
    if sys.platform != "win32":
        data, files, _, _ = socket.recv_fds(end, _LARGEST, 8)
    return data, files


def _inherited(number: int) -> socket.socket:
    end = socket.socket(fileno=number)
    end.setblocking(False)
    return end


def _end_of(given: Given) -> End:
    if isinstance(given, int):
        return _inherited(given)
    return loopback.call(given) if isinstance(given, str) else given


def to_guard(argument: str) -> Control:
    """The line that a process was started with: the number of an inherited file, or CALLS."""
    return Keyed(loopback.call(sys.stdin.readline().strip())) if argument == CALLS else Control.of(int(argument))


def first_word(control: Control) -> tuple[dict[str, Any], list[Given]]:  # JSON
    """Wait for what the guard says first. Raises SystemExit when that is to stop, or when it leaves."""
    while control.open:
        select.select([control], [], [])
        for word in control.heard(1):
            if word[0]["what"] == "stop":
                raise SystemExit(0)
            return word
    raise SystemExit(0)
