"""What a browser can ask for: the page's files, REST, and the stream in both directions.

Decides nothing about music: what is asked for goes to the desk, and what the desk refuses is told.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from antiphon.core.parameters import REGISTRY
from antiphon.errors import AntiphonError
from antiphon.music.ledger import Ledger
from antiphon.page import description, takes
from antiphon.page.desk import Desk
from antiphon.page.doors import LARGEST, Allowance, Doors, Rules
from antiphon.page.watchers import Watcher

STATIC: Final = Path(__file__).parent / "static"
_LISTENERS: Final = 32
_SAYS: Final = (240.0, 480.0)
"""Messages of one listener a second, and at once: ten fingers on a glissando stay below."""
_ASKS: Final = (50.0, 100.0)
"""Requests of all together that change something."""
_TOO_MUCH: Final = 1008
_LONGEST_MESSAGE: Final = 3
_HIGHEST: Final = 127


def app(desk: Desk, rules: Rules, clock: Callable[[], float] = time.monotonic) -> Doors:
    """The whole of what is served. `clock` (s) is what limits go by."""
    return Doors(_routes(desk, clock), rules)


def _routes(desk: Desk, clock: Callable[[], float] = time.monotonic) -> Starlette:
    answers = _Answers(desk, Allowance(*_ASKS, clock))
    return Starlette(
        routes=[
            Route("/", answers.page),
            Route("/ping", answers.ping),
            Route("/api/openapi.json", answers.openapi),
            Route("/api/parameters", answers.parameters, methods=["GET", "POST"]),
            Route("/api/state", answers.state),
            Route("/api/acts/{name}", answers.act, methods=["POST"]),
            Route("/api/models", answers.models),
            Route("/api/models/{name}", answers.model, methods=["POST"]),
            WebSocketRoute("/ws", answers.stream),
            *(takes.routes(desk.takes, answers.limited) if desk.takes else []),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        exception_handlers={HTTPException: _refused, AntiphonError: _refused},
    )


class _Answers:
    """What is said to each request; of those that change something, no more than `asked` allows."""

    def __init__(self, desk: Desk, asked: Allowance) -> None:
        self._desk, self._asked = desk, asked

    def limited(self) -> None:
        """Count one request that changes something. Raises HTTPException where there were too many."""
        if not self._asked.spend():
            raise HTTPException(429, "too many requests; wait a second")

    async def page(self, _: Request) -> FileResponse:
        return FileResponse(STATIC / "index.html")

    async def ping(self, _: Request) -> PlainTextResponse:
        return PlainTextResponse("pong")

    async def openapi(self, _: Request) -> JSONResponse:
        described = description.openapi(self._desk.acts, await _installed(self._desk), self._desk.takes is not None)
        return JSONResponse(described)

    async def parameters(self, request: Request) -> JSONResponse:
        if request.method == "POST":
            return await self.change(request)
        return JSONResponse([parameter.declaration() for parameter in REGISTRY.values()])

    async def change(self, request: Request) -> JSONResponse:
        self.limited()
        values = await _body(request)
        if why := await description.wrong(values):
            raise HTTPException(422, why)
        await self._desk.change(values)
        return await self.state(request)

    async def state(self, _: Request) -> JSONResponse:
        return JSONResponse(self._desk.state)

    async def act(self, request: Request) -> JSONResponse:
        self.limited()
        name = request.path_params["name"]
        if name not in self._desk.acts:
            raise HTTPException(404, f"no act of that name; there are: {', '.join(self._desk.acts)}")
        await self._desk.act(name)
        return await self.state(request)

    async def models(self, _: Request) -> JSONResponse:
        return JSONResponse(await run_in_threadpool(lambda: self._desk.models))

    async def model(self, request: Request) -> JSONResponse:
        self.limited()
        await _play_with(self._desk, request.path_params["name"])
        return await self.state(request)

    async def stream(self, socket: WebSocket) -> None:
        await _converse(socket, self._desk)


async def _play_with(desk: Desk, name: str) -> None:
    """Have a model play. Raises HTTPException for one that is not installed."""
    if name not in (names := await _installed(desk)):
        raise HTTPException(404, f"no model of that name is installed; there are: {', '.join(names) or 'none'}")
    await desk.play_with(name)


async def _installed(desk: Desk) -> list[str]:
    return await run_in_threadpool(lambda: [each["name"] for each in desk.models])


async def _refused(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 409
    why = error.detail if isinstance(error, HTTPException) else str(error)
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse({"refused": why}, status, headers)


async def _body(request: Request) -> Any:  # whatever JSON holds
    """The request's JSON, no more of it than is allowed. Raises HTTPException."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "send application/json")
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > LARGEST:
            raise HTTPException(413, f"more than {LARGEST} bytes")
    return _json(data)


