"""What the stage owes the guard, done while it waits: words heard, beats given, the graph remembered."""

import select
import time
from collections.abc import Sequence
from typing import Final, Protocol

from antiphon.lines import Control, Line
from antiphon.music.events import Seconds
from antiphon.stage.distant import DistantMind
from antiphon.stage.graph import Connection, Graph

BEAT_S: Final = 0.25
GRAPH_S: Final = 0.5


class Playing(Protocol):
    """A loop, as far as the guard has a say in it."""

    def stop(self) -> None:
        """End the performance."""

    def hush(self) -> None:
        """Release what is ours."""


class Ported(Protocol):
    """Who has ports."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class Duty:
    """The loop's clock: waits for moments, and for the mind and the guard at the same time.

    mind   the mind, as a session
    """

    def __init__(self, control: Control, ports: Ported, graph: Graph, stopped: Sequence[int]) -> None:
        self._control, self._ports, self._graph, self._stopped = control, ports, graph, stopped
        self._beat_at = self._look_at = 0.0
        self._connections: list[Connection] | None = None
        self.loop: Playing | None = None
        self.mind = DistantMind(self._alone)

    def now(self) -> Seconds:
        """Seconds, monotonic."""
        return Seconds(time.monotonic())

    def wait_until(self, moment: Seconds) -> None:
        """Return at `moment` (s), or earlier when the mind or the guard has something to say."""
        files = [self._control.fileno()]
        line = self.mind.line
        if line is not None:
            files.append(line.fileno())
        readable, _, _ = select.select(files, [], [], max(0.0, moment - time.monotonic()))
        if line is not None and line.fileno() in readable:
            self.mind.called = True
        if self._control.fileno() in readable:
            self._obey()
        self._report()

    def _obey(self) -> None:
        for word, files in self._control.heard():
            if word["what"] == "mind":
                self.mind.meet(Line.of(files[0]), int(word["heard"]))
            elif word["what"] == "stop":
                self._stop()
        if not self._control.open:
            self._stop()

    def _report(self) -> None:
        now = time.monotonic()
        if self._stopped:
            self._stop()
        if now >= self._beat_at:
            self._beat_at = now + BEAT_S
            self._control.say("beat")
        if now >= self._look_at:
            self._look_at = now + GRAPH_S
            found = self._graph.of([*self._ports.inputs, *self._ports.outputs])
            if found != self._connections:
                self._connections = found
                self._control.say("graph", connections=found)

    def _stop(self) -> None:
        if self.loop:
            self.loop.stop()

    def _alone(self) -> None:
        """The mind has gone: nothing it began may go on sounding."""
        if self.loop:
            self.loop.hush()
