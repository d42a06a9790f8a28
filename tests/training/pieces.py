"""Music that the trainer's tests make for themselves: files, corpora, performances and a tiny network's sizes."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mido
import numpy as np

from antiphon.music import vocabulary
from antiphon_training.corpus import Corpus, Piece
from antiphon_training.dataset import Performance
from antiphon_training.grid import on_a_grid
from antiphon_training.reading import RECORD
from antiphon_training.settings import Sizes
from antiphon_training.sources import SPLITS

TINY = Sizes(width=32, layers=2, time=8, token=16, velocity=8, voice=4, keys=16, head=16)
Row = tuple[int, int, int, int]
"""ms, key, velocity (0 ends), part."""


def improvised(seed: int, notes: int = 60, treads: int = 4, parts: tuple[int, ...] = (0,), low: int = 50) -> list[Row]:
    """A piece from nowhere: chords and runs, each note with its release, and a pedal that is pressed and lifted."""
    rng = np.random.default_rng(seed)
    ends, rows, now = dict[tuple[int, int], int](), list[tuple[int, int, int, int, int]](), 0
    for _ in range(notes):
        now += int(rng.choice([0, 12, 90, 250]))
        key, part = int(rng.integers(low, low + 25)), int(rng.choice(parts))
        if ends.get((part, key), -1) >= now:
            continue
        ends[part, key] = end = now + int(rng.integers(1, 900))
        rows += [(now, 1, key, int(rng.integers(20, 110)), part), (end, 0, key, 0, part)]
    for tread in range(treads):
        rows += [(tread * 700, 1, 128, 127, parts[-1]), (tread * 700 + 500, 0, 128, 0, parts[-1])]
    return [(ms, key, velocity, part) for ms, _, key, velocity, part in sorted(rows)]


def corpus_of(*pieces: Sequence[Row], splits: Sequence[str] = (), sources: Sequence[str] = ()) -> Corpus:
    """A corpus in memory: all in "train" and from "made" unless said otherwise."""
    found, start = list[Piece](), 0
    for number, rows in enumerate(pieces):
        loud = {velocity for _, key, velocity, _ in rows if velocity and key < vocabulary.PEDAL_KEY}
        found.append(
            Piece(
                name=f"{number}.mid",
                source=sources[number] if sources else "made",
                split=splits[number] if splits else "train",
                start=start,
                stop=start + len(rows),
                pedalled=any(key == vocabulary.PEDAL_KEY for _, key, _, _ in rows),
                dynamic=len(loud) > 1,
                parts=any(part for *_, part in rows),
                scored=on_a_grid(*np.array(rows, np.int64).T[:3]),
            )
        )
        start += len(rows)
    return Corpus(np.array([row for rows in pieces for row in rows], RECORD), tuple(found))


def performance(rows: Sequence[Row]) -> Performance:
    """The rows played as they are, parts as voices."""
    ms, key, velocity, voice = np.array(rows, np.int64).T
    return Performance(ms, key, velocity, voice, dynamic=True, pedalled=bool(np.any(key == vocabulary.PEDAL_KEY)))


def orphans(played: Performance) -> list[int]:
    """Which of its events release a key that is not down."""
    down, found = dict[tuple[int, int], int](), list[int]()
    for i in range(len(played)):
        at = int(played.voice[i]), int(played.key[i])
        if played.velocity[i] == 0 and down.get(at, 0) == 0:
            found.append(i)
        down[at] = down.get(at, 0) + (1 if played.velocity[i] else -1)
    return found


def midi(rows: Sequence[Row]) -> bytes:
    """The rows as a .mid file of one track, 1 tick = 1 ms."""
    file, packed = mido.MidiFile(ticks_per_beat=500), io.BytesIO()
    track, now = file.add_track("piano"), 0
    for ms, key, velocity, _ in rows:
        kind: dict[str, Any] = {"type": "control_change", "control": 64, "value": velocity}  # mido's own names
        if key < vocabulary.PEDAL_KEY:
            kind = {"type": "note_on" if velocity else "note_off", "note": key, "velocity": velocity or 64}
        track.append(mido.Message(time=ms - now, **kind))
        now = ms
    file.save(file=packed)
    return packed.getvalue()


def folder_of(path: Path, pieces: int = 4, notes: int = 60, split: str = "train") -> Path:
    """A folder with improvised files, their names awkward, in the folder of one split."""
    (path / split).mkdir(parents=True, exist_ok=True)
    for seed in range(pieces):
        (path / split / f"piece 🎹 {seed}.mid").write_bytes(midi(improvised(seed + 100 * SPLITS.index(split), notes)))
    return path
