"""The composition root: settings in, a running performance out. Reads like a score, and decides nothing."""

import contextlib
import ipaddress
import json
import os
import secrets
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from antiphon import guard
from antiphon.core.parameters import Parameters, named
from antiphon.errors import ParameterError, PortError
from antiphon.music import wire
from antiphon.settings import Settings

if TYPE_CHECKING:  # rtmidi may be impossible to load; only `perform` and `survey` need it
    from antiphon.stage.backends import Survey

_PORTION: Final = 128
_CYCLE_S: Final = 0.025
_CYCLES_S: Final = 0.15


@dataclass(frozen=True, slots=True)
class Stage:
    """What a live performance needs to know of the outside.

    listen   the address of the page; where others can reach it they need a token, which is part of its link
    show     told the link of the page once it is served
    """

    backend: str = "auto"
    ins: Sequence[str] = ()
    outs: Sequence[str] = ()
    ready_file: Path | None = None
    thru: bool = False
    page: int | None = None
    listen: str = "127.0.0.1"
    show: Callable[[str], None] | None = None


def perform(stage: Stage, model: str, parameters: Parameters, tell: Callable[[str], None]) -> None:
    """Play live until SIGINT or SIGTERM; every note is released whatever happens. Raises AntiphonError."""
    token = None if _private(stage.listen) else secrets.token_urlsafe(16)
    settings = Settings(
        stage.backend,
        tuple(stage.ins),
        tuple(stage.outs),
        stage.thru,
        model,
        parameters.values,
        stage.page,
        address=stage.listen,
        token=token,
    )

    said: dict[str, Any] = {}

    def ready(report: dict[str, Any]) -> None:
        if report["ports"] != said.get("ports") and any(report["ports"].values()):
            tell(f"listening on  {', '.join(report['ports']['in']) or 'nothing yet'}")
            tell(f"playing to    {', '.join(report['ports']['out']) or 'nothing yet'}")
        if stage.show and "page" in report and not said:
            stage.show(report["page"]["url"] + (f"/?token={token}" if token else ""))
        if stage.ready_file:
            try:
                _write_whole(stage.ready_file, report)
            except PortError as error:
                if not said:
                    raise
                if said.get("trouble") != str(error):
                    said["trouble"] = str(error)
                    tell(str(error))  # no reason to stop playing
        said.update(report)

    try:
        guard.Guard(settings, tell, ready).run()
    finally:
        if stage.ready_file:
            stage.ready_file.unlink(missing_ok=True)


def survey() -> "list[Survey]":
    """What every MIDI backend of this platform offers, or why it does not work. Raises PortError."""
    with _midi_library():
        from antiphon.stage import backends
    return backends.survey()


def playable(backend: str) -> None:
    """Raises PortError, with every reason, where no MIDI backend works here."""
    with _midi_library():
        from antiphon.stage.backends import choose
    choose(backend)


def panic(backend: str, name: str | None) -> tuple[list[str], int]:
    """Silence everything from outside: what sounds on the outputs whose names hold `name`, or on all, is released.

    Returns the outputs and how many messages each was sent. Raises PortError.
    """
    with _midi_library():
        from antiphon.stage.backends import choose, dispose, new_output, quiet
        from antiphon.stage.devices import Output
        from antiphon.stage.lifeline import Lifeline
        from antiphon.stage.ports import Ports
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


def configured(config: Path) -> Parameters:
    """The parameters in the table [parameters] of a TOML file. Raises ParameterError."""
    try:
        found = tomllib.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ParameterError(f"{config}: not a readable TOML file ({error})") from error
    table = found.pop("parameters", {})
    if found or not isinstance(table, dict):
        wrong = next(iter(found), "parameters")
        raise ParameterError(f"{config}: {wrong!r} means nothing here; put NAME = VALUE under [parameters]")
    try:
        return Parameters().changed(**{name: _value(name, value) for name, value in table.items()})
    except ParameterError as error:
        raise ParameterError(f"{config}: {error}") from error


def _silenced(found: Sequence[str], name: str | None) -> list[str]:
    """The outputs to silence: never our own input, unless it is asked for by name."""
    part = (name or "").casefold()
    wanted = [port for port in found if part in port.casefold() and (name or not port.startswith("Antiphon in"))]
    if not wanted:
        what = f"no MIDI output named {name!r}" if name else "no MIDI output is there"
        raise PortError(f"{what}; found: {', '.join(found) or 'none'}")
    return wanted


def _silence(send: Callable[[bytes], None]) -> int:
    """Send what silences an instrument that obeys any of it, paced for the slowest: a JACK cycle of 1024 frames takes
    23 ms, and what is over some 300 messages in one is dropped. Returns how many messages that were."""
    messages = everything_off()
    time.sleep(_CYCLES_S)  # JACK lists a connection some cycles before it is made; what is sent until then is lost
    for number, message in enumerate(messages):
        if number % _PORTION == 0:
            time.sleep(_CYCLE_S)
        send(message)
    time.sleep(_CYCLES_S)  # what is still in RtMidi's buffer when the port is closed is lost
    return len(messages)


def everything_off() -> list[bytes]:
    """Pedal up, all notes off, all sound off and all controllers back on every channel, then every key's note-off:
    some synths ignore the one, some the other."""
    controls = (wire.SUSTAIN, wire.ALL_NOTES_OFF, wire.ALL_SOUND_OFF, wire.RESET_CONTROLLERS)
    commands = [bytes((wire.CONTROL | channel, control, 0)) for channel in range(16) for control in controls]
    return commands + [bytes((wire.NOTE_OFF | channel, key, 64)) for channel in range(16) for key in range(128)]


def _private(address: str) -> bool:
    """Whether only this machine can come to an address. Raises PortError for what is none."""
    try:
        number = ipaddress.IPv4Address(address)
        if not number.is_unspecified:  # which would be no link that a phone could follow
            return number.is_loopback
        raise ValueError(address)
    except ValueError:
        raise PortError(f"--listen {address}: give an address of this machine, such as 192.168.1.5") from None


def _value(name: str, value: Any) -> Any:  # whatever TOML holds
    parameter = named(name)
    return value if type(value) is type(parameter.default) else parameter.parse(str(value))


@contextlib.contextmanager
def _midi_library() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise PortError(
            f"the MIDI library cannot be loaded ({error}); on Debian: sudo apt-get install libasound2"
        ) from error


def _write_whole(path: Path, report: dict[str, Any]) -> None:  # JSON
    """Say in a file, whole or not at all, that we can play."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(json.dumps(report) + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise PortError(f"{path}: cannot write the ready-file here ({error.strerror})") from error
