"""From what a user names to the memory a performance begins from: .mid files or folders of them, with weights."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from antiphon.core.apart import GROUND, Apart
from antiphon.core.memory import Memory
from antiphon.core.model import Identified
from antiphon.core.parameters import Parameters
from antiphon.core.past import Past
from antiphon.core.recall import moved
from antiphon.core.rehearsal import settled
from antiphon.core.session import Session
from antiphon.errors import MidiFileError, ParameterError
from antiphon.mind import checkpoint
from antiphon.music import midifile
from antiphon.music.events import Event, Kind

_MIDI: Final = (".mid", ".midi")
_MOST: Final = 64
"""Pieces that are mixed at the most."""

Named = tuple[Path, float]
"""A file or a folder, and its weight."""


def named(text: str) -> Named:
    """FILE, FOLDER, FILE=WEIGHT or FOLDER=WEIGHT. Raises ParameterError."""
    path, equals, weight = text.rpartition("=")
    if not equals or Path(text).expanduser().exists():
        return Path(text).expanduser(), 1.0
    try:
        share = float(weight)
    except ValueError:
        share = 0.0
    if not 0 < share < float("inf"):
        raise ParameterError(f"prime {text}: a weight is a number above 0, as in FILE.mid=0.5")
    return Path(path).expanduser(), share


def files(primes: Sequence[str]) -> list[Named]:
    """The files in what is named; those in a folder divide its weight. Raises ParameterError, MidiFileError."""
    found = list[Named]()
    for path, weight in map(named, primes):
        inside = sorted(each for each in path.rglob("*") if each.suffix.lower() in _MIDI) if path.is_dir() else [path]
        if not inside:
            raise MidiFileError(f"{path}: no .mid file in this folder; name one that holds music")
        found += [(file, weight / len(inside)) for file in inside]
    if len(found) > _MOST:
        raise ParameterError(f"prime: {len(found)} files; {_MOST} are the most")
    return found


def memory_of(model: Identified, parameters: Parameters, past: Past, now: float) -> bytes:
    """The memory, at `now` (s), of a performance that begins from a past that lay before 0: what checkpoint.read
    reads."""
    session = Session(model, parameters, now)
    begun = moved(past, now, past.count)
    session.resume(Memory(begun, apart={GROUND: Apart(begun)}), (), now)
    return checkpoint.written(session, model)


def music(path: Path) -> list[Event]:
    """What is played in a file. Raises MidiFileError where that is nothing."""
    played = midifile.events(settled(midifile.merged(midifile.read(path))))
    if not any(event.kind is Kind.NOTE_ON for event in played):
        raise MidiFileError(f"{path}: no notes in this file; give one that holds music")
    return played
