"""What stands in for the sockets that lines are made of on macOS."""

import errno
from collections import deque


class Datagrams:
    """One end of a pair of datagram sockets as macOS has them (xnu, bsd/kern/uipc_usrreq.c): what is sent lies with the
    other side, where there is room for a little; that it has gone is said once, and then no more."""

    def __init__(self, room: int = 4) -> None:
        self.came = deque[bytes]()
        self.room, self.reset, self.other = room, False, self
        self.tried = 0  # how often something was sent, or would have been

    def send(self, parcel: bytes) -> None:
        self.tried += 1
        self._told()
        if self.other is self:
            raise OSError(errno.EDESTADDRREQ, "destination address required")
        if len(self.other.came) == self.room:
            raise OSError(errno.ENOBUFS, "no buffer space available")
        self.other.came.append(parcel)

    def recv(self, most: int) -> bytes:
        if self.came:
            return self.came.popleft()
        self._told()
        raise BlockingIOError

    @classmethod
    def pair(cls, room: int = 4) -> "tuple[Datagrams, Datagrams]":
        """The two ends."""
        one, another = cls(room), cls(room)
        one.other, another.other = another, one
        return one, another

    def fileno(self) -> int:
        raise NotImplementedError

    def close(self) -> None:
        self.other.reset, self.other.other = True, self.other

    def _told(self) -> None:
        if self.reset:
            self.reset = False
            raise ConnectionResetError
