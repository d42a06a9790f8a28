"""Open Sound Control over real datagrams on this machine, in and out."""

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pythonosc.osc_message import OscMessage
from pythonosc.udp_client import SimpleUDPClient
from tests.daemon.page.conftest import FakeDesk

from antiphon.errors import ParameterError
from antiphon.page.osc import HEARD, Address, opened


def listener() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.setblocking(False)
    return made


class Surface:
    """A controller that speaks OSC, connected to a desk."""

    def __init__(self, desk: FakeDesk, out: SimpleUDPClient, ears: socket.socket) -> None:
        self.desk, self._out, self._ears = desk, out, ears

    def say(self, address: str, *values: Any) -> None:
        self._out.send_message(address, list(values))

    async def until(self, found: Callable[[], bool]) -> None:
        end = time.monotonic() + 5
        while not found():
            assert time.monotonic() < end, "nothing came of it"
            await asyncio.sleep(0.01)

    async def heard(self, address: str) -> list[Any]:
        """The arguments of the next message of that address."""
        end = time.monotonic() + 5
        while True:
            assert time.monotonic() < end, f"{address} was not said"
            try:
                message = OscMessage(self._ears.recv(4096))
            except BlockingIOError:
                await asyncio.sleep(0.01)
                continue
            if message.address == address:
                return list(message.params)


def conversing(desk: FakeDesk, script: Callable[[Surface], Awaitable[None]]) -> None:
    async def main() -> None:
        with listener() as ears, listener() as free:
            port = free.getsockname()[1]
            free.close()
            told = "{}:{}".format(*ears.getsockname())
            async with opened(desk, str(port), told) as why:
                assert why == ""
                await script(Surface(desk, SimpleUDPClient("127.0.0.1", port), ears))

    asyncio.run(main())


def test_parameters_are_turned_in_their_own_type_and_told_back(desk: FakeDesk) -> None:
    async def script(surface: Surface) -> None:
        surface.say("/antiphon/parameter/temperature", 1)
        await surface.until(lambda: desk.parameters.temperature == 1.0)
        surface.say("/antiphon/parameter/polyphony", 3.0)
        await surface.until(lambda: desk.parameters.polyphony == 3)
        surface.say("/antiphon/parameter/mode", "duet")
        await surface.until(lambda: desk.parameters.mode == "duet")
        desk.watchers.tell(json.dumps({"state": desk.state}))
        while await surface.heard("/antiphon/parameter/mode") != ["duet"]:
            pass

    conversing(desk, script)


def test_what_is_wrong_is_said_and_changes_nothing(desk: FakeDesk) -> None:
    async def script(surface: Surface) -> None:
        before = desk.parameters
        for address, values in (
            ("/antiphon/parameter/temperature", (99.0,)),
            ("/antiphon/parameter/temperature", (float("nan"),)),
            ("/antiphon/parameter/temperature", ()),
            ("/antiphon/parameter/tempratur", (1.0,)),
            ("/antiphon/parameter/mode", (3,)),
            ("/antiphon/note", (60, 300)),
            ("/antiphon/nonsense", ()),
        ):
            surface.say(address, *values)
            assert await surface.heard("/antiphon/error") != [""]
        assert (desk.parameters, desk.played) == (before, [])

    conversing(desk, script)


def test_acts_are_done_and_the_release_of_a_button_means_nothing(desk: FakeDesk) -> None:
    async def script(surface: Surface) -> None:
        for values in ((), (1.0,), (0.0,), (0,), (1,)):
            surface.say("/antiphon/act/another", *values)
        await surface.until(lambda: len(desk.acted) >= 3)
        await asyncio.sleep(0.1)
        assert desk.acted == ["another"] * 3

    conversing(desk, script)


