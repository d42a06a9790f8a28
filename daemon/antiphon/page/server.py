"""The page's server: the stream of snapshots over a WebSocket, and an answer to a ping. On this machine only."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from antiphon.lines import Control, Line, next_beat

HOST: Final = "127.0.0.1"
_TRIES: Final = 50


class Stream:
    """The newest snapshot, and everyone who watches. A slow watcher misses snapshots, never delays them."""

    def __init__(self) -> None:
        self._newest = b"{}"
        self._watchers = dict[asyncio.Queue[bytes], None]()
        self._mind: Line | None = None

    async def follow(self, control: Control) -> None:
        """Take snapshots from the mind, whichever the guard sends us, until the guard has gone or says stop."""
        loop, over = asyncio.get_running_loop(), asyncio.Event()

        def obey() -> None:
            for word, files in control.heard():
                if word["what"] == "mind":
                    self._attach(loop, Line.of(files[0]))
                elif word["what"] == "stop":
                    over.set()
            if not control.open:
                over.set()

        loop.add_reader(control.fileno(), obey)
        obey()
        while not over.is_set():
            control.say("beat")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), next_beat(now := time.monotonic()) - now)
        loop.remove_reader(control.fileno())

    @contextlib.contextmanager
    def watched(self) -> Iterator[asyncio.Queue[bytes]]:
        """A queue that holds the newest snapshot and then each newer one, two at the most."""
        queue = asyncio.Queue[bytes](2)
        queue.put_nowait(self._newest)
        self._watchers[queue] = None
        try:
            yield queue
        finally:
            del self._watchers[queue]

    def _attach(self, loop: asyncio.AbstractEventLoop, mind: Line) -> None:
        self._detach(loop)
        self._mind = mind
        loop.add_reader(mind.fileno(), self._take, loop)

    def _detach(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._mind:
            loop.remove_reader(self._mind.fileno())
            self._mind.close()
            self._mind = None

    def _take(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._mind is None:
            return
        for snapshot in self._mind.received():
            self._newest = snapshot
            for queue in self._watchers:
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(snapshot)
        if not self._mind.open:
            self._detach(loop)


class _Restful(uvicorn.Server):
    """Serves without looking ten times a second whether it is to end."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.over = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait for the end."""
        await self.over.wait()


@contextlib.asynccontextmanager
async def serve(stream: Stream, port: int) -> AsyncIterator[str]:
    """Serve on `port` or the next that is free; the url while it lasts."""
    listening = _bound(port)
    quiet: dict[str, Any] = {"log_level": "warning", "lifespan": "off", "access_log": False, "date_header": False}
    server = _Restful(uvicorn.Config(_app(stream), **quiet))
    serving = asyncio.create_task(server.serve([listening]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    try:
        yield f"http://{HOST}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        server.over.set()
        await serving


def _app(stream: Stream) -> Starlette:
    async def ping(_: Request) -> PlainTextResponse:
        return PlainTextResponse("pong")

    async def watch(socket_: WebSocket) -> None:
        await socket_.accept()
        with stream.watched() as queue, contextlib.suppress(WebSocketDisconnect):
            heard = asyncio.create_task(_heed(socket_))
            while not heard.done():
                await socket_.send_text((await queue.get()).decode())

    return Starlette(routes=[Route("/ping", ping), WebSocketRoute("/ws", watch)])


async def _heed(socket_: WebSocket) -> None:
    """Answer what a watcher says: a ping with a pong, the rest not at all."""
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            if await socket_.receive_text() == "ping":
                await socket_.send_text("pong")


def _bound(port: int) -> socket.socket:
    for number in range(port, port + _TRIES):
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, number))
        except OSError:
            listening.close()
            continue
        return listening
    raise SystemExit(f"no free port from {port} to {port + _TRIES - 1} for the page")
