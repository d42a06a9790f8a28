"""A crowd on the page: `python -m antiphon.bench.crowd URL` opens 8 WebSockets that each say something 60 times a
second and take all that comes, until standard input ends."""

import base64
import os
import select
import socket
import struct
import sys
import time
from typing import Final
from urllib.parse import urlsplit

CLIENTS: Final = 8
EACH_HZ: Final = 60
_STARTS_S: Final = 20.0
_AGAIN_S: Final = 0.1
_MESSAGES: Final = (b'{"ping": 1, "time": 0.5}', b'{"play": "b00140"}')
"""In turn: one that the page answers itself, and one that goes all the way: a wheel is moved, which nobody answers."""


def joined(host: str, port: int) -> socket.socket:
    """A connection to the page's stream, past the handshake (RFC 6455). Raises ConnectionError when refused."""
    connection = _reached(host, port)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        "GET /ws HTTP/1.1",
        f"Host: {host}:{port}",
        f"Origin: http://{host}:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    ]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    answer = connection.recv(4096)
    if b" 101 " not in answer.split(b"\r\n")[0]:
        raise ConnectionError(f"the page refused the stream: {answer[:60]!r}")
    connection.setblocking(False)
    return connection


def _reached(host: str, port: int) -> socket.socket:
    """On a busy machine the page may just be started anew."""
    last_moment = time.monotonic() + _STARTS_S
    while True:
        try:
            return socket.create_connection((host, port), 5)
        except ConnectionRefusedError:
            if time.monotonic() > last_moment:
                raise
            time.sleep(_AGAIN_S)


def framed(payload: bytes) -> bytes:
    """A masked text frame of less than 126 bytes, as clients must send it."""
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))
    return struct.pack("!BB", 0x81, 0x80 | len(payload)) + mask + masked


def main(url: str) -> int:
    """Chatter until standard input ends."""
    parts = urlsplit(url)
    clients = [joined(parts.hostname or "", parts.port or 80) for _ in range(CLIENTS)]
    print("ready", flush=True)  # noqa: T201, it is what this program is started for
    frames, at = [framed(message) for message in _MESSAGES], time.monotonic()
    turn = 0
    while True:
        at += 1 / (CLIENTS * EACH_HZ)
        readable, _, _ = select.select([sys.stdin, *clients], [], [], max(0.0, at - time.monotonic()))
        if sys.stdin in readable:
            return 0
        for client in clients:
            if client in readable:
                client.recv(65536)
        if time.monotonic() >= at:
            turn += 1
            clients[turn % CLIENTS].send(frames[turn // CLIENTS % len(frames)])
        else:
            at -= 1 / (CLIENTS * EACH_HZ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
