"""Opening ports: which devices there are to be, what they are called, and what they are connected to."""

import contextlib
from collections.abc import Iterator, Sequence

import rtmidi

from antiphon.errors import PortError
from antiphon.music.ledger import Ledger
from antiphon.stage.backends import JACK, Backend, InputDevice, OutputDevice, dispose, new_input, new_output, playable
from antiphon.stage.devices import Input, Output
from antiphon.stage.lifeline import Lifeline
from antiphon.stage.plug import Plug
from antiphon.stage.ports import Ports
from antiphon.stage.quiet import quiet
from antiphon.stage.thru import Thru


def open_ports(
    backend: Backend,
    ins: Sequence[str] = (),
    outs: Sequence[str] = (),
    client: str = "Antiphon",
    thru: Thru | None = None,
    accounts: Sequence[Ledger] = (),
    lights: Sequence[str] = (),
) -> Ports:
    """Open ports to listen and to play.

    ins, outs   parts of the names of ports to connect to, in any case, each one now or when it comes; none: a port of
                our own for others to connect to
    client      what our own ports are called: "Antiphon in" and "Antiphon out"
    lights      parts of the names of outputs that lead to controllers
    accounts    there may be more of them; what each output was left with by whoever had it before us

    Raises PortError where the backend does not work, or where a program cannot have ports of its own.
    """
    playable(backend, ins, outs)
    with quiet(), _translated(backend), contextlib.ExitStack() as undo:
        lifeline = Lifeline.to_server() if backend.name == JACK else None
        if lifeline:
            undo.callback(lifeline.close)
        listeners = [_listener(backend, client, undo) for _ in ins or [""]]
        players = [_player(backend, client, undo) for _ in outs or [""]]
        into, out_of = _port_name(backend, client, "in"), _port_name(backend, client, "out")
        wanted_in: Sequence[str | None] = ins or [None]
        wanted_out: Sequence[str | None] = outs or [None]
        inputs = [
            Input(a, Plug(a, "", name, into, players[0]), thru) for a, name in zip(listeners, wanted_in, strict=True)
        ]
        outputs = [
            Output(a, Plug(a, "", name, out_of, listeners[0]), account)
            for a, name, account in zip(players, wanted_out, accounts or [Ledger() for _ in players], strict=False)
        ]
        shining = [_light(backend, client, name, listeners[0], undo) for name in lights]
        ports = Ports(inputs, outputs, lifeline, shining)
        ports.follow()  # before we have ports of our own, so that ours never fit
        ports.open()
        undo.pop_all()
    waiting = [("input", port.plug.lacks()) for port in inputs] + [("output", port.plug.lacks()) for port in outputs]
    ports.notices += [f"no MIDI {way} {lacks}  (waiting for it)" for way, lacks in waiting if lacks]
    return ports


def _listener(backend: Backend, client: str, undo: contextlib.ExitStack) -> InputDevice:
    device = new_input(backend, _client_name(backend, client, "in"))
    undo.callback(dispose, device)
    return device


def _player(backend: Backend, client: str, undo: contextlib.ExitStack) -> OutputDevice:
    device = new_output(backend, _client_name(backend, client, "out"))
    undo.callback(dispose, device)
    return device


def _light(backend: Backend, client: str, name: str, witness: InputDevice, undo: contextlib.ExitStack) -> Output:
    device = new_output(backend, _client_name(backend, client, "lights"))
    undo.callback(dispose, device)
    return Output(device, Plug(device, "", name, _port_name(backend, client, "lights"), witness))


def _client_name(backend: Backend, client: str, direction: str) -> str:
    """Under JACK each device is a client of its own, and a second one of the same name is renamed."""
    return f"{client} {direction}" if backend.name == JACK else client


def _port_name(backend: Backend, client: str, direction: str) -> str:
    """Elsewhere many programs show a port's name without its client's."""
    return direction if backend.name == JACK else f"{client} {direction}"


@contextlib.contextmanager
def _translated(backend: Backend) -> Iterator[None]:
    try:
        yield
    except rtmidi.RtMidiError as error:
        raise PortError(f"{backend.title}: {backend.reason(str(error))}") from error
