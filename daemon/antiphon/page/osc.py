"""Open Sound Control, both ways (opensoundcontrol.org, 1.0), off unless the configuration names an address.

An act, or a scene's NAME, with an argument of 0 is the release of a button, and means nothing. Nothing is waited for: a
bundle is done at once, whatever its time tag says.
"""

import asyncio
import contextlib
import json
import math
import socket
import time
from collections.abc import AsyncIterator
from typing import Any, Final, NamedTuple

from pythonosc.udp_client import SimpleUDPClient

from antiphon.core.acts import SCENE
from antiphon.core.parameters import Value, named
from antiphon.errors import AntiphonError, ParameterError
from antiphon.page.addresses import lacking, not_ours
from antiphon.page.desk import Desk
from antiphon.page.doors import Allowance
from antiphon.page.packets import Argument, messages

ROOT: Final = "/antiphon"
_SAYS: Final = (500.0, 1000.0)
"""Messages a second, and at once: some faders moving together stay below."""
_ASKS: Final = (5.0, 5.0)
"""How often all may be asked for, a second and at once: that is some seventy messages each time."""
_NOTE_ON: Final = 0x90
_NOTE_OFF: Final = 0x80
_SOON_S: Final = 0.3


HEARD: Final = {
    "/antiphon/parameter/NAME value": "turn a parameter",
    "/antiphon/act/NAME": "have something done",
    "/antiphon/scene name": "begin a scene",
    "/antiphon/scene/NAME": "the same, for a button",
    "/antiphon/note pitch velocity": "play a note; velocity 0 ends it",
    "/antiphon/get": "have everything told",
}
TOLD: Final = {
    "/antiphon/parameter/NAME value": "a parameter has been turned",
    "/antiphon/scene name": "a scene has begun",
    "/antiphon/turn text": "listening, thinking or playing",
    "/antiphon/note/you pitch velocity seconds": "you play this, so many seconds from now",
    "/antiphon/note/antiphon pitch velocity seconds": "it plays this, so many seconds from now",
    "/antiphon/error text": "what was wrong with a message",
}
"""Addresses with their arguments, below ROOT, and what they mean: what we listen to, and what we say."""


class Address(NamedTuple):
    """Where OSC goes to or comes from. No port: nowhere."""

    host: str
    port: int

    @classmethod
    def of(cls, text: str) -> "Address":
        """From HOST:PORT, or PORT on this machine; nothing is nowhere. Raises ParameterError."""
        host, _, port = text.rpartition(":")
        if not text:
            return cls("", 0)
        if not port.isdigit() or not 1 <= int(port) <= 65535:
            raise ParameterError(f"{text!r}: give HOST:PORT, or PORT for this machine, such as 127.0.0.1:9000")
        return cls(host or "127.0.0.1", int(port))


@contextlib.asynccontextmanager
async def opened(desk: Desk, listen: str, send: str) -> AsyncIterator[str]:
    """Converse by OSC while inside. Says nothing, or why that cannot be."""
    heard, told = Address.of(listen), Address.of(send)
    client, why = _client(told) if told.port else (None, "")
    osc, tasks = Osc(desk, client), list[asyncio.Task[None]]()
    transport = None
    if heard.port:
        try:
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(lambda: osc, local_addr=(heard.host, heard.port))
        except OSError as error:
            busy = f"cannot be listened at ({error.strerror}); choose another port"
            why = f"osc.listen = {listen}: {not_ours(heard.host) if lacking(error) else busy}"
    if client:
        tasks.append(asyncio.create_task(osc.show()))
    try:
        yield why
    finally:
        for task in tasks:
            task.cancel()
        if transport:
            transport.close()


def _client(told: Address) -> tuple[SimpleUDPClient | None, str]:
    """Who tells it; none, and why, where nobody knows that host. It is looked up once, and not for each message."""
    try:
        [*_, (host, *_)] = socket.getaddrinfo(told.host, told.port, type=socket.SOCK_DGRAM)[0]
    except OSError as error:
        return None, f"osc.send = {told.host}:{told.port}: no such host ({error.strerror}); nobody is told"
    return SimpleUDPClient(str(host), told.port), ""


