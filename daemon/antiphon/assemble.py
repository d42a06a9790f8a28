"""The composition root: settings in, a running performance out. Reads like a score, and decides nothing."""

import ipaddress
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from antiphon import guard
from antiphon.config import learned
from antiphon.config.layers import Configuration
from antiphon.core.parameters import Value
from antiphon.errors import PortError
from antiphon.music import wire
from antiphon.notify import Systemd
from antiphon.outside import Hooks, Outside, wiring
from antiphon.settings import Settings
from antiphon.stage.library import midi_library
from antiphon.takes import store

if TYPE_CHECKING:  # rtmidi may be impossible to load; only `perform` and `survey` need it
    from antiphon.stage.backends import Survey

_PORTION: Final = 128
_CYCLE_S: Final = 0.025
_CYCLES_S: Final = 0.15


def perform(
    configuration: Configuration,
    ready_file: Path | None,
    reread: Callable[[], Configuration],
    show: Callable[[str], None] = lambda link: None,
    said: str = "",
) -> None:
    """Play live until SIGINT or SIGTERM; every note is released whatever happens. Raises AntiphonError.

    reread   the configuration as it is now, asked for at SIGHUP
    show     told the link of the page once it is served
    said     why there is no MIDI, where people have been told so already
    """
    told = settings(configuration)
    outside = Outside(
        ready_file, Systemd.found(), lambda url: show(f"{url}/?token={told.token}" if told.token else url), said
    )
    try:
        guard.Guard(told, outside.tell, outside.ready, Hooks(outside, configuration, reread)).run()
    finally:
        outside.close()


def settings(configuration: Configuration) -> Settings:
    """What the guard is told of a configuration. Raises PortError for an address that is none."""
    address = configuration["page.listen"]
    return Settings(
        backend=configuration["ports.backend"],
        **wiring(configuration),
        model=configuration["model.name"],
        primes=configuration["model.prime"],
        parameters=configuration.parameters.values,
        page=configuration["page.port"] if configuration["page.on"] else None,
        controls=learned.every(configuration),
        written=learned.written(configuration),
        osc=configuration.table("osc"),
        lights=configuration["controls.lights"],
        takes=kept(configuration) if configuration["takes.keep"] else None,
        address=address,
        scenes=[asdict(scene) for scene in configuration.scenes],
        token=None if _private(address) else secrets.token_urlsafe(16),
    )


def kept(configuration: Configuration) -> dict[str, Value]:
    """What is set about takes, and the folder they go to."""
    table = configuration.table("takes")
    folder = Path(table["folder"] or store.folder())
    return {**table, "folder": str(folder.expanduser().absolute())}


def survey() -> "list[Survey]":
    """What every MIDI backend of this platform offers, or why it does not work. Raises PortError."""
    with midi_library():
        from antiphon.stage import backends
    return backends.survey()


def playable(backend: str) -> None:
    """Raises PortError, with every reason, where no MIDI backend works here."""
    with midi_library():
        from antiphon.stage.backends import choose
    choose(backend)


def panic(backend: str, name: str | None) -> tuple[list[str], int]:
    """Silence everything from outside: what sounds on the outputs whose names hold `name`, or on all, is released.

    Returns the outputs and how many messages each was sent. Raises PortError.
    """
    with midi_library():
        from antiphon.stage.backends import choose, dispose, new_output
        from antiphon.stage.devices import Output
        from antiphon.stage.lifeline import Lifeline
        from antiphon.stage.ports import Ports
        from antiphon.stage.quiet import quiet
    chosen, outputs = choose(backend), list[Output]()
    with quiet():
        survey = new_output(chosen, "Antiphon panic")
        wanted = _silenced(survey.get_ports(), name)
        for port in wanted:
            device = new_output(chosen, "Antiphon panic")
            device.open_port(device.get_ports().index(port), "out")
            outputs.append(Output(device, port))
        dispose(survey)
    ports = Ports([], outputs, Lifeline.to_server() if chosen.name == "jack" else None)
    try:
        return wanted, _silence(ports.send)
    finally:
        ports.close()


def _silenced(found: Sequence[str], name: str | None) -> list[str]:
    """The outputs to silence: never our own input, unless it is asked for by name."""
    part = (name or "").casefold()
    wanted = [port for port in found if part in port.casefold() and (name or not port.startswith("Antiphon in"))]
    if not wanted:
        if not name:
            raise PortError("no MIDI output is there; start a synthesizer, or connect an instrument")
        raise PortError(f"no MIDI output named {name!r}; found: {', '.join(found) or 'none'}")
    return wanted


def _silence(send: Callable[[bytes], None]) -> int:
    """Send what silences an instrument that obeys any of it, paced for the slowest: a JACK cycle of 1024 frames takes
    23 ms, and what is over some 300 messages in one is dropped. Returns how many messages that were."""
    messages = wire.everything_off()
    time.sleep(_CYCLES_S)  # JACK lists a connection some cycles before it is made; what is sent until then is lost
    for number, message in enumerate(messages):
        if number % _PORTION == 0:
            time.sleep(_CYCLE_S)
        send(message)
    time.sleep(_CYCLES_S)  # what is still in RtMidi's buffer when the port is closed is lost
    return len(messages)


def _private(address: str) -> bool:
    """Whether only this machine can come to an address. Raises PortError for what is none."""
    try:
        number = ipaddress.IPv4Address(address)
        if not number.is_unspecified:  # which would be no link that a phone could follow
            return number.is_loopback
        raise ValueError(address)
    except ValueError:
        raise PortError(f"--listen {address}: give an address of this machine, such as 192.168.1.5") from None