def test_who_sends_without_an_end_is_heard_so_often_and_no_more(desk: FakeDesk) -> None:
    async def script(surface: Surface) -> None:
        begun = time.monotonic()
        for _ in range(3000):
            surface.say("/antiphon/act/another")
            await asyncio.sleep(0)
        await asyncio.sleep(0.2)
        heard = len(desk.acted)
        assert 0 < heard < 1000 + 500 * (time.monotonic() - begun) + 1
        await asyncio.sleep(0.2)
        surface.say("/antiphon/act/hold")
        await surface.until(lambda: desk.acted[-1] == "hold")

    conversing(desk, script)


def test_every_address_of_the_reference_is_known(desk: FakeDesk) -> None:
    given: dict[str, tuple[str, tuple[Any, ...]]] = {
        "/antiphon/parameter/NAME value": ("/antiphon/parameter/temperature", (0.5,)),
        "/antiphon/act/NAME": ("/antiphon/act/another", ()),
        "/antiphon/scene name": ("/antiphon/scene", ("night piano",)),
        "/antiphon/scene/NAME": ("/antiphon/scene/trade-fours", ()),
        "/antiphon/note pitch velocity": ("/antiphon/note", (60, 80)),
        "/antiphon/get": ("/antiphon/get", ()),
    }

    async def script(surface: Surface) -> None:
        for said in HEARD:
            surface.say(given[said][0], *given[said][1])
        surface.say("/antiphon/nonsense")
        assert "nonsense" in (await surface.heard("/antiphon/error"))[0], "the first that is refused"
        assert desk.acted == ["another", "scene night piano", "scene trade-fours"]
        assert desk.played == ["903c50"]

    conversing(desk, script)


def test_scenes_are_called_for_by_name_or_button_and_told_when_they_have_begun(desk: FakeDesk) -> None:
    async def script(surface: Surface) -> None:
        surface.say("/antiphon/scene", "night piano")
        await surface.until(lambda: desk.acted == ["scene night piano"])
        for values in ((1.0,), (0.0,), ()):
            surface.say("/antiphon/scene/trade-fours", *values)
        await surface.until(lambda: len(desk.acted) >= 3)
        await asyncio.sleep(0.1)
        assert desk.acted[1:] == ["scene trade-fours"] * 2
        for scene in ("", "trade-fours", "trade-fours", "night piano"):
            desk.watchers.tell(json.dumps({"state": {**desk.state, "scene": scene}}))
        assert await surface.heard("/antiphon/scene") == ["trade-fours"]
        assert await surface.heard("/antiphon/scene") == ["night piano"]

    conversing(desk, script)


def test_notes_are_played_and_told_with_the_seconds_until_they_sound(desk: FakeDesk) -> None:
    async def script(surface: Surface) -> None:
        surface.say("/antiphon/note", 60, 80)
        surface.say("/antiphon/note", 60, 0)
        await surface.until(lambda: desk.played == ["903c50", "803c00"])
        desk.watchers.tell(json.dumps({"orders": [[time.monotonic() + 0.2, "904050"]]}))
        pitch, velocity, seconds = await surface.heard("/antiphon/note/antiphon")
        assert (pitch, velocity) == (64, 80)
        assert 0.0 < seconds <= 0.2

    conversing(desk, script)


def test_bytes_that_are_no_osc_are_passed_over(desk: FakeDesk) -> None:
    async def script(surface: Surface) -> None:
        for data in (b"", b"garbage", b"/antiphon/act", b"#bundle\0" + b"\xff" * 40):
            surface._out._sock.sendto(data, (surface._out._address, surface._out._port))
        surface.say("/antiphon/act/hold")
        await surface.until(lambda: desk.acted == ["hold"])

    conversing(desk, script)


@pytest.mark.parametrize("text", ["nine", "127.0.0.1:0", "127.0.0.1:99999", "host:"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="give HOST:PORT"):
        Address.of(text)


def test_a_port_that_is_taken_is_said(desk: FakeDesk) -> None:
    async def main(port: int) -> str:
        async with opened(desk, f"127.0.0.1:{port}", "") as why:
            return why

    with listener() as taken:
        why = asyncio.run(main(taken.getsockname()[1]))
    assert "cannot be listened at" in why
