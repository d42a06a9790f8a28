"""Both ends of loopmidi.c's ports, from outside of Wine: who plays to one, and who listens to another."""

import socket
import threading
import time
from pathlib import Path
from typing import Final

SEATS: Final = 4
_ROOM: Final = 8 << 20
_HOST: Final = "127.0.0.1"
_LOOKS_UP_S: Final = 0.2
_BETWEEN_S: Final = 0.0001
"""Two messages' distance in a burst: no faster than a USB cable."""


class Cables:
    """Ports by name. What is plugged in is in the file, which Windows' side reads at each look."""

    def __init__(self, file: Path, *names: str) -> None:
        self._file = file
        self._bases = {name: _free() for name in names}
        self.plug(*names)

    def plug(self, *names: str) -> None:
        """Those are there from now on, and no others."""
        self._file.write_text("".join(f"{name} {self._bases[name]}\n" for name in names))

    def base(self, name: str) -> int:
        """The first place of a port."""
        return self._bases[name]


class Keyboard:
    """Plays to a port."""

    def __init__(self, base: int) -> None:
        self._base = base
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(self, *messages: bytes) -> None:
        """Messages, each whole, in order."""
        for message in messages:
            for number in range(SEATS):
                self._socket.sendto(message, (_HOST, self._base + number))
            time.sleep(_BETWEEN_S)

    def phrase(self, *keys: int, held: float = 0.12) -> None:
        """Notes, one after the other."""
        for key in keys:
            self.send(bytes((0x90, key, 80)))
            time.sleep(held)
            self.send(bytes((0x80, key, 64)))

    def close(self) -> None:
        self._socket.close()


class Synth:
    """Listens to a port as a synth does.

    heard   all messages, each with its moment (s, monotonic)
    down    the keys that sound: (channel, key)
    """

    def __init__(self, base: int) -> None:
        self.heard = list[tuple[float, bytes]]()
        self.down = set[tuple[int, int]]()
        self._over = False
        self._socket = _seat(base)
        self._socket.settimeout(_LOOKS_UP_S)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def begun(self) -> list[float]:
        """When notes were begun."""
        return [at for at, message in self.heard if message[0] & 0xF0 == 0x90 and message[2] > 0]

    def close(self) -> None:
        self._over = True
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while not self._over:
            try:
                message = self._socket.recv(65536)
            except TimeoutError:
                continue
            kind, channel = message[0] & 0xF0, message[0] & 0xF
            if kind == 0x90 and message[2] > 0:
                self.down.add((channel, message[1]))
            elif kind in (0x80, 0x90):
                self.down.discard((channel, message[1]))
            elif kind == 0xB0 and message[1] in (120, 123):
                self.down = {key for key in self.down if key[0] != channel}
            self.heard.append((time.monotonic(), message))


def _seat(base: int) -> socket.socket:
    """The first place of a port that is free."""
    for number in range(SEATS):
        found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
        try:
            found.bind((_HOST, base + number))
        except OSError:
            found.close()
        else:
            return found
    raise OSError(f"nothing is free from {base} on")


def _free() -> int:
    """The first of SEATS places in a row that are free."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first:
            first.bind((_HOST, 0))
            base = int(first.getsockname()[1])
            others = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(SEATS - 1)]
            try:
                for number, other in enumerate(others, 1):
                    other.bind((_HOST, base + number))
            except (OSError, OverflowError):
                continue
            finally:
                for other in others:
                    other.close()
        return base
