"""A whole performance behind the real page, in one process, without ports: python -m tests.page.house PORT [TAKES]."""

import asyncio
import contextlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import uvicorn

from antiphon import shelf
from antiphon.core.acts import ACTS
from antiphon.core.due import Due, Order, Revoke
from antiphon.core.parameters import Parameters
from antiphon.core.scenes import SHIPPED, called, staged
from antiphon.core.session import Session
from antiphon.mind import onnx_model
from antiphon.mind.snapshots import picture
from antiphon.page import description
from antiphon.page.app import app
from antiphon.page.doors import Rules
from antiphon.page.watchers import Watchers

HORIZON_S = 0.015


class House:
    """Session and model as they are; what the processes say to each other is left out."""

    def __init__(self, folder: Path | None) -> None:
        self.acts: tuple[str, ...] = (*ACTS, "panic", *(f"scene {name}" for name in SHIPPED))
        self.watchers = Watchers()
        self.takes = folder
        self.model = onnx_model.load("default")
        self.session = Session(self.model, Parameters(), time.monotonic(), HORIZON_S)
        self._news = asyncio.Event()
        self.controls, self.learning = list[str](), ""
        self.wanted: dict[str, list[str]] = {"in": [], "out": []}
        self.reloads = 0
        self._shown = 0.0

    @property
    def state(self) -> dict[str, Any]:
        ports: dict[str, list[str]] = {"in": [], "out": []}
        offered = {"in": ["Keystation:out"], "out": ["Pianoteq:in", "Organ:in"]}
        learned = {
            "wanted": self.wanted,
            "offered": offered,
            "controls": list(self.controls),
            "learning": self.learning,
            "written": {"cc 20 on 1 = density": "/home/me/antiphon.toml:7"},
        }
        values = self.session.parameters.values
        return {"values": values, "ports": ports, "model": self.model.name, "waiting": "no ALSA", **learned}

    async def change(self, values: dict[str, Any]) -> None:
        self._order(self.session.change(values, time.monotonic()))
        self.watchers.tell(json.dumps({"state": self.state}))

    async def act(self, name: str) -> None:
        now = time.monotonic()
        if name.startswith("scene "):
            scene = called(staged({}, Parameters(), "default"), name.removeprefix("scene "))
            parameters = Parameters(scene.values)
            self._order(self.session.switch(scene.name, parameters, self.model, scene.when, now))
            self._news.set()
            return
        if name == "panic":
            name = "forget"  # which ends what sounds, and the phrase that would be answered
        self._order(self.session.act(name, now))

    @property
    def models(self) -> list[dict[str, Any]]:
        return shelf.listed()

    async def play_with(self, name: str) -> None:
        self.model = await asyncio.to_thread(onnx_model.load, name)
        self._order(self.session.switch(self.session.scene, None, self.model, "at once", time.monotonic()))
        self._news.set()
        self.watchers.tell(json.dumps({"state": self.state}))

    async def learn(self, target: str) -> None:
        """As if a knob were moved a moment later."""
        self.learning = target
        self.watchers.tell(json.dumps({"state": self.state}))
        await asyncio.sleep(0.5)
        if self.learning:
            self.controls.append(f"cc 20 on 1 = {target}")
        self.learning = ""
        self.watchers.tell(json.dumps({"state": self.state}))

    async def connect(self, ins: list[str], outs: list[str]) -> None:
        self.wanted = {"in": ins, "out": outs}
        self.watchers.tell(json.dumps({"state": self.state}))

    async def reload(self) -> None:
        self.reloads += 1

    async def unlearn(self, control: str) -> None:
        self.controls.remove(control)
        self.watchers.tell(json.dumps({"state": self.state}))

    def play(self, message: bytes) -> None:
        now = time.monotonic()
        self.watchers.tell(json.dumps({"heard": [[now, message.hex()]]}))
        self._order(self.session.receive(message, now))
        self._news.set()

    async def run(self) -> None:
        while True:
            now = time.monotonic()
            deadline = self.session.deadline
            if deadline is not None and deadline <= now:
                self._order(self.session.advance(now))
            if now - self._shown > 1 / 30:
                self._shown = now
                self.watchers.show(json.dumps({"snapshot": picture(self.session, now)}))
            span = 0.03 if deadline is None else min(0.03, max(0.0, deadline - now))
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), span)

    def _order(self, orders: list[Order]) -> None:
        for order in orders:
            if isinstance(order, Revoke):
                self.watchers.tell(json.dumps({"revoke": order.after, "orders": []}))
        if dues := [[due.time, due.message.hex()] for due in orders if isinstance(due, Due)]:
            self.watchers.tell(json.dumps({"orders": dues}))


async def main(port: int, folder: Path | None) -> None:
    description.prepare()
    house = House(folder)
    server = uvicorn.Server(uvicorn.Config(app(house, Rules()), host="127.0.0.1", port=port, log_level="warning"))
    await asyncio.gather(server.serve(), house.run())


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))
