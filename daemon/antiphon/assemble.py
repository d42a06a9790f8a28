"""The composition root: settings in, a running performance out. Reads like a score, and decides nothing."""

import contextlib
import json
import math
import os
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from antiphon import guard
from antiphon.core.answer import Answer
from antiphon.core.due import Due
from antiphon.core.ear import UNHEARD, Ear
from antiphon.core.model import Model
from antiphon.core.parameters import Parameters, named
from antiphon.core.past import Past, Played, after, beginning
from antiphon.core.rehearsal import rehearse, settled
from antiphon.core.session import Session
from antiphon.errors import MidiFileError, ParameterError, PortError
from antiphon.music import midifile, wire
from antiphon.music.events import Event, Kind, Seconds
from antiphon.music.midifile import Track
from antiphon.music.wire import Timed, encode

if TYPE_CHECKING:  # rtmidi may be impossible to load; only `perform` and `survey` need it
    from antiphon.stage.backends import Survey

PLAYER: Final = "player"
PRIME: Final = "prime"
OURS: Final = "Antiphon"
PHRASE: Final = Path(__file__).parent / "phrases" / "evening.mid"
"""The phrase that is shipped, for machines without MIDI."""
_CHUNK: Final = 64
_PORTION: Final = 128
_CYCLE_S: Final = 0.025
_CYCLES_S: Final = 0.15


@dataclass(frozen=True, slots=True)
class Stage:
    """What a live performance needs to know of the outside."""

    backend: str = "auto"
    ins: Sequence[str] = ()
    outs: Sequence[str] = ()
    ready_file: Path | None = None
    thru: bool = False
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """Two tracks of a performance, as written to a file."""

    tracks: tuple[Track, ...] = field(default_factory=tuple)

    def notes(self, name: str) -> int:
        """How many notes begin on the track of this name."""
        return sum(event.kind is Kind.NOTE_ON for event in self.events(name))

    def events(self, name: str) -> list[Event]:
        """The events of the track of this name."""
        return [e for track in self.tracks if track.name == name for e in midifile.events(track.messages)]

    @property
    def seconds(self) -> float:
        """When the last message of all is."""
        return max((timed.time for track in self.tracks for timed in track.messages), default=0.0)


def perform(stage: Stage, model: str, parameters: Parameters, tell: Callable[[str], None]) -> None:
    """Play live until SIGINT or SIGTERM; every note is released whatever happens. Raises AntiphonError."""
    settings = guard.Settings(
        stage.backend, tuple(stage.ins), tuple(stage.outs), stage.thru, model, parameters.values, stage.page
    )

    said: dict[str, Any] = {}

    def ready(report: dict[str, Any]) -> None:
        if report["ports"] != said.get("ports") and any(report["ports"].values()):
            tell(f"listening on  {', '.join(report['ports']['in']) or 'nothing yet'}")
            tell(f"playing to    {', '.join(report['ports']['out']) or 'nothing yet'}")
        if stage.ready_file:
            try:
                _write_whole(stage.ready_file, report)
            except PortError as error:
                if not said:
                    raise
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


def rehearse_file(source: Path, output: Path, model: str, parameters: Parameters) -> Recording:
    """Perform with a .mid file as the player, in virtual time, and write both sides. Raises AntiphonError."""
    player = _recorded(source)
    played = rehearse(Session(_model(model), parameters), player)
    return _written(output, Track(PLAYER, tuple(player)), [Timed(due.time, due.message) for due in played])


def generate_file(
    output: Path,
    model: str,
    parameters: Parameters,
    prime: Path | None = None,
    seconds: float | None = None,
    notes: int | None = None,
) -> Recording:
    """Continue a .mid file, or begin from nothing, for so many seconds or notes of new music. Raises AntiphonError."""
    if seconds is not None and not 0 < seconds < math.inf:  # or it would never end
        raise ParameterError(f"seconds={seconds}: give a number above 0")
    given = _recorded(prime) if prime else []
    mind = _model(model)
    played = midifile.events(given)
    past, ear = primed(mind, played), UNHEARD
    for event in played:
        ear = ear.after(event)
    end = Seconds(past.time + seconds) if seconds is not None else Seconds(float("inf"))
    answer = Answer(past.time, end, end, lively=False, limit=notes)
    ours = [Timed(due.time, due.message) for due in _all_of(answer, mind, past, parameters, ear)]
    return _written(output, Track(PRIME, tuple(given)), ours)


def primed(model: Model, events: Sequence[Event]) -> Past:
    """The past after somebody else's events, read in chunks."""
    past = beginning(model, events[0].time if events else 0.0)
    for first in range(0, len(events), _CHUNK):
        past = after(model, past, [Played(event, False) for event in events[first : first + _CHUNK]])
    return past


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


def _recorded(path: Path) -> list[Timed]:
    """What is played in a .mid file, all released at its end. Raises MidiFileError where there are no notes in it."""
    played = settled(midifile.merged(midifile.read(path)))
    if not any(event.kind is Kind.NOTE_ON for event in midifile.events(played)):
        raise MidiFileError(f"{path}: no notes in this file; give one that holds music")
    return played


def _value(name: str, value: Any) -> Any:  # whatever TOML holds
    parameter = named(name)
    return value if type(value) is type(parameter.default) else parameter.parse(str(value))


def _all_of(answer: Answer, model: Model, past: Past, parameters: Parameters, ear: Ear) -> Iterator[Due]:
    following = answer.next(model, past, parameters, ear)
    while following is not None:
        event, past, answer = following
        yield Due(event.time, encode(event, int(parameters.channel) - 1))
        following = answer.next(model, past, parameters, ear)


def _written(output: Path, theirs: Track, ours: Sequence[Timed]) -> Recording:
    recording = Recording((theirs, Track(OURS, tuple(ours))))
    midifile.write(output, recording.tracks)
    return recording


def _model(name_or_path: str) -> Model:
    from antiphon.mind import onnx_model  # megabytes that the guard, which starts here too, never needs

    return onnx_model.load(name_or_path)


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
        raise PortError(f"{path}: cannot write the ready-file here ({error.strerror})") from error
