"""What the stage owes the guard, done while it waits: words heard, beats given, the graph remembered."""

import select
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from antiphon.core.messages import Beat
from antiphon.core.zones import Zone, parse
from antiphon.lines import Control, Line, next_beat
from antiphon.music.events import Seconds
from antiphon.music.ledger import Ledger
from antiphon.stage.commands import Commands
from antiphon.stage.distant import DistantMind
from antiphon.stage.graph import Connection, Graph
from antiphon.stage.loop import Wire

SHARP_S: Final = 0.0002 if sys.platform != "win32" else 0.002
"""How long before a moment to stop sleeping and to count on: a sleep ends some 0.1 ms late; Windows counts whole ms."""


class Playing(Protocol):
    """A loop, as far as the guard has a say in it.

    alone   whether nobody is connected who could play to it
    """

    alone: bool

    def stop(self) -> None:
        """End the performance."""

    def hush(self) -> None:
        """Release what is ours."""

    def panic(self) -> None:
        """Silence everything."""

    def pace(self, beat: Beat) -> None:
        """Send a clock with these beats."""


class Ported(Wire, Protocol):
    """Who has ports, or stands in for them."""

    notices: list[str]

    @property
    def plugged(self) -> bool:
        """Whether there are any."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Ports we listen to."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Ports we play to."""

    @property
    def own(self) -> tuple[str, ...]:
        """Our ends of them."""

    @property
    def offered(self) -> tuple[list[str], list[str]]:
        """Ports of others to listen to, and to play to."""

    def give(self, message: bytes) -> None:
        """Receive what is played elsewhere."""

    def let_go(self, own: str) -> None:
        """Receive what is held on our input of that name as released."""

    def divide(self, zones: Sequence[Zone]) -> None:
        """Sort what is pressed on the inputs into these zones."""

    def show(self, message: bytes) -> None:
        """Have controllers show how something stands."""

    def alive(self) -> bool:
        """False once the server behind them has gone."""

    def follow(self) -> bool:
        """Connect to what has come. True where something has changed."""

    def settle(self) -> None:
        """Release what an earlier stage left sounding."""

    def close(self) -> None:
        """Close all."""


