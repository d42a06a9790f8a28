"""The page's server: what goes on between the other processes and those who watch."""

import asyncio
import contextlib
import json
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

import uvicorn

from antiphon import shelf
from antiphon.core.acts import EVERY, SCENE
from antiphon.core.controls import parse
from antiphon.core.parameter import short
from antiphon.core.parameters import Parameters
from antiphon.errors import ParameterError
from antiphon.lines import Control, Line, next_beat
from antiphon.page.addresses import lacking, not_ours
from antiphon.page.app import app
from antiphon.page.callers import MOST, Caller
from antiphon.page.desk import Desk
from antiphon.page.doors import LARGEST, Rules
from antiphon.page.watchers import Watchers

HOST: Final = "127.0.0.1"
_LONGEST_NAME: Final = 200
_MOST_PORTS: Final = 8
_STARTS_S: Final = 5.0
_TRIES: Final = 50
_STARTING: Final = "Antiphon is still starting; try again in a moment"

Json = dict[str, Any]


class Stream:
    """What the guard and the mind say is shown to all who watch; what these ask for, the guard is told."""

    def __init__(self, control: Control, takes: Path | None = None, scenes: Sequence[str] = ()) -> None:
        self.takes = takes
        self.acts: tuple[str, ...] = (*EVERY, *(f"{SCENE}{name}" for name in scenes))
        self.watchers = Watchers()
        self._control = control
        self._state: Json = {"values": {}, "ports": {}, "model": None, "waiting": None}
        self._mind: Line | None = None
        self._known = asyncio.Event()

    @property
    def state(self) -> Json:
        """How things stand, as the guard said last."""
        return self._state

    async def change(self, values: Json) -> None:
        """Have the guard turn some parameters. Raises ParameterError."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._known.wait(), _STARTS_S)
        if not self._state["values"]:
            raise ParameterError(_STARTING)
        turned = Parameters(self._state["values"]).changed(**values)
        self._control.say("change", parameters=values)
        self._stand(values=dict(turned.values))

    async def act(self, name: str) -> None:
        """Have the guard have something done. Raises ParameterError for what is none of `acts`."""
        if name not in self.acts:
            called, kind = name.removeprefix(SCENE), "scene" if name.startswith(SCENE) else "act"
            known = [act.removeprefix(SCENE) for act in self.acts if act.startswith(SCENE) == (kind == "scene")]
            raise ParameterError(f"no {kind} named {short(called)!r}; there are: {', '.join(known)}")
        self._control.say("act", name=name)

    @property
    def models(self) -> list[Json]:
        """The models that are installed now."""
        return shelf.listed()

    async def play_with(self, name: str) -> None:
        """Have the guard have an installed model play. Raises ParameterError for another."""
        names = await asyncio.to_thread(lambda: [each["name"] for each in self.models])
        if name not in names:
            raise ParameterError(f"no model {short(name)!r} is installed; there are: {', '.join(names) or 'none'}")
        self._control.say("model", name=name)

    async def learn(self, target: str) -> None:
        """Have the guard learn a control. Raises ParameterError."""
        if target:
            parse(f"cc 20 = {target}", self.acts)
        self._control.say("learn", target=target)

    async def unlearn(self, control: str) -> None:
        """Have the guard forget one. Raises ParameterError."""
        if control not in self._state.get("controls", ()):
            raise ParameterError(f"no control {short(control)!r}; see `antiphon controls list`")
        self._control.say("unlearn", control=control)

    async def connect(self, ins: list[str], outs: list[str]) -> None:
        """Have the guard listen and play elsewhere. Raises ParameterError."""
        for name in (*ins, *outs):
            if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME:
                raise ParameterError("connect takes parts of ports' names")
        if max(len(ins), len(outs)) > _MOST_PORTS:
            raise ParameterError(f"no more than {_MOST_PORTS} ports each way")
        self._control.say("connect", ins=ins, outs=outs)

    async def reload(self) -> None:
        """Have the guard read the configuration again."""
        self._control.say("reload")

    def play(self, message: bytes) -> None:
        """A message of the player's, to be heard like any."""
        self._control.say("play", message=message.hex())

    async def follow(self) -> None:
        """Take what the others say, until the guard has gone or says stop."""
        loop, over = asyncio.get_running_loop(), asyncio.Event()

        def obey() -> None:
            for word, files in self._control.heard():
                match word.pop("what"):
                    case "mind":
                        self._attach(loop, Line.of(files[0]))
                    case "state":
                        self._stand(**word)
                    case "stop":
                        over.set()
            if not self._control.open:
                over.set()

        loop.add_reader(self._control.fileno(), obey)
        obey()
        while not over.is_set():
            self._control.say("beat")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), next_beat(now := time.monotonic()) - now)
        loop.remove_reader(self._control.fileno())

    def _stand(self, **news: Any) -> None:  # JSON
        self._state = {**self._state, **news}
        if self._state["values"]:
            self._known.set()
        self.watchers.tell(json.dumps({"state": self._state}))

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
        for parcel in self._mind.received():
            said = parcel.decode()
            if said.startswith('{"time"'):  # a picture; all else are events
                self.watchers.show(f'{{"snapshot": {said}}}')
            else:
                self.watchers.tell(said)
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
async def serve(desk: Desk, port: int, rules: Rules) -> AsyncIterator[str]:
    """Serve on `port` or the next that is free; the url while it lasts."""
    listening = _bound(rules.address, port)
    quiet: Json = {"log_level": "warning", "lifespan": "off", "access_log": False, "date_header": False}
    limits: Json = {"ws_max_size": LARGEST, "limit_concurrency": MOST, "server_header": False}
    server = _Restful(uvicorn.Config(app(desk, rules), http=Caller, **quiet, **limits))
    serving = asyncio.create_task(server.serve([listening]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    try:
        yield f"http://{rules.address}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        server.over.set()
        await serving


def _bound(address: str, port: int) -> socket.socket:
    """A socket that listens already: on Linux two may be bound to a port as long as none does, and the second to begin
    would serve nobody."""
    for number in range(port, port + _TRIES):
        listening = socket.socket()
        if sys.platform == "win32":  # where that other option lets several listen at the same port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((address, number))
            listening.listen()
        except OSError as error:
            listening.close()
            if lacking(error):
                raise SystemExit(f"page.listen = {address}: {not_ours(address)}") from error
            continue
        return listening
    raise SystemExit(f"no free port from {port} to {port + _TRIES - 1} for the page")
