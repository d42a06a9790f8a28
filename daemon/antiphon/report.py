"""What the guard knows, put for those who look: the ready-file, systemd's status, the page."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from antiphon.bus import Bus
from antiphon.children import Child

Words = dict[str, Any]  # JSON


def summary(known: Mapping[str, Words], children: Mapping[str, Child]) -> Words:
    """{"pids", "ports", "model", "granted"}, and "page" where one is served: for who started us.

    known      what each process has said of itself, by its name
    children   the processes
    """
    stage = known["stage"]
    pids = {"guard": os.getpid(), **{name: child.pid for name, child in children.items()}}
    ports = {"in": stage["inputs"], "out": stage["outputs"]}
    found: Words = {"pids": pids, "ports": ports, "model": known["mind"]["model"], "granted": stage["granted"]}
    if url := known.get("page", {}).get("url"):
        found["page"] = {"url": url, "websocket": "/ws"}
    return found


def state(
    bus: Bus,
    wanted: tuple[Sequence[str], Sequence[str]],
    known: Mapping[str, Words],
    children: Mapping[str, Child],
    waiting: str,
) -> Words:
    """{"values", "ports", "offered", "wanted", "model", "waiting", "controls", "learning"}: how things stand, for who
    watches. Of ports, those there are, those there could be, and those that were asked for.

    wanted    parts of ports' names, to listen to and to play to
    waiting   what is waited for, or nothing
    """
    stage, mind = known.get("stage", {}), children.get("mind")
    ports = {"in": stage.get("inputs", []), "out": stage.get("outputs", [])}
    model = known.get("mind", {}).get("model") if mind and mind.ready else None
    offered = stage.get("offered", ([], []))
    ways: Words = {"offered": _ways(*offered), "wanted": _ways(*wanted)}
    said: Words = {**ways, "ports": ports, "model": model, "waiting": waiting or None}
    return {"values": bus.values, "controls": bus.controls, "learning": bus.learning, **said}


def fields(word: Words) -> str:
    """A word as a log shows it."""
    return " ".join(f"{name}={value!r}" for name, value in word.items() if name != "what")


def _ways(ins: Sequence[str], outs: Sequence[str]) -> Words:
    return {"in": list(ins), "out": list(outs)}