class Duty:
    """The loop's clock: waits for moments, and for the mind and the guard at the same time.

    mind      the mind, as a session
    missing   connections still to be restored
    """

    def __init__(
        self,
        control: Control,
        ports: Ported,
        graph: Graph,
        stopped: Sequence[int],
        missing: Sequence[Connection] = (),
    ) -> None:
        self._control, self._ports, self._graph, self._stopped = control, ports, graph, stopped
        self._missing = list(missing)
        self._beat_at = 0.0
        self._connections: list[Connection] = []
        self._thinned = False
        self._offered: tuple[list[str], list[str]] = ([], [])
        self._played = Ledger()  # what is down on the page
        self.loop: Playing | None = None
        self.mind = DistantMind(self._alone, self._paced)
        self.commands = Commands(lambda what, message: control.say(what, message=message.hex()))

    def now(self) -> Seconds:
        """Seconds, monotonic."""
        return Seconds(time.monotonic())

    def wait_until(self, moment: Seconds, sharp: bool = False) -> None:
        """Return at `moment` (s), or earlier when there is something to hear from the mind or the guard, or when we owe
        the guard something."""
        line = self.mind.line
        files: list[Control | Line] = [self._control, line] if line else [self._control]
        sharp &= moment <= self._beat_at
        wakes_at = min(moment - (SHARP_S if sharp else 0.0), self._beat_at)
        readable, _, _ = select.select(files, (), (), max(0.0, wakes_at - time.monotonic()))
        while sharp and not readable and time.monotonic() < moment:
            pass
        if readable:
            self.mind.called |= line in readable
            if self._control in readable:
                self._obey()
        if self._stopped:
            self._stop()
        if (now := time.monotonic()) >= self._beat_at:
            self._beat_at = next_beat(now)
            self._control.say("beat")
            self._look()

    def doze(self, moment: Seconds, every_s: float, stirs: Callable[[], bool]) -> None:
        """Return at `moment` (s), or as soon as something `stirs`, which is asked each `every_s` seconds; and as
        `wait_until` does. A look from here costs a third of one through the whole loop."""
        line = self.mind.line
        files = [each.fileno() for each in ([self._control, line] if line else [self._control])]
        end = min(moment, self._beat_at)
        while not stirs() and not self._stopped and (left := end - time.monotonic()) > 0:
            if select.select(files, (), (), min(every_s, left))[0]:
                break
        self.wait_until(Seconds(time.monotonic()))

    def _obey(self) -> None:
        for word, files in self._control.heard():
            if word["what"] == "mind":
                self.mind.meet(Line.of(files[0]), int(word["heard"]))
            else:
                self._do(word)
        if not self._control.open:
            self._stop()

    def _do(self, word: dict[str, Any]) -> None:  # JSON
        match word["what"]:
            case "play":
                self._played.note(message := bytes.fromhex(word["message"]))
                self._ports.give(message)
            case "page gone":
                for release in self._played.owed():
                    self._ports.give(release)
                self._played.clear()
            case "show":
                for message in word["messages"]:
                    self._ports.show(bytes.fromhex(message))
            case "zones":
                self._ports.divide([parse(line) for line in word["zones"]])
            case "controls":
                self.commands.places = frozenset(bytes.fromhex(place) for place in word["places"])
                self.commands.learning = word["learning"]
            case "panic" if self.loop:
                self.loop.panic()
            case "stop":
                self._stop()

    def _look(self) -> None:
        """See what has become of our ports, and tell."""
        if not self._ports.alive():
            return
        changed, offered = self._ports.follow(), self._ports.offered
        if changed or offered != self._offered:
            self._offered = offered
            self._control.say("ports", inputs=self._ports.inputs, outputs=self._ports.outputs, offered=offered)
        notices, self._ports.notices[:] = self._ports.notices[:], []
        for notice in notices:
            self._control.say("notice", why=notice)
        if self._missing:
            self._missing = self._graph.restore(self._missing)
        found = self._to_others(self._graph.of(self._ports.own))
        self._remember([*found, *self._missing])
        if self.loop:
            own = set(self._ports.own)
            unheard = self._graph.sees and not any(sink in own for _, sink in found)
            self.loop.alone = unheard or not self._ports.plugged

    def _to_others(self, found: Sequence[Connection]) -> list[Connection]:
        """What is connected, but for what of ours is connected to what of ours: that is taken apart."""
        ours = set(self._ports.own)
        for connection in dict.fromkeys(found):
            if ours.issuperset(connection):
                self._graph.cut(connection)
                self._control.say(
                    "notice", why=f"{' was connected to '.join(connection)}: taken apart, or we would answer ourselves"
                )
        return [connection for connection in found if not ours.issuperset(connection)]

    def _remember(self, found: list[Connection]) -> None:
        """Tell the guard of the graph, so that it outlives us. A server on its way out takes connections away one
        by one, so fewer of them are believed only when they are seen twice and the server is still there."""
        fewer = not set(self._connections) <= set(found)
        if fewer and not self._thinned:
            self._thinned = True
            return
        self._thinned = False
        if found != self._connections and self._ports.alive():
            for _, sink in set(self._connections) - set(found):
                self._ports.let_go(sink)
            self._connections = found
            self._control.say("graph", connections=found)

    def _stop(self) -> None:
        if self.loop:
            self.loop.stop()

    def _paced(self, beat: Beat) -> None:
        if self.loop:
            self.loop.pace(beat)

    def _alone(self) -> None:
        """The mind has gone: nothing it began may go on sounding."""
        if self.loop:
            self.loop.hush()
