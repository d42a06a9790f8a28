"""What each process is told first: out of the settings, and of what has become of them since."""

import os
from collections.abc import Iterable, Mapping
from typing import Any

from antiphon.core.parameters import Value
from antiphon.core.trigger import CC, NOTE, PROGRAM, Trigger, places
from antiphon.report import Known
from antiphon.settings import Settings

Words = dict[str, Any]  # JSON


def play(settings: Settings, backend: str, connections: list[tuple[str, str]], own: list[str]) -> Words:
    """For the stage: the MIDI system, whom to listen and to play to, and what calls for scenes; the connections and
    names of the stage before."""
    wanted: Words = {"ins": settings.ins, "outs": settings.outs, "thru": settings.thru, "lights": settings.lights}
    wanted |= {"zones": settings.zones, "calls": calls(settings.scenes)}
    return {"backend": backend, **wanted, "connections": connections, "own": own}


def calls(scenes: Iterable[Mapping[str, Any]]) -> list[str]:
    """How the messages begin that call for one of these scenes, in hexadecimal."""
    triggers = list[Trigger]()
    for scene in scenes:
        if scene["program"] > 0:
            triggers.append(Trigger(PROGRAM, scene["program"] - 1))
        triggers += [Trigger(kind, scene[key]) for kind, key in ((CC, "controller"), (NOTE, "note")) if scene[key] >= 0]
    return sorted(place.hex() for place in places(triggers))


def think(settings: Settings, parameters: Mapping[str, Value], known: Known, afresh: bool) -> Words:
    """For the mind: its model and parameters, the music before, and what the last one did, or to begin `afresh`."""
    music = {"model": settings.model, "primes": settings.primes, "parameters": dict(parameters)}
    last = {"scene": known.scene, "playing": known.playing, "awaits": None if afresh else known.awaits}
    return {**music, "scenes": settings.scenes, **last, "afresh": afresh, "again": known.played}


def serve(settings: Settings) -> Words:
    """For the page: where to listen, and what there is to be shown; who the guard is, which need not be its parent."""
    doors = {"port": settings.page, "address": settings.address, "token": settings.token, "osc": dict(settings.osc)}
    takes = settings.takes["folder"] if settings.takes else None
    return {**doors, "guard": os.getpid(), "takes": takes, "scenes": [scene["name"] for scene in settings.scenes]}


def write(takes: Mapping[str, Value]) -> Words:
    """For the scribe: where takes go, and what is set about them."""
    return {"folder": takes["folder"], "settings": dict(takes)}
