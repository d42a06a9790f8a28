"""Open Sound Control over real datagrams on this machine, in and out."""

import asyncio
import json
import math
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.udp_client import SimpleUDPClient
from tests.daemon.page.conftest import FakeDesk

from antiphon.errors import ParameterError
from antiphon.page.osc import HEARD, Address, Osc, opened
from antiphon.page.packets import MOST, messages

NTP = 2_208_988_800
"""Seconds from where OSC counts to where Python does."""


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

    def send(self, data: bytes) -> None:
        """Any bytes, as one datagram."""
        self._out._sock.sendto(data, (self._out._address, self._out._port))

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
            surface.send(data)
        surface.say("/antiphon/act/hold")
        await surface.until(lambda: desk.acted == ["hold"])

    conversing(desk, script)


def message(address: str, types: str = "", values: bytes = b"") -> bytes:
    return b"".join(text + bytes(4 - len(text) % 4) for text in (address.encode(), f",{types}".encode())) + values


def bundle(*elements: bytes, ahead_s: float = 0.0) -> bytes:
    tag = int((time.time() + NTP + ahead_s) * 2**32)
    return b"#bundle\0" + struct.pack(">Q", tag) + b"".join(struct.pack(">i", len(e)) + e for e in elements)


@pytest.mark.parametrize("ahead_s", [0.2, 3600.0, -3600.0])
def test_a_bundle_for_later_is_done_at_once_and_nothing_waits_for_it(desk: FakeDesk, ahead_s: float) -> None:
    async def script(surface: Surface) -> None:
        begun = time.monotonic()
        surface.send(bundle(message("/antiphon/act/hold"), message("/antiphon/act/another"), ahead_s=ahead_s))
        await surface.until(lambda: desk.acted == ["hold", "another"])
        assert time.monotonic() - begun < 0.15

    conversing(desk, script)


def test_a_datagram_is_read_to_so_many_messages_and_no_further(desk: FakeDesk) -> None:
    async def script(surface: Surface) -> None:
        surface.send(bundle(*[message("/antiphon/act/another")] * 1500))
        surface.say("/antiphon/act/hold")
        await surface.until(lambda: "hold" in desk.acted)
        assert 100 < desk.acted.count("another") <= MOST

    conversing(desk, script)


def test_bundles_in_one_another_are_opened_so_deep_and_no_deeper(desk: FakeDesk) -> None:
    async def script(surface: Surface) -> None:
        shallow = bundle(bundle(message("/antiphon/act/another")))
        deep = message("/antiphon/act/another")
        for _ in range(2500):
            deep = bundle(deep)
        for data in (deep, shallow):
            surface.send(data)
        surface.say("/antiphon/act/hold")
        await surface.until(lambda: "hold" in desk.acted)
        assert desk.acted == ["another", "hold"]

    conversing(desk, script)


class Written(SimpleUDPClient):
    """Who is told what happens, and writes the addresses down."""

    def __init__(self) -> None:
        self.addresses: list[str] = []

    def send_message(self, address: str, value: Any = "") -> None:
        self.addresses.append(address)


def test_all_is_told_only_so_often_however_often_it_is_asked_for(desk: FakeDesk) -> None:
    async def script() -> list[str]:
        osc = Osc(desk, written := Written())
        osc.datagram_received(bundle(*[message("/antiphon/get")] * 100), ())
        await asyncio.sleep(0.05)
        return written.addresses

    assert asyncio.run(script()).count("/antiphon/parameter/mode") == 5


ODD = {
    "a blob": ("b", struct.pack(">i", 4) + b"abcd"),
    "a blob that claims more": ("b", struct.pack(">i", 1 << 30) + b"abcd"),
    "a blob below nothing": ("b", struct.pack(">i", -8)),
    "an array": ("[ff]", bytes(8)),
    "arrays without an end": ("[" * 30_000, b""),
    "nothing": ("N", b""),
    "a colour": ("r", bytes(4)),
    "no types that there are": ("z" * 30_000, b""),
    "a value that is missing": ("d", b""),
    "no number": ("f", struct.pack(">f", math.nan)),
    "a text that is not one": ("s", b"\xff\xfe\0\0"),
    "a text without an end": ("s", b"abcd"),
}


@pytest.mark.parametrize(("types", "values"), ODD.values(), ids=list(ODD))
@pytest.mark.parametrize("address", ["/antiphon/parameter/temperature", "/antiphon/scene", "/antiphon/note"])
def test_what_is_no_value_is_refused_or_passed_over_and_nothing_is_logged(
    desk: FakeDesk, caplog: pytest.LogCaptureFixture, address: str, types: str, values: bytes
) -> None:
    async def script(surface: Surface) -> None:
        surface.send(message(address, types, values))
        surface.send(b"/\xff\xfe\0,i\0\0\0\0\0\1")
        surface.say("/antiphon/act/hold")
        await surface.until(lambda: desk.acted[-1:] == ["hold"])

    before = desk.parameters
    conversing(desk, script)
    assert (desk.parameters, desk.played) == (before, [])
    assert caplog.text == ""


@given(st.binary(max_size=200))
def test_any_datagram_is_read_to_its_end(data: bytes) -> None:
    for raw in (data, b"/a\0\0" + data, b"/a\0\0,sbi" + data, bundle(data), bundle()[:16] + data):
        for address, _ in messages(raw):
            assert address.startswith("/")


def test_what_other_programs_send_is_read_as_they_mean_it() -> None:
    made = OscMessageBuilder("/a")
    values: tuple[Any, ...] = (1, 0.5, "piano", True, False, None, b"abc", 1 << 40, 0.25)
    for value in values[:-1]:
        made.add_arg(value)
    made.add_arg(values[-1], "d")
    assert messages(made.build().dgram) == [("/a", values)]
    assert messages(message("/a", "I")) == [("/a", ())]
    assert messages(b"/a\0\0") == [("/a", ())]


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


@pytest.mark.parametrize(
    ("listen", "send", "said"),
    [
        ("203.0.113.77:9000", "", "osc.listen = 203.0.113.77:9000: this machine has no address 203.0.113.77"),
        ("none.invalid:9000", "", "osc.listen = none.invalid:9000: this machine has no address none.invalid"),
        ("", "none.invalid:9000", "osc.send = none.invalid:9000: no such host"),
    ],
)
def test_an_address_that_this_machine_has_not_is_said(desk: FakeDesk, listen: str, send: str, said: str) -> None:
    async def main() -> str:
        async with opened(desk, listen, send) as why:
            return why

    assert asyncio.run(main()).startswith(said)