class Osc(asyncio.DatagramProtocol):
    """What comes in goes to the desk; what happens goes out to `client`, where there is one."""

    def __init__(self, desk: Desk, client: SimpleUDPClient | None) -> None:
        self._desk, self._client = desk, client
        self._allowance, self._asks = Allowance(*_SAYS), Allowance(*_ASKS)
        self._told = dict[str, Any]()
        self._turn = ""
        self._tasks = set[asyncio.Task[None]]()

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:  # an address of any family
        """A datagram has come."""
        for address, given in messages(data):
            if self._allowance.spend():
                task = asyncio.create_task(self._do(address.removeprefix(f"{ROOT}/").split("/"), given))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def show(self) -> None:
        """Tell what happens, as it happens."""
        with self._desk.watchers.joined() as watcher:
            self._state(self._desk.state)
            while (text := await watcher.next()) is not None:
                self._tell(json.loads(text))

    async def _do(self, path: list[str], given: tuple[Argument, ...]) -> None:
        try:
            match path:
                case ["parameter", name] if len(given) == 1:
                    await self._desk.change({name: _value(name, given[0])})
                case ["act" | "scene", _] if given[:1] in ((0,), (0.0,), (False,)):
                    pass
                case ["act", name]:
                    await self._desk.act(name)
                case ["scene", name]:
                    await self._desk.act(f"{SCENE}{name}")
                case ["scene"] if len(given) == 1 and isinstance(scene := given[0], str | int | float):
                    await self._desk.act(f"{SCENE}{scene}")
                case ["note"] if message := _played(given):
                    self._desk.play(message)
                case ["get"]:
                    self._tell_all()
                case _:
                    raise ParameterError(f"{ROOT}/{'/'.join(path)}: not known; see the documentation of control by OSC")
        except AntiphonError as error:
            self._say("error", str(error))

    def _tell_all(self) -> None:
        if self._asks.spend():
            self._told.clear()
            self._state(self._desk.state)

    def _tell(self, said: dict[str, Any]) -> None:  # JSON
        if state := said.get("state"):
            self._state(state)
        if (picture := said.get("snapshot")) and picture["turn"] != self._turn:
            self._turn = picture["turn"]
            self._say("turn", self._turn)
        for who, notes in (("you", said.get("heard", ())), ("antiphon", said.get("orders", ()))):
            for moment, text in notes:
                self._note(who, bytes.fromhex(text), moment - time.monotonic())

    def _note(self, who: str, message: bytes, seconds: float) -> None:
        status = message[0] & 0xF0
        if status in (_NOTE_ON, _NOTE_OFF) and seconds > -_SOON_S:
            velocity = message[2] if status == _NOTE_ON else 0
            self._say(f"note/{who}", [message[1], velocity, max(0.0, seconds)])

    def _state(self, state: dict[str, Any]) -> None:  # JSON
        news = {f"parameter/{name}": value for name, value in state["values"].items()}
        news |= {"scene": scene} if (scene := state.get("scene")) else {}
        for address, value in news.items():
            if self._told.get(address) != value:
                self._told[address] = value
                self._say(address, value)

    def _say(self, address: str, value: Any) -> None:
        if self._client:
            with contextlib.suppress(OSError):  # nobody listens there: OSC over UDP is said into the air
                self._client.send_message(f"{ROOT}/{address}", value)


def _played(given: tuple[Argument, ...]) -> bytes:
    """A note's message; empty where it is none."""
    match given:
        case int(pitch), int(velocity) if 0 <= pitch <= 127 and 0 <= velocity <= 127:
            return bytes((_NOTE_ON if velocity else _NOTE_OFF, pitch, velocity))
    return b""


def _value(name: str, given: Argument) -> Value:
    """What a fader or a button sends, as the parameter's type wants it. Raises ParameterError."""
    kind = named(name).type
    if given is None or isinstance(given, bytes):
        raise ParameterError(f"{name}: a number, a text, true or false is wanted")
    if kind == "bool" and isinstance(given, int | float):
        return bool(given)
    if isinstance(given, float) and not math.isfinite(given):
        raise ParameterError(f"{name}={given}: not a number")
    if kind == "int" and isinstance(given, bool | float):
        return round(given)
    if kind == "float" and isinstance(given, int):
        return float(given)
    return given
