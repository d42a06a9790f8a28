"""Performances on files: rehearse with one as the player, continue another. Needs no MIDI, and no time but its own."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from antiphon.core import tape
from antiphon.core.answer import Answer
from antiphon.core.ear import UNHEARD, Ear
from antiphon.core.grid import Grid
from antiphon.core.model import Model, Partner
from antiphon.core.parameters import Parameters
from antiphon.core.past import Past, Played, after, beginning
from antiphon.core.plan import Plan
from antiphon.core.pulse import steady
from antiphon.core.rehearsal import rehearse, rehearse_sorted, settled, zoned
from antiphon.core.routes import sent
from antiphon.core.tape import Call, Frame
from antiphon.core.taped import TapedSession
from antiphon.core.zones import Zone
from antiphon.errors import MidiFileError, ParameterError
from antiphon.mind import checkpoint, onnx_model, priming, recorder, worlds
from antiphon.music import midifile
from antiphon.music.events import Event, Kind, Seconds
from antiphon.music.midifile import Track
from antiphon.music.wire import Timed
from antiphon.takes import takefile

PLAYER: Final = "player"
PRIME: Final = "prime"
OURS: Final = "Antiphon"
PHRASE: Final = Path(__file__).parent / "phrases" / "evening.mid"
"""The phrase that is shipped, for machines without MIDI."""
GOES_BY: Final = (
    *("seed", "tempo", "quantise", "grid", "swing", "temperature", "time_temperature", "velocity_temperature", "top_p"),
    *("memory", "lock", "lock_strength", "tonality", "register", "density", "density_follow", "polyphony"),
    *("velocity_follow", "velocity_offset", "lowest", "highest", "longest_note", "pedal", "channel", "transpose_out"),
)
"""The parameters that `generate_file` goes by: nobody plays with it, so the others mean nothing there."""
_CHUNK: Final = 64


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


def rehearse_file(
    source: Path,
    output: Path,
    model: str,
    parameters: Parameters,
    take: Path | None = None,
    primes: Sequence[str] = (),
    zones: Sequence[Zone] = (),
) -> Recording:
    """Perform with a .mid file as the player, in virtual time, and write both sides, and a take of it where one is
    wanted. It begins from the music of `primes` (see priming.named). To `zones` each track is an input of its name.
    Raises AntiphonError."""
    if take and take.resolve() == output.resolve():
        raise MidiFileError(f"{output}: is both --output and --take; name two files")
    player, calls = _recorded(source), list[Call]()
    heard = zoned(_inputs(source, zones), zones) if zones else []
    mind = onnx_model.load(model)
    about = recorder.about(mind, parameters, 0.0)
    memory = priming.memory_of(mind, parameters, worlds.past_of(mind, primes), 0.0) if primes else b""
    frames = tape.opening(0.0, {**about, "replays": True}, list(tape.pieces(memory)))
    calls += [Call(frame, ()) for frame in frames]
    session = TapedSession(mind, parameters, lambda frame, orders: calls.append(Call(frame, tuple(orders))))
    if memory and (recalled := checkpoint.read(memory, mind)):
        session.resume(recalled.memory, recalled.held, 0.0, recalled.beside)
    played = rehearse_sorted(session, heard) if zones else rehearse(session, player)
    if take:
        _keep(take, calls)
    return _written(output, Track(PLAYER, tuple(player)), [Timed(due.time, due.message) for due in played])


def _inputs(path: Path, zones: Sequence[Zone]) -> list[tuple[str, Timed]]:
    """What is played in a .mid file, with the name of its track. Raises ParameterError for a zone that is in none."""
    tracks = midifile.read(path)
    names = list(dict.fromkeys(track.name for track in tracks if track.name))
    for zone in zones:
        if zone.inputs and not any(part in name.casefold() for part in zone.inputs for name in names):
            there = f"there are: {', '.join(names)}" if names else "none has a name"
            raise ParameterError(f"zone {zone.text!r}: no track of {path} is named so; {there}")
    return midifile.named(tracks)


def _keep(take: Path, calls: list[Call]) -> None:
    end = Frame(tape.Kind.HUSHED, calls[-1].frame.time)
    try:
        takefile.write(take, [*calls, Call(end, ())])
    except OSError as error:
        raise MidiFileError(f"{take}: cannot write here ({error.strerror}); choose another --take") from error


def generate_file(
    output: Path,
    model: str,
    parameters: Parameters,
    prime: Path | None = None,
    seconds: float | None = None,
    notes: int | None = None,
) -> Recording:
    """Continue a .mid file, or begin from nothing, for so many seconds or notes of new music. Its beats, for quantise,
    lie as `tempo` says from its first note on. Raises AntiphonError."""
    if seconds is not None and not 0 < seconds < math.inf:  # or it would never end
        raise ParameterError(f"seconds={seconds}: give a number above 0")
    given = _recorded(prime) if prime else []
    mind = onnx_model.load(model)
    played = midifile.events(given)
    past, ear = primed(mind, played), UNHEARD
    for event in played:
        ear = ear.after(event)
    end = Seconds(past.time + seconds) if seconds is not None else Seconds(float("inf"))
    answer = Answer(past.time, end, end, lively=False, limit=notes)
    begins = played[0].time if played else past.time
    if int(parameters.quantise):
        events = _on_grid(answer, mind, past, parameters, ear, begins)
    else:
        events = _all_of(answer, mind, past, parameters, ear)
    ours = [Timed(event.time, sent(event, parameters)) for event in events]
    return _written(output, Track(PRIME, tuple(given)), ours)


def primed(model: Model, events: Sequence[Event]) -> Past:
    """The past after somebody else's events, read in chunks."""
    past = beginning(model, events[0].time if events else 0.0)
    for first in range(0, len(events), _CHUNK):
        past = after(model, past, [Played(event, False) for event in events[first : first + _CHUNK]])
    return past


def _recorded(path: Path) -> list[Timed]:
    """What is played in a .mid file, all released at its end. Raises MidiFileError where there are no notes in it."""
    played = settled(midifile.merged(midifile.read(path)))
    if not any(event.kind is Kind.NOTE_ON for event in midifile.events(played)):
        raise MidiFileError(f"{path}: no notes in this file; give one that holds music")
    return played


def _all_of(answer: Answer, model: Model, past: Past, parameters: Parameters, ear: Ear) -> Iterator[Event]:
    following = answer.next(model, past, parameters, ear)
    while following is not None:
        event, past, answer = following
        yield event
        following = answer.next(model, past, parameters, ear)


def _on_grid(
    answer: Answer, model: Partner, past: Past, parameters: Parameters, ear: Ear, begins: Seconds
) -> Iterator[Event]:
    """The same with its notes moved to the grid, as they are in a performance."""
    share, metre = int(parameters.quantise) / 100, steady(float(parameters.tempo), begins).metre
    plan, grid, now = Plan(model, past), Grid(metre, str(parameters.grid), float(parameters.swing), share), -math.inf
    plan.begin(answer)
    while (deadline := plan.deadline(0.0)) is not None:
        now = max(now, deadline)
        yield from plan.hand_out(now)
        plan.happen(now)
        plan.work(now, parameters, ear, grid)


def _written(output: Path, theirs: Track, ours: Sequence[Timed]) -> Recording:
    recording = Recording((theirs, Track(OURS, tuple(ours))))
    midifile.write(output, recording.tracks)
    return recording
