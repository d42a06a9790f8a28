"""Our MIDI ports: what comes in, in order; what goes out, and never to a server that is no longer there.

Knows ports and their names, and makes no decision about what is played.
"""

import time
from collections import deque
from collections.abc import Sequence
from typing import Final

import rtmidi

from antiphon.core.zones import Zone
from antiphon.errors import PortError
from antiphon.stage.arrival import Arrival
from antiphon.stage.devices import LARGEST, Input, Output
from antiphon.stage.lifeline import Lifeline
from antiphon.stage.plug import Plug
from antiphon.stage.quiet import quiet

_CLOSING_S: Final = 0.3
"""How long releases that a full port refused are offered again before it is closed."""
_RETRY_S: Final = 0.002


class Ports:
    """The open ports, and those that are waited for. Every message goes to every output.

    lights    outputs to controllers: what these are to show goes there alone, and again when one comes

    notices   lines for people, each said once; whoever shows them takes them out
    """

    def __init__(
        self,
        inputs: Sequence[Input],
        outputs: Sequence[Output],
        lifeline: Lifeline | None = None,
        lights: Sequence[Output] = (),
    ) -> None:
        self._inputs, self._outputs, self._lights = list(inputs), list(outputs), list(lights)
        self._shown = dict[bytes, bytes]()
        self._lifeline = lifeline
        self._lost = self._refused = False
        self._given: list[Arrival] = []
        self._passing = deque[bytes]()  # what whoever received it is about to send on, in this order
        self._looped = set[str]()  # the inputs of which that has been said
        self.notices: list[str] = []

    @property
    def plugged(self) -> bool:
        """Whether there are ports at all."""
        return True

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the ports we listen to."""
        return tuple(port.plug.name for port in self._inputs if port.plug.name)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the ports we play to."""
        return tuple(port.plug.name for port in self._outputs if port.plug.name)

    @property
    def own(self) -> tuple[str, ...]:
        """The names of our ends, as others see them."""
        return tuple(plug.own for plug in self._plugs if plug.own)

    @property
    def _plugs(self) -> list[Plug]:
        ports: list[Input | Output] = [*self._inputs, *self._outputs, *self._lights]
        return [port.plug for port in ports]

    @property
    def offered(self) -> tuple[list[str], list[str]]:
        """The ports of others that could be listened to, and played to. Takes 0.1 ms."""
        ways: tuple[Sequence[Input | Output], ...] = (self._inputs, self._outputs)
        own = set(self.own)
        found = [sorted(set(ports[0].plug.seen) - own) if ports else [] for ports in ways]
        return found[0], found[1]

    def alive(self) -> bool:
        """False once the server behind the ports has gone. Takes 1 us."""
        return not self._lost and (self._lifeline is None or self._lifeline.holds())

    def receive(self) -> list[Arrival]:
        """What has arrived since the last call, in the order it came. Raises PortError when the server has gone."""
        if not self._reachable():
            return []
        self._held_up()
        heard = [timed for port in self._inputs for timed in port.drain()]
        if len(self._inputs) > 1:
            heard.sort(key=lambda timed: timed[0])
        given, self._given = self._given, []
        arrivals = [*given, *(arrival for _, arrival in heard)]
        self._passing = deque(arrival.message for arrival in arrivals if arrival.passes)
        return arrivals

    def stirs(self) -> bool:
        """Whether `receive` has something to do: messages, releases that wait, or to say that the server has gone."""
        if self._given or any(port.stirs() for port in self._inputs):
            return True
        return not self.alive() or any(output.waits for output in self._outputs)

    def give(self, message: bytes) -> None:
        """Somebody plays elsewhere than on a port: it is received with what arrives next, and never sent on."""
        self._given.append(Arrival(message, False))

    def send(self, message: bytes) -> None:
        """Play a message now. Raises PortError when the server has gone: once, after that it does nothing."""
        if len(message) > LARGEST:
            if not self._refused:
                self._refused = True
                self.notices.append(f"a message of {len(message)} bytes was not sent on; {LARGEST} is the most")
        elif self._reachable():
            for output in self._outputs:
                output.send(message)
            self._played(message)

    def let_go(self, own: str) -> None:
        """What is held on our input of that name is received as released: who played there is not connected any more.
        With several at one input nobody knows whose key it was, and a key that hangs is worse than one that is cut."""
        for port in self._inputs:
            if port.plug.own == own:
                self._given += port.let_go()

    def divide(self, zones: Sequence[Zone]) -> None:
        """What is pressed on the inputs from now on is in these zones; what is down comes up where it went down."""
        for port in self._inputs:
            port.sorter.zones = tuple(zones)

    def show(self, message: bytes) -> None:
        """Have controllers show how something stands, by a light or a motor."""
        self._shown[message[:2]] = message
        if self.alive():
            for light in self._lights:
                light.send(message)

    def settle(self) -> None:
        """Release what the outputs were left with by whoever had them before us, as soon as messages pass."""
        for output in self._outputs:
            output.settle()

    def open(self) -> None:
        """Open those of our own that others are to connect to."""
        for plug in self._plugs:
            if plug.pattern is None:
                plug.open()

    def follow(self) -> bool:
        """Connect to wanted ports that have come, and let go of those that have left. True where any has.

        What the player held on an input that has left is received as released.
        """
        if not self.alive():
            return False
        self._tell_of_loops()
        changed = False
        for direction, ports in (("input", self._inputs), ("output", self._outputs), ("controller", self._lights)):
            for port in ports:
                taken = {*self.own, *(other.plug.name for other in ports)}
                if self._outranked(port, taken):
                    continue
                lost = self._followed(port, taken)
                changed |= lost is not None
                if lost is not None and isinstance(port, Output):
                    port.settle()
                    self._shine(port)
                if lost:
                    self.notices.append(f"the MIDI {direction} {lost!r} has gone  (waiting for it)")
                    self._given += port.let_go() if isinstance(port, Input) else []
        return changed

    def close(self) -> None:
        """Close every port, once the releases that had to wait have been played. May be called twice.

        Under a dead server RtMidi takes 1 s for each output. It must be done at once all the same: closing old ports
        after the server has returned and new ones are open ends in a segmentation fault.
        """
        last_moment = time.monotonic() + _CLOSING_S
        while self.alive() and self._held_up() and time.monotonic() < last_moment:
            time.sleep(_RETRY_S)
        ports: list[Input | Output] = [*self._outputs, *self._lights, *self._inputs]  # the releases first
        with quiet():
            for port in ports:
                port.close()
        self._inputs, self._outputs, self._lights = [], [], []
        if self._lifeline:
            self._lifeline.close()

    def _shine(self, port: Output) -> None:
        """One that has come shows all that the others do."""
        if port in self._lights:
            for message in self._shown.values():
                port.send(message)

    def _played(self, message: bytes) -> None:
        """Whatever is not the player's own may come back where it should not. Of what could have been sent on some is
        kept, for it was a command."""
        if message in self._passing:
            while self._passing.popleft() != message:
                pass
            return
        now = time.monotonic()
        for port in self._inputs:
            port.echo.played(message, now)

    def _tell_of_loops(self) -> None:
        for name in (port.plug.name for port in self._inputs if port.echo.looped):
            if name not in self._looped:
                self._looped.add(name)
                self.notices.append(
                    f"what we play comes back on {name!r}, and is not heard there any more: see to its thru"
                )

    def _outranked(self, port: Input | Output, taken: set[str]) -> bool:
        """Make way for a better port that has come; an output first releases what sounds there, which takes until the
        next look, since what is still in RtMidi's buffer when a port is closed is lost."""
        if not port.plug.outranked(taken):
            return False
        if isinstance(port, Output) and not port.leaving:
            port.take_leave()
            return True
        self.notices.append(f"{port.plug.name!r} makes way: a port that you prefer has come")
        self._given += port.let_go() if isinstance(port, Input) else []
        port.plug.leave()
        return False

    def _followed(self, port: Input | Output, taken: set[str]) -> str | None:
        try:
            return port.plug.follow(taken)
        except rtmidi.RtMidiError:  # it went while we were connecting; the next look will tell
            return None

    def _held_up(self) -> bool:
        """Offer once more what full ports refused. True while some of it still waits."""
        return any([not port.flush() for port in self._outputs])  # noqa: C419, every one of them is to be flushed

    def _reachable(self) -> bool:
        if self.alive():
            return True
        if not self._lost:
            self._lost = True
            raise PortError("the JACK server has gone; start it again")
        return False
