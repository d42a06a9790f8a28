"""Our MIDI ports: what comes in, in order; what goes out, and never to a server that is no longer there.

Knows ports and their names, and makes no decision about what is played.
"""

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from typing import Final

import rtmidi

from antiphon.errors import PortError
from antiphon.stage.backends import (
    JACK,
    Backend,
    Device,
    InputDevice,
    OutputDevice,
    dispose,
    new_input,
    new_output,
    quiet,
)
from antiphon.stage.devices import Input, Output
from antiphon.stage.lifeline import Lifeline

_CLOSING_S: Final = 0.3
"""How long releases that a full port refused are offered again before it is closed."""
_RETRY_S: Final = 0.002


class Ports:
    """The open ports. Every message goes to every output."""

    def __init__(self, inputs: Sequence[Input], outputs: Sequence[Output], lifeline: Lifeline | None = None) -> None:
        self._inputs = list(inputs)
        self._outputs = list(outputs)
        self._lifeline = lifeline
        self._lost = False
        self.inputs = tuple(port.name for port in inputs)
        self.outputs = tuple(port.name for port in outputs)

    def alive(self) -> bool:
        """False once the server behind the ports has gone. Takes 1 us."""
        return not self._lost and (self._lifeline is None or self._lifeline.holds())

    def receive(self) -> list[bytes]:
        """What has arrived since the last call, in the order it came. Raises PortError when the server has gone."""
        if not self._reachable():
            return []
        self._held_up()
        heard = [timed for port in self._inputs for timed in port.drain()]
        if len(self._inputs) > 1:
            heard.sort(key=lambda timed: timed[0])
        return [message for _, message in heard]

    def send(self, message: bytes) -> None:
        """Play a message now. Raises PortError when the server has gone: once, after that it does nothing."""
        if self._reachable():
            for output in self._outputs:
                output.send(message)

    def close(self) -> None:
        """Close every port, once the releases that had to wait have been played. May be called twice.

        Under a dead server RtMidi takes 1 s for each output. It must be done at once all the same: closing old ports
        after the server has returned and new ones are open ends in a segmentation fault.
        """
        last_moment = time.monotonic() + _CLOSING_S
        while self.alive() and self._held_up() and time.monotonic() < last_moment:
            time.sleep(_RETRY_S)
        ports: list[Input | Output] = [*self._inputs, *self._outputs]
        with quiet():
            for port in ports:
                port.close()
        self._inputs, self._outputs = [], []
        if self._lifeline:
            self._lifeline.close()

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


def open_ports(backend: Backend, ins: Sequence[str] = (), outs: Sequence[str] = (), client: str = "Antiphon") -> Ports:
    """Open ports to listen and to play.

    ins, outs   parts of the names of ports to connect to, in any case; none: a port of our own for others to connect to
    client      what our own ports are called: "Antiphon in" and "Antiphon out"

    Raises PortError where no such port is there, or where a program cannot have ports of its own.
    """
    if not backend.virtual and not (ins and outs):
        raise PortError(
            f"{backend.title} has no virtual MIDI ports: install loopMIDI"
            " (https://www.tobias-erichsen.de/software/loopmidi.html), make a port for each direction,"
            " and name them with --in and --out"
        )
    with quiet(), _translated(backend), contextlib.ExitStack() as undo:
        lifeline = Lifeline.to_server() if backend.name == JACK else None
        if lifeline:
            undo.callback(lifeline.close)
        listener, player = _listener(backend, client, undo), _player(backend, client, undo)
        # Looked up while we have no ports, so that ours never match.
        sources: Sequence[str | None] = matching(ins, listener.get_ports(), "input") or [None]
        sinks: Sequence[str | None] = matching(outs, player.get_ports(), "output") or [None]
        listeners = [listener, *(_listener(backend, client, undo) for _ in sources[1:])]
        players = [player, *(_player(backend, client, undo) for _ in sinks[1:])]
        into, out_of = _port_name(backend, client, "in"), _port_name(backend, client, "out")
        inputs = [Input(a, _open(a, name, into, player)) for a, name in zip(listeners, sources, strict=True)]
        outputs = [Output(a, _open(a, name, out_of, listener)) for a, name in zip(players, sinks, strict=True)]
        undo.pop_all()
    return Ports(inputs, outputs, lifeline)


def matching(patterns: Sequence[str], found: Sequence[str], direction: str) -> list[str]:
    """For each pattern the port of just that name, else the first whose name holds it, in any case; none of them twice.

    Raises PortError that lists what was found.
    """
    names = [_match(pattern, found, direction) for pattern in patterns]
    return list(dict.fromkeys(names))


def _match(pattern: str, found: Sequence[str], direction: str) -> str:
    part = pattern.casefold()
    fitting = [name for name in found if part in name.casefold()]
    if not fitting:
        raise PortError(f"no MIDI {direction} named {pattern!r}; found: {', '.join(found) or 'none'}")
    return min(fitting, key=lambda name: name.casefold() != part)


def _listener(backend: Backend, client: str, undo: contextlib.ExitStack) -> InputDevice:
    device = new_input(backend, _client_name(backend, client, "in"))
    undo.callback(dispose, device)
    return device


def _player(backend: Backend, client: str, undo: contextlib.ExitStack) -> OutputDevice:
    device = new_output(backend, _client_name(backend, client, "out"))
    undo.callback(dispose, device)
    return device


def _client_name(backend: Backend, client: str, direction: str) -> str:
    """Under JACK each device is a client of its own, and a second one of the same name is renamed."""
    return f"{client} {direction}" if backend.name == JACK else client


def _port_name(backend: Backend, client: str, direction: str) -> str:
    """Elsewhere many programs show a port's name without its client's."""
    return direction if backend.name == JACK else f"{client} {direction}"


def _open(device: Device, target: str | None, own: str, witness: Device) -> str:
    """Connect to the target, or open a port of our own. Returns the full name of that port."""
    if target is None:
        before = witness.get_ports()
        device.open_virtual_port(own)
        return _new_name(device, own, before, witness)
    names = device.get_ports()
    if target not in names:
        raise PortError(f"the MIDI port {target!r} has just gone; found: {', '.join(names) or 'none'}")
    device.open_port(names.index(target), own)
    return target


def _new_name(device: Device, own: str, before: Sequence[str], witness: Device) -> str:
    """What others call the port just opened. A backend may change its client's name and never says so."""
    new = [name for name in witness.get_ports() if name not in before and own in name]
    if len(new) > 1:  # another program opened its own at the same moment: mark ours
        own = f"{own} {os.getpid()}"
        device.set_port_name(own)
        new = [name for name in witness.get_ports() if own in name]
    return new[0] if new else own


@contextlib.contextmanager
def _translated(backend: Backend) -> Iterator[None]:
    try:
        yield
    except rtmidi.RtMidiError as error:
        raise PortError(f"{backend.title}: {backend.reason(str(error))}") from error
