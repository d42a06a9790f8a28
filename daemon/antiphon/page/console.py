"""What this user's own programs may ask for, through a socket: a JSON object a line, and one for each answer.
Over loopback, the first line is the secret that stands in the file.

    {"change": {NAME: VALUE...}}   {"act": NAME}   {"get": true}   {"watch": true}
    {"model": NAME}   {"learn": TARGET}   {"unlearn": CONTROL}

Each but `watch` is answered by {"state"} or {"refused"}; `watch` shows all that the page is shown until you leave.
"""

import asyncio
import contextlib
import hmac
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from antiphon import loopback, runtime
from antiphon.errors import AntiphonError, RemoteError
from antiphon.page import description
from antiphon.page.desk import Desk
from antiphon.page.doors import LARGEST

_CLIENTS: Final = 16

Json = dict[str, Any]


@contextlib.asynccontextmanager
async def opened(desk: Desk, where: Path) -> AsyncIterator[str]:
    """Listen at the socket `where` while inside, or where a file `where` says. Says nothing, or why it cannot be
    listened there."""
    try:
        runtime.make(where.parent)
        runtime.sweep(where.parent)
        where.unlink(missing_ok=True)
        server = await _listening(Console(desk), where)
    except (RemoteError, OSError) as error:
        yield str(error)
        return
    try:
        yield ""
    finally:
        server.close()
        where.unlink(missing_ok=True)


async def _listening(console: "Console", where: Path) -> asyncio.Server:
    if loopback.used():
        ours, secret = loopback.listening(), secrets.token_hex(16)
        server = await asyncio.start_server(partial(console.admit, secret), sock=ours, limit=LARGEST)
        number = os.open(where, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(number, "w", encoding="ascii") as file:
            file.write(f"{ours.getsockname()[1]} {secret}")
    elif sys.platform != "win32":
        server = await asyncio.start_unix_server(console.serve, where, limit=LARGEST)
        os.chmod(where, 0o600)
    return server


class Console:
    """Answers each who comes."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._clients = desk, 0

    async def admit(self, secret: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Converse with one who knows the secret."""
        with contextlib.suppress(OSError):
            if hmac.compare_digest(await _line(reader), f"{secret}\n".encode()):
                return await self.serve(reader, writer)
        writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Converse with one of them until they leave."""
        self._clients += 1
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._converse(reader, writer)
        finally:
            self._clients -= 1
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._clients > _CLIENTS:
            return await _say(writer, {"refused": "too many are asking at once"})
        while line := await _line(reader):
            asked = _read(line)
            if asked.get("watch"):
                return await self._show(reader, writer)
            await _say(writer, await self._answer(asked))

    async def _answer(self, asked: Json) -> Json:
        try:
            match asked:
                case {"change": dict(values)}:
                    if why := await description.wrong(values):
                        return {"refused": why}
                    await self._desk.change(values)
                case {"act": str(name)}:
                    await self._desk.act(name)
                case {"model": str(name)}:
                    await self._desk.play_with(name)
                case {"learn": str(target)}:
                    await self._desk.learn(target)
                case {"unlearn": str(control)}:
                    await self._desk.unlearn(control)
                case {"get": True}:
                    pass
                case _:
                    return {"refused": "say {change}, {act}, {model}, {learn}, {unlearn}, {get} or {watch}"}
        except AntiphonError as error:
            return {"refused": str(error)}
        return {"state": self._desk.state}

    async def _show(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = asyncio.create_task(reader.read(1))
        with self._desk.watchers.joined() as watcher:
            watcher.tell({"state": self._desk.state})
            while not left.done():
                news = asyncio.create_task(watcher.next())
                await asyncio.wait((news, left), return_when=asyncio.FIRST_COMPLETED)
                if not news.done() or (text := news.result()) is None:
                    news.cancel()
                    break
                writer.write(text.encode() + b"\n")
                await writer.drain()
        left.cancel()


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError:  # longer than a message may be
        return b""


def _read(line: bytes) -> Json:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


async def _say(writer: asyncio.StreamWriter, said: Json) -> None:
    writer.write(json.dumps(said).encode() + b"\n")
    await writer.drain()
