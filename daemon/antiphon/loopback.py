"""Ends of lines as Windows can have them: streams over the loopback address, opened by a port and a secret.

Windows has no socket pairs that keep messages apart, and none that can be handed to another process. So one side opens
a door, whoever is told its key calls there, and each proves to the other that it knows the key before it is believed.
Parcels go behind their length. Nothing here waits, but for the call itself.
"""

import contextlib
import os
import socket
import struct
import sys
from collections.abc import Mapping
from typing import Final

VARIABLE: Final = "ANTIPHON_LINES"
"""Says "loopback" where tests want these lines on a system that has better ones."""
HOST: Final = "127.0.0.1"
_PROOF: Final = 16
_CALLERS: Final = 16
_CALLED_S: Final = 2.0
_LENGTH: Final = struct.Struct("!I")
_PORTION: Final = 65536
_MOST_UNREAD: Final = 64


def used(platform: str = sys.platform, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether our processes speak to each other this way."""
    return platform == "win32" or environment.get(VARIABLE) == "loopback"


class Stream:
    """One end of a stream that carries parcels whole, as a socket for datagrams does; non-blocking.

    said      the proof for the other side, sent at once
    expected  the proof of the other side; nothing is heard of one who does not bring it
    """

    def __init__(self, connection: socket.socket, said: bytes, expected: bytes) -> None:
        self._connection, self._said, self._expected = connection, said, expected
        self._begun, self._rest = b"", memoryview(said)
        self._got = bytearray()
        connection.setblocking(False)

    def fileno(self) -> int:
        """For select."""
        return self._connection.fileno()

    def send(self, parcel: bytes) -> None:
        """Send a parcel. Raises BlockingIOError where there is no room for all of it: give the same again to go on.
        Another one is sent behind what was begun."""
        if parcel is not self._begun:
            self._push()
        if not self._rest:
            self._begun, self._rest = parcel, memoryview(_LENGTH.pack(len(parcel)) + parcel)
        self._push()

    def recv(self, _: int = 0) -> bytes:
        """The next parcel; nothing where the other side has gone. Raises BlockingIOError where none is there yet.
        No more is read than belongs to it, so that select tells of the next."""
        if not self.proven() or not self._has(_LENGTH.size):
            return b""
        if not self._has(_LENGTH.size + int(_LENGTH.unpack_from(self._got)[0])):
            return b""
        parcel = bytes(self._got[_LENGTH.size :])
        self._got.clear()
        return parcel

    def proven(self) -> bool:
        """True once the other side has proved itself, False where it has gone. Raises BlockingIOError before, and
        ConnectionResetError where it could not."""
        if self._expected:
            import hmac  # 5 ms, which a stage that takes another's place does not have where lines are handed over

            if not self._has(_PROOF):
                return False
            if not hmac.compare_digest(self._got, self._expected):
                raise ConnectionResetError("somebody else is at the other end of the line")
            self._expected = b""
            self._got.clear()
        return True

    def prove(self) -> None:
        """Say who we are."""
        self._push()

    def close(self) -> None:
        """Leave. What was not read is, for otherwise the other side might lose what we said last."""
        with self._connection, contextlib.suppress(OSError):  # no more is there, or they left first
            self._connection.shutdown(socket.SHUT_WR)
            for _ in range(_MOST_UNREAD):
                self._connection.recv(_PORTION)

    def _push(self) -> None:
        while self._rest:
            self._rest = self._rest[self._connection.send(self._rest) :]

    def _has(self, size: int) -> bool:
        while len(self._got) < size:
            data = self._connection.recv(min(size - len(self._got), _PORTION))
            if not data:
                return False
            self._got += data
        return True


class Door:
    """The end of a line at which the other side is still to call. Until then there is no room to send, and nothing has
    come; from then on it is the stream.

    key   what the caller has to be told
    """

    def __init__(self) -> None:
        self._ours, self._theirs = os.urandom(_PROOF), os.urandom(_PROOF)
        self._listening = listening()
        self._listening.setblocking(False)
        self._callers = list[Stream]()
        self._stream: Stream | None = None
        self.key = f"{self._listening.getsockname()[1]}:{(self._theirs + self._ours).hex()}"

    def fileno(self) -> int:
        """For select; another one when somebody has called. While a stranger who says nothing is there, it may miss the
        right caller: ask at every beat, too."""
        if self._stream:
            return self._stream.fileno()
        return self._callers[-1].fileno() if self._callers else self._listening.fileno()

    def send(self, parcel: bytes) -> None:
        """As a stream does."""
        self._met().send(parcel)

    def recv(self, _: int = 0) -> bytes:
        """As a stream does."""
        return self._met().recv()

    def close(self) -> None:
        """Leave, or be there for nobody any more."""
        if self._stream:
            self._stream.close()
        self._shut()

    def _met(self) -> Stream:
        """The stream, once the right one has called. Raises BlockingIOError before."""
        if self._stream is None:
            self._answer()
            self._stream = next(filter(self._proven, list(self._callers)), None)
            if self._stream is None:
                raise BlockingIOError("nobody has called yet")
            self._callers.remove(self._stream)
            self._shut()
            self._stream.prove()
        return self._stream

    def _answer(self) -> None:
        """Let in who calls; of too many, those go who have waited longest without a proof."""
        try:
            while True:
                connection, _ = self._listening.accept()
                self._callers.append(Stream(_prompt(connection), self._ours, self._theirs))
                if len(self._callers) > _CALLERS:
                    self._callers.pop(0).close()
        except (BlockingIOError, ConnectionAbortedError, ConnectionResetError):  # nobody else, or gone again
            return

    def _proven(self, caller: Stream) -> bool:
        """Whether this caller is the right one. One that has gone, or is a stranger, is seen out."""
        try:
            proven = caller.proven()
        except BlockingIOError:  # has not said anything yet
            return False
        except ConnectionError:
            proven = False
        if not proven:
            self._callers.remove(caller)
            caller.close()
        return proven

    def _shut(self) -> None:
        self._listening.close()
        while self._callers:
            self._callers.pop().close()


def listening() -> socket.socket:
    """A socket that listens at whichever port is free, for this machine alone."""
    ours = socket.socket()
    if sys.platform == "win32":  # where others could listen at the same port
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    ours.bind((HOST, 0))
    ours.listen(_CALLERS)
    return ours


def call(key: str) -> Stream:
    """The line to whoever opened a door with that key; one that the other side has left where they are gone."""
    port, _, proofs = key.partition(":")
    both = bytes.fromhex(proofs)
    try:
        connection = _prompt(socket.create_connection((HOST, int(port)), _CALLED_S))
    except OSError:
        connection, other = socket.socketpair()
        other.close()
        return Stream(connection, b"", b"")
    stream = Stream(connection, both[:_PROOF], both[_PROOF:])
    stream.prove()
    return stream


def _prompt(connection: socket.socket) -> socket.socket:
    """Have small parcels leave at once."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
