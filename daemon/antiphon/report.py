"""What the guard knows of its processes, for whoever takes a place after them, and put for those who look: the
ready-file, systemd's status, the page."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from antiphon.bus import Bus
from antiphon.children import Child
from antiphon.priority import LOCKED
from antiphon.settings import Settings

_WITHOUT_PORTS: Final = {"inputs": [], "outputs": [], "granted": ""}

Words = dict[str, Any]  # JSON


class Known:
    """What the processes have said: each of itself as it was ready, and what whoever takes its place is to go on with.

    backend      the MIDI system; the first that was met stays
    connections  those that the stage's ports have
    waiting      why there is no MIDI, where there is none
    scene        the last, and `playing` where the last model is found, for the next mind
    awaits       the name of the music that the mind is to come out of once it is heard, where there is some
    """

    def __init__(self, backend: str) -> None:
        self.backend = backend
        self.connections: list[tuple[str, str]] = []
        self.waiting = self.scene = self.playing = ""
        self.awaits: str | None = None
        self._said: dict[str, Words] = {}

    @property
    def heard(self) -> int:
        """The number of the last message that the mind knew of as it was ready."""
        return int(self._said["mind"]["heard"])

    @property
    def played(self) -> bool:
        """Whether there has been a mind that could play."""
        return "mind" in self._said

    @property
    def priority(self) -> int:
        """The stage's, as the mind may have it."""
        return int(self._said["stage"].get("priority", 0))

    @property
    def own(self) -> list[str]:
        """The names of our ends of the ports, as others see them."""
        return list(self._said.get("stage", {}).get("own", []))

    def ready(self, name: str, word: Words) -> None:
        """A process does its work. A stage stays with the MIDI system that was once there."""
        self._said[name] = word | ({"own": self.own} if word.get("why") else {})
        if name == "stage" and not word.get("why"):
            self.waiting, self.backend = "", word["backend"]

    def ports(self, word: Words) -> None:
        """The stage's ports are others."""
        self._said["stage"] |= {name: word[name] for name in ("inputs", "outputs", "offered")}

    def wait(self, why: str) -> None:
        """There is no MIDI."""
        self.waiting = why
        self._said["stage"] = {**self._said.get("stage", {}), **_WITHOUT_PORTS, "own": self.own}

    def rewire(self) -> None:
        """The next stage has other ports: nothing of the connections holds."""
        self.connections = []
        self._said.get("stage", {})["own"] = []

    def turned(self, word: Words) -> None:
        """The mind plays another scene or model."""
        self.scene = str(word.get("scene", self.scene))
        self.playing = str(word.get("found_at", self.playing))
        if mind := self._said.get("mind"):
            mind["model"] = word.get("model", mind["model"])

    def summary(self, children: Mapping[str, Child]) -> Words:
        """{"pids", "ports", "model", "granted"}, and "page" where one is served: for who started us."""
        stage = self._said["stage"]
        pids = {"guard": os.getpid(), **{name: child.pid for name, child in children.items()}}
        ports = {"in": stage["inputs"], "out": stage["outputs"]}
        model = self._said["mind"]["model"]
        found: Words = {"pids": pids, "ports": ports, "model": model, "granted": stage["granted"]}
        if url := self._said.get("page", {}).get("url"):
            found["page"] = {"url": url, "websocket": "/ws"}
        return found

    def state(self, bus: Bus, settings: Settings, mind: Child | None) -> Words:
        """{"values", "ports", "offered", "wanted", "model", "waiting", "scene", "controls", "written", "learning"}: how
        things stand, for who watches. Of ports, those there are, those there could be, and those that were asked for by
        parts of their names. Of controls, those there are, and where those stand that the configuration began with."""
        stage = self._said.get("stage", {})
        ports = {"in": stage.get("inputs", []), "out": stage.get("outputs", [])}
        model = self._said.get("mind", {}).get("model") if mind and mind.ready else None
        offered = stage.get("offered", ([], []))
        ways: Words = {"offered": _ways(*offered), "wanted": _ways(settings.ins, settings.outs)}
        said: Words = {**ways, "ports": ports, "model": model, "waiting": self.waiting or None, "scene": self.scene}
        return {
            "values": bus.values,
            "controls": bus.controls,
            "written": settings.written,
            "learning": bus.learning,
            **said,
        }


def ungranted(word: Words) -> str:
    """What a stage that is ready was not granted though it asked for it; nothing where that is all. Memory is locked on
    Linux only."""
    if not word.get("in_time", True):
        return "real-time priority"
    locks = sys.platform == "linux" and "granted" in word
    return LOCKED if locks and LOCKED not in word["granted"] else ""


def fields(word: Words) -> str:
    """A word as a log shows it."""
    return " ".join(f"{name}={value!r}" for name, value in word.items() if name != "what")


def _ways(ins: Sequence[str], outs: Sequence[str]) -> Words:
    return {"in": list(ins), "out": list(outs)}
