"""Lines to the page that say nothing, or half of something, do not keep others out."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest
import uvicorn
from tests.daemon.page.conftest import FakeDesk

from antiphon.page import callers, server
from antiphon.page.app import app
from antiphon.page.callers import ELSEWHERE, OF_ONE, Caller, room
from antiphon.page.doors import Rules

HALF = {
    "nothing": b"",
    "half a line": b"GET /ping",
    "half a head": b"GET /ping HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ",
    "a head without its body": b"PATCH /api/parameters HTTP/1.1\r\nHost: 127.0.0.1\r\ncontent-length: 10\r\n\r\n{",
}
WHOLE = b"GET /ping HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Hasty(Caller):
    patience_s = 0.3


async def rest(reader: asyncio.StreamReader) -> bytes:
    """What is still said until the line is closed, politely or not."""
    with contextlib.suppress(ConnectionError):
        return await reader.read()
    return b""


def calling(desk: FakeDesk, script: Callable[[Callable[[], Awaitable[Line]]], Awaitable[None]]) -> None:
    async def main() -> None:
        config = uvicorn.Config(
            app(desk, Rules()), http=Hasty, log_level="error", lifespan="off", timeout_keep_alive=60
        )
        listening = server._bound("127.0.0.1", 18_960)
        serving = uvicorn.Server(config)
        task = asyncio.create_task(serving.serve([listening]))
        while not serving.started:
            await asyncio.sleep(0.01)
        await script(lambda: asyncio.open_connection(*listening.getsockname()))
        serving.should_exit = serving.force_exit = True
        await task

    asyncio.run(main())


@pytest.mark.parametrize("said", HALF.values(), ids=list(HALF))
def test_a_line_on_which_no_whole_request_comes_is_closed(desk: FakeDesk, said: bytes) -> None:
    async def script(call: Callable[[], Awaitable[Line]]) -> None:
        for before in (b"", WHOLE):
            reader, writer = await call()
            if before:
                writer.write(before)
                assert (await reader.readuntil(b"pong")).startswith(b"HTTP/1.1 200")
                if not said:
                    continue  # a line that was of use is kept for the next request
            writer.write(said)
            for _ in range(8):  # a byte now and then does not keep it open
                await asyncio.sleep(0.1)
                if said and not reader.at_eof():
                    writer.write(b"x")
            assert b"200" not in await asyncio.wait_for(rest(reader), 2)

    calling(desk, script)


def test_a_line_on_which_requests_come_stays(desk: FakeDesk) -> None:
    async def script(call: Callable[[], Awaitable[Line]]) -> None:
        reader, writer = await call()
        for _ in range(3):
            for part in (WHOLE[:9], WHOLE[9:]):
                writer.write(part)
                await asyncio.sleep(0.1)
            assert (await reader.readuntil(b"pong")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.3)

    calling(desk, script)


class Wire:
    """A transport as far as addresses go."""

    def __init__(self, own: str, peer: str) -> None:
        self._said = {"sockname": (own, 8765), "peername": (peer, 50_000)}

    def get_extra_info(self, name: str) -> tuple[str, int]:
        return self._said[name]


def test_who_calls_from_the_address_that_is_called_is_on_this_machine() -> None:
    assert callers._address(Wire("192.168.1.5", "192.168.1.5")) == "127.0.0.1"
    assert callers._address(Wire("192.168.1.5", "192.168.1.6")) == "192.168.1.6"


def test_other_machines_leave_room_for_this_one_and_for_one_another() -> None:
    one = ["192.168.1.7"] * OF_ONE
    assert room(one[1:], "192.168.1.7")
    assert not room(one, "192.168.1.7")
    assert room([*one, *["127.0.0.1"] * 90], "192.168.1.8")
    many = [f"192.168.2.{number}" for number in range(ELSEWHERE)]
    assert not room(many, "192.168.1.8")
    assert room(many, "127.0.0.1")