def _json(data: bytes | bytearray | str) -> Any:  # whatever JSON holds
    """Raises HTTPException for what is no JSON, and for the numbers that are none."""
    try:
        return json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "not JSON") from error


def _no_number(text: str) -> float:
    raise ValueError(text)


async def _converse(socket: WebSocket, desk: Desk) -> None:
    """Show somebody what happens, and hear what they say, until either side leaves. What they hold then is let go."""
    if len(desk.watchers) >= _LISTENERS:
        return await socket.close(_TOO_MUCH, "too many pages are open; close some")
    await socket.accept()
    held = Ledger()
    with desk.watchers.joined() as watcher:
        watcher.tell({"state": desk.state})
        talking = asyncio.create_task(_hear(socket, desk, held, watcher))
        showing = asyncio.create_task(_show(socket, watcher))
        try:
            await asyncio.wait((talking, showing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for release in held.owed():
                desk.play(release)
            for task in (talking, showing):
                task.cancel()
            await asyncio.gather(talking, showing, return_exceptions=True)


async def _show(socket: WebSocket, watcher: Watcher) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # starlette's for one who has left
        while (text := await watcher.next()) is not None:
            await socket.send_text(text)
        await socket.close(_TOO_MUCH, "too slow for what happens")


async def _hear(socket: WebSocket, desk: Desk, held: Ledger, watcher: Watcher) -> None:
    allowance = Allowance(*_SAYS)
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            text = await socket.receive_text()
            if not allowance.spend():
                return await socket.close(_TOO_MUCH, "too many messages")
            if text == "ping":
                await socket.send_text("pong")
                continue
            try:
                await _obey(_json(text), desk, held, watcher)
            except HTTPException as error:
                watcher.tell({"refused": error.detail})
            except AntiphonError as error:
                watcher.tell({"refused": str(error)})


async def _obey(said: Any, desk: Desk, held: Ledger, watcher: Watcher) -> None:  # whatever JSON holds
    """Do what one message asks for. Raises HTTPException or AntiphonError, and then nothing has changed."""
    match said:
        case {"play": str(text)}:
            message = _message(text)
            held.note(message)
            desk.play(message)
        case {"ping": int() | float() as number}:
            watcher.tell({"pong": number, "time": time.monotonic()})
        case {"change": dict(values)}:
            if why := await description.wrong(values):
                raise HTTPException(422, why)
            await desk.change(values)
        case {"act": str(name)}:
            if name not in desk.acts:
                raise HTTPException(404, f"no act of that name; there are: {', '.join(desk.acts)}")
            await desk.act(name)
        case {"model": str(name)}:
            await _play_with(desk, name)
        case {"learn": str(target)}:
            await desk.learn(target)
        case {"unlearn": str(control)}:
            await desk.unlearn(control)
        case {"connect": {"in": list(ins), "out": list(outs)}}:
            await desk.connect(ins, outs)
        case {"reload": True}:
            await desk.reload()
        case _:
            raise HTTPException(
                400, "say {play}, {change}, {act}, {model}, {learn}, {unlearn}, {connect}, {reload} or {ping}"
            )


def _message(text: str) -> bytes:
    """A message of a channel in hexadecimal. Raises HTTPException for anything else."""
    try:
        message = bytes.fromhex(text)
    except ValueError:
        message = b""
    if not message or not 0x80 <= message[0] < 0xF0 or any(byte > _HIGHEST for byte in message[1:]):
        raise HTTPException(422, "play takes one MIDI message of a channel in hexadecimal, such as 903c40")
    if len(message) != (2 if message[0] & 0xF0 in (0xC0, 0xD0) else _LONGEST_MESSAGE):
        raise HTTPException(422, "play takes one whole MIDI message")
    return message
