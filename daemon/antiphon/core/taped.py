"""A Session that tells a tape of every call it gets and of what it orders. It plays exactly as the other does."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from antiphon.core.due import Order
from antiphon.core.model import Identified
from antiphon.core.parameters import Parameters, Value
from antiphon.core.prime import World
from antiphon.core.session import Session
from antiphon.core.tape import Frame, Kind, pieces
from antiphon.core.zones import COMMON, Role
from antiphon.music.events import Seconds

Tape: TypeAlias = Callable[[Frame, Sequence[Order]], None]
"""Takes a call, and what was ordered because of it."""


class TapedSession(Session):
    """A performance of which `tape` gets every call, once it has been answered."""

    def __init__(
        self, model: Identified, parameters: Parameters, tape: Tape, now: float = 0.0, horizon_s: float = 0.0
    ) -> None:
        super().__init__(model, parameters, now, horizon_s)
        self._tape = tape

    def receive(self, message: bytes, now: float, role: Role = Role.PLAYS, memory: int = COMMON) -> list[Order]:
        """As Session."""
        orders = super().receive(message, now, role, memory)
        if role is Role.PLAYS and memory != COMMON:
            return self._told(Kind.APART, now, bytes((memory,)) + message, orders)
        kind = {Role.PLAYS: Kind.HEARD, Role.HARMONY: Kind.STEERED}.get(role)
        return self._told(kind, now, message, orders) if kind else orders

    def advance(self, now: float) -> list[Order]:
        """As Session."""
        return self._told(Kind.ADVANCED, now, b"", super().advance(now))

    def change(self, values: Mapping[str, Value], now: float) -> list[Order]:
        """As Session."""
        orders = super().change(values, now)
        changes = {name: self._parameters.values[name] for name in values}
        return self._told(Kind.CHANGED, now, json.dumps(changes, sort_keys=True).encode(), orders)

    def switch(
        self,
        name: str,
        parameters: Parameters | None,
        model: Identified,
        when: str,
        now: float,
        world: World | None = None,
    ) -> list[Order]:
        """As Session. What a world is comes behind the call."""
        values = dict(parameters.values) if parameters else None
        said: dict[str, object] = {"scene": name, "when": when, "parameters": values}
        said |= {"model": model.name, "found_at": model.found_at, "sha256": model.sha256}
        if world:
            said["world"] = len(world.kept)
        orders = super().switch(name, parameters, model, when, now, world)
        self._told(Kind.SWITCHED, now, json.dumps(said, sort_keys=True).encode(), orders)
        for piece in pieces(world.kept) if world else ():
            self._told(Kind.RESUMED, now, piece, [])
        return orders

    def act(self, name: str, now: float) -> list[Order]:
        """As Session."""
        return self._told(Kind.ACTED, now, name.encode(), super().act(name, now))

    def _told(self, kind: Kind, now: float, payload: bytes, orders: list[Order]) -> list[Order]:
        self._tape(Frame(kind, Seconds(now), 0, payload), orders)
        return orders
