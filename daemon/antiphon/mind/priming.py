"""From what a user names to the memory a performance begins from: .mid files or folders of them, with weights."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from antiphon.core.apart import GROUND, Apart
from antiphon.core.memory import Memory
from antiphon.core.model import Identified
from antiphon.core.parameters import Parameters
from antiphon.core.prime import primed
from antiphon.core.rehearsal import settled
from antiphon.core.session import Session
from antiphon.errors import MidiFileError, ParameterError
from antiphon.mind import checkpoint
from antiphon.music import midifile
from antiphon.music.events import Event, Kind

_MIDI: Final = (".mid", ".midi")
_MOST: Final = 64
"""Pieces that are mixed at the most."""

Music = Sequence[tuple[list[Event], float]]
"""Pieces and their weights."""
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
        raise ParameterError(f"--prime {text}: a weight is a number above 0, as in FILE.mid=0.5")
    return Path(path).expanduser(), share


def pieces(primes: Sequence[str]) -> list[tuple[list[Event], float]]:
    """The music in what is named; the files in a folder divide its weight. Raises ParameterError, MidiFileError."""
    found = list[tuple[list[Event], float]]()
    for path, weight in map(named, primes):
        files = sorted(each for each in path.rglob("*") if each.suffix.lower() in _MIDI) if path.is_dir() else [path]
        if not files:
            raise MidiFileError(f"{path}: no .mid file in this folder; name one that holds music")
        found += [(_music(file), weight / len(files)) for file in files]
    if len(found) > _MOST:
        raise ParameterError(f"--prime: {len(found)} files; {_MOST} are the most")
    return found


def memory_of(
    model: Identified, parameters: Parameters, music: Sequence[tuple[list[Event], float]], now: float
) -> bytes:
    """The memory, at `now` (s), of a performance that begins from this music: what checkpoint.read reads."""
    session = Session(model, parameters, now)
    past = primed(model, music, now)
    session.resume(Memory(past, apart={GROUND: Apart(past)}), (), now)
    return checkpoint.written(session, model)


def _music(path: Path) -> list[Event]:
    played = midifile.events(settled(midifile.merged(midifile.read(path))))
    if not any(event.kind is Kind.NOTE_ON for event in played):
        raise MidiFileError(f"{path}: no notes in this file; give one that holds music")
    return played
