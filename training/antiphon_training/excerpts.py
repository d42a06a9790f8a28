"""Notes, and stretches of real music to begin with and to compare with.

Moments are whole milliseconds from the beginning of a stretch. What was held when a stretch began is no part of it; a
note that is still held when it ends, ends there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from antiphon.music import vocabulary
from antiphon.music.events import Event, Kind, Voice
from antiphon.music.vocabulary import KEYS, PEDAL_KEY
from antiphon_training.corpus import Corpus
from antiphon_training.reading import Records

_FEWEST: Final = 20
"""Notes in each half of a stretch that is worth comparing."""


class Notes(NamedTuple):
    """Notes in the order of onset and pitch, each (N,) int64: onset ms, pitch, velocity 1-127, duration ms."""

    onset: NDArray[np.int64]
    pitch: NDArray[np.int64]
    velocity: NDArray[np.int64]
    duration: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Music of one piece: its beginning as events, the notes of that, and the notes that really followed."""

    name: str
    prime: tuple[Event, ...]
    before: Notes
    after: Notes


def excerpts(
    corpora: Sequence[Corpus], seconds: int, count: int, pedal: bool, rng: np.random.Generator
) -> list[Excerpt]:
    """Up to `count` stretches, each `seconds` of prime and as many that followed, no two of them overlapping. Drawn
    from all that have enough notes in both halves."""
    found = list[tuple[str, Records, int]]()
    for corpus in corpora:
        for piece in corpus.pieces:
            records = corpus.of(piece)
            found += [(piece.name, records, start) for start in _starts(records, 1000 * seconds)]
    drawn = rng.permutation(len(found))[:count]
    return [_excerpt(found[number], 1000 * seconds, pedal) for number in sorted(drawn)]


def notes_of(events: Sequence[Event], begins: int, until: int) -> Notes:
    """The notes that begin in a stretch of ms; none lasts longer than that."""
    open_, rows = dict[int, list[int]](), list[list[int]]()
    for event in events:
        ms = vocabulary.milliseconds(event.time)
        if event.kind is Kind.NOTE_ON and begins <= ms < until:
            rows.append([ms - begins, event.pitch, event.velocity, until - ms])
            open_.setdefault(event.pitch, []).append(len(rows) - 1)
        elif event.kind is Kind.NOTE_OFF and open_.get(event.pitch):
            row = rows[open_[event.pitch].pop(0)]
            row[3] = min(row[3], ms - begins - row[0])
    rows.sort(key=lambda row: row[:2])
    return Notes(*np.array(rows, np.int64).reshape(-1, 4).T)


def events_of(records: Records, begins: int, until: int) -> Iterator[Event]:
    """The events (E,) of RECORD in a stretch of ms, all of one voice, without releases of what began before it."""
    down = dict[int, int]()
    for ms, key, velocity, _ in records[np.searchsorted(records["ms"], begins) :].tolist():
        if ms >= until:
            return
        if velocity == 0 and not down.get(key):
            continue
        down[key] = down.get(key, 0) + (1 if velocity else -1)
        yield vocabulary.event_of((ms - begins) / 1000, key if velocity else key + KEYS, velocity, Voice.SOLO)


def _starts(records: Records, half: int) -> list[int]:
    """Where stretches of two halves (ms) can begin that hold enough notes, one after another from the beginning."""
    onsets = records["ms"][(records["velocity"] > 0) & (records["key"] < PEDAL_KEY)]
    edges = np.arange(0, (int(records["ms"][-1]) // (2 * half)) * 2 * half + 1, half)
    counts = np.diff(np.searchsorted(onsets, edges)).reshape(-1, 2)
    return [int(start) for start in edges[:-1:2][counts.min(1) >= _FEWEST]]


def _excerpt(place: tuple[str, Records, int], half: int, pedal: bool) -> Excerpt:
    name, records, start = place
    kept = records if pedal else records[records["key"] != PEDAL_KEY]
    heard = list(events_of(kept, start, start + 2 * half))
    prime = tuple(event for event in heard if vocabulary.milliseconds(event.time) < half)
    return Excerpt(name, prime, notes_of(heard, 0, half), notes_of(heard, half, 2 * half))
