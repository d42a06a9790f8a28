"""How far answers keep to the key that they are given: simple tunes in all twelve keys, and real pieces.

    python -m tests.bench.in_key default [hannds.tar.xz ...] [--pieces 12] [--set NAME=VALUE]

Each tune is played to a Session in mode=reply in every key. Beside it stands what chance gives. Of a real piece of the
test split 20 s are played; the key is what most of the next 20 s of it and of its past keep to, and the answer stands
beside those 20 s.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from tests.bench.duet import messages, notes

from antiphon.core.parameters import Parameters
from antiphon.core.rehearsal import rehearse, settled
from antiphon.core.session import Session
from antiphon.errors import AntiphonError
from antiphon.mind import onnx_model
from antiphon.music import midifile, scales
from antiphon.music.events import Kind, Seconds, Voice
from antiphon.music.wire import Timed
from antiphon_training import corpus

_PRIME_S: Final = 20.0
_MAJOR: Final = scales.classes("C major")
_MINOR: Final = scales.classes("C minor") | scales.classes("C melodic minor")
"""With the sixth and the seventh degree both ways."""


class Tune(NamedTuple):
    """Notes (beats from the start, beats, semitones above the tonic), and what its key allows."""

    name: str
    notes: Sequence[tuple[float, float, int]]
    key: frozenset[int]


def _line(name: str, pitches: Iterable[int], key: frozenset[int], beat: float = 0.5) -> Tune:
    return Tune(name, [(beat * at, beat, pitch) for at, pitch in enumerate(pitches)], key)


def _chords(name: str, chords: Sequence[Sequence[int]], key: frozenset[int]) -> Tune:
    return Tune(name, [(2 * at, 2, pitch) for at, chord in enumerate(chords) for pitch in chord], key)


_UP: Final = (0, 2, 4, 5, 7, 9, 11, 12)
TUNES: Final = (
    _line("major scale", (*_UP, *reversed(_UP)), _MAJOR),
    _line("five-finger tune", (4, 4, 5, 7, 7, 5, 4, 2, 0, 0, 2, 4, 4, 2, 2), _MAJOR),
    _line("folk tune", (0, 0, 7, 7, 9, 9, 7, 5, 5, 4, 4, 2, 2, 0), _MAJOR),
    _chords("I vi IV V", ((-12, 0, 4, 7), (-15, 0, 4, 9), (-19, 0, 5, 9), (-17, -1, 2, 7)), _MAJOR),
    _line("minor scale", (0, 2, 3, 5, 7, 8, 10, 12, 10, 8, 7, 5, 3, 2, 0), _MINOR),
    _chords("i iv V i", ((-12, 0, 3, 7), (-7, 0, 5, 8), (-5, -1, 2, 7), (-12, 0, 3, 7)), _MINOR),
)


def asked(tune: Tune, tonic: int) -> list[Timed]:
    """A tune as a keyboard sends it, at 100 beats a minute, its tonic at MIDI note `tonic`."""
    sent = list[tuple[float, int, bytes]]()
    for start, beats, pitch in tune.notes:
        sent.append((start * 0.6, 1, bytes((0x90, tonic + pitch, 72))))
        sent.append(((start + beats * 0.9) * 0.6, 0, bytes((0x80, tonic + pitch, 64))))
    return [Timed(Seconds(moment), message) for moment, _, message in sorted(sent)]


def answer(model: Any, parameters: Parameters, player: Sequence[Timed]) -> list[int]:
    """The pitches of what a Session answers to a phrase."""
    session = Session(model, parameters)
    played = [Timed(due.time, due.message) for due in rehearse(session, settled(player))]
    return [event.pitch for event in midifile.events(played) if event.kind is Kind.NOTE_ON]


def inside(pitches: Iterable[int], key: frozenset[int]) -> float:
    """The share of notes that a key allows; nan of none."""
    found = [pitch % 12 in key for pitch in pitches]
    return float(np.mean(found)) if found else float("nan")


def of_tunes(model: Any, parameters: Parameters) -> list[str]:
    """A line for each tune: the share of the answers' notes that are in its key."""
    lines = list[str]()
    for tune in TUNES:
        shares, count = list[float](), 0
        for step in range(12):
            pitches = answer(model, parameters.changed(mode="reply", seed=step + 1), asked(tune, 60 + step))
            shares.append(inside(pitches, frozenset((pitch + step) % 12 for pitch in tune.key)))
            count += len(pitches)
        worst, mean = min(shares), float(np.nanmean(shares))
        lines.append(f"{tune.name:18} {mean:.3f} (worst {worst:.3f}, chance {len(tune.key) / 12:.3f}; {count} notes)")
    return lines


def of_pieces(model: Any, parameters: Parameters, data: Sequence[Path], most: int) -> list[str]:
    """A line for each set: the same for openings of real pieces, beside what really follows."""
    lines = list[str]()
    for name, set_ in corpus.gather(data, "test"):
        ours, theirs = list[float](), list[float]()
        for number in np.random.default_rng(1).permutation(len(set_.pieces))[:most]:
            records = set_.of(set_.pieces[number])
            every = sorted(
                note for part in np.unique(records["part"]) for note in notes(records, Voice(part), 2 * _PRIME_S)
            )
            given = [note for note in every if note.begins < _PRIME_S]
            key = _key([note.pitch for note in every])
            pitches = answer(model, parameters.changed(mode="reply", seed=int(number) + 1), messages(given))
            ours.append(inside(pitches, key))
            theirs.append(inside([note.pitch for note in every if note.begins >= _PRIME_S], key))
        lines.append(f"{name:18} {np.nanmean(ours):.3f} (what follows: {np.nanmean(theirs):.3f})")
    return lines


def _key(pitches: Sequence[int]) -> frozenset[int]:
    weights = np.bincount(np.array(pitches) % 12, minlength=12).astype(np.float64)
    return scales.classes(scales.likeliest(weights) or "C chromatic")


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data", nargs="*", type=Path)
    parser.add_argument("--pieces", type=int, default=12)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    words = parser.parse_args()
    try:
        model, parameters = onnx_model.load(words.model), Parameters().set(words.set)
        print("\n".join(of_tunes(model, parameters) + of_pieces(model, parameters, words.data, words.pieces)))
    except AntiphonError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
