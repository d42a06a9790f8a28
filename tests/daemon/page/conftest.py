"""A desk that writes down what it is asked for."""

from pathlib import Path
from typing import Any

import pytest

from antiphon.core.acts import ACTS
from antiphon.core.parameters import Parameters
from antiphon.page.watchers import Watchers


class FakeDesk:
    def __init__(self) -> None:
        self.acts: tuple[str, ...] = (*ACTS, "panic")
        self.watchers = Watchers()
        self.parameters = Parameters()
        self.acted: list[str] = []
        self.played: list[str] = []
        self.wanted: dict[str, list[str]] = {}
        self.reloads = 0
        self.takes: Path | None = None

    @property
    def state(self) -> dict[str, Any]:
        return {"values": dict(self.parameters.values), "ports": {}, "model": "fake", "waiting": None}

    async def change(self, values: dict[str, Any]) -> None:
        self.parameters = self.parameters.changed(**values)

    async def act(self, name: str) -> None:
        self.acted.append(name)

    @property
    def models(self) -> list[dict[str, Any]]:
        return [{"name": name, "data": ["tunes"], "licence": "free"} for name in ("fake", "other")]

    async def play_with(self, name: str) -> None:
        self.acted.append(f"model {name}")

    async def learn(self, target: str) -> None:
        self.acted.append(f"learn {target}")

    async def connect(self, ins: list[str], outs: list[str]) -> None:
        self.wanted = {"in": ins, "out": outs}

    async def reload(self) -> None:
        self.reloads += 1

    async def unlearn(self, control: str) -> None:
        self.acted.append(f"unlearn {control}")

    def play(self, message: bytes) -> None:
        self.played.append(message.hex())


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()
