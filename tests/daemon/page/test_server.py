"""Where the page is served: each at a port of its own, and only where it listens."""

import asyncio
import urllib.request

import pytest

from antiphon.page.doors import Rules
from antiphon.page.server import HOST, serve


def test_two_that_start_at_the_same_moment_are_served_at_ports_of_their_own(desk) -> None:
    async def found() -> list[tuple[str, bytes]]:
        pages = [serve(desk, 18_911, Rules(HOST)) for _ in range(3)]
        urls = await asyncio.gather(*(page.__aenter__() for page in pages))
        answers = [await asyncio.to_thread(ping, url) for url in urls]
        for page in pages:
            await page.__aexit__(None, None, None)
        return list(zip(urls, answers, strict=True))

    served = asyncio.run(found())
    assert len({url for url, _ in served}) == 3
    assert [answer for _, answer in served] == [b"pong"] * 3


def test_an_address_that_this_machine_has_not_is_said_and_is_no_busy_port(desk) -> None:
    async def main() -> None:
        async with serve(desk, 18_931, Rules("203.0.113.77", "secret")):
            pass

    with pytest.raises(
        SystemExit, match=r"^page.listen = 203\.0\.113\.77: this machine has no address 203\.0\.113\.77"
    ):
        asyncio.run(main())


def ping(url: str) -> bytes:
    with urllib.request.urlopen(url + "/ping", timeout=5) as answer:
        return bytes(answer.read())
