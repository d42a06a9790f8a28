"""Notes as they would be written: on a grid of sixteenths and triplets, in two staves, two voices in each.

What is written is what was meant and not each millisecond: the ends of notes are put where the next begins, unless a
note goes on for a beat and more, and then it has a voice of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from antiphon.engraving.beats import Beats
from antiphon.music.notes import Note

BEAT: Final = 12
"""Ticks of a beat: 3 are a sixteenth, 4 an eighth of a triplet."""
_DUPLE: Final = 3
_TRIPLE: Final = 4
_TRIPLET: Final = 0.6
"""Triplets have to fit so much better than sixteenths."""
_MIDDLE: Final = 60
_SWAY: Final = 4
"""Semitones around the middle within which a chord stays in the staff of the one before."""
_SPAN: Final = 12
"""Semitones that one hand takes."""
_BREATH: Final = 6
"""Ticks: a shorter rest than this behind a note is not written, nor one of a quarter of the note."""


@dataclass(frozen=True, slots=True)
class Written:
    """A chord or a note on the page. `onset` and `length` are ticks; staff 1 is the upper one."""

    onset: int
    length: int
    pitches: tuple[int, ...]
    staff: int
    voice: int = 1

    @property
    def end(self) -> int:
        """The tick behind it."""
        return self.onset + self.length


def triplets(sides: Sequence[Sequence[Note]], beats: Beats) -> frozenset[int]:
    """The beats that are divided by three: there it fits all of the onsets clearly better."""
    places = beats.places(sorted(note.begins for side in sides for note in side))
    found = set[int]()
    for beat in np.unique(np.floor(places + 1 / 24)).astype(int):
        within = places[(places >= beat - 1 / 24) & (places < beat + 1 - 1 / 24)] - beat
        duple, triple = (float(np.square(within - np.rint(within * n) / n).sum()) for n in (4, 3))
        inner = np.unique(np.rint(within * 3))
        if triple < _TRIPLET * duple and ((inner == 1) | (inner == 2)).any():
            found.add(int(beat))
    return frozenset(found)


def written(side: Sequence[Note], beats: Beats, threes: frozenset[int]) -> list[Written]:
    """One side on the page, in order."""
    chords = dict[int, list[tuple[int, int]]]()
    starts = beats.places([note.begins for note in side])
    ends = beats.places([note.ends for note in side])
    for note, start, end in zip(side, starts, ends, strict=True):
        onset = _tick(float(start), threes)
        chords.setdefault(onset, []).append((note.pitch, max(onset + _step(onset, threes), _tick(float(end), threes))))
    found = list[Written]()
    for staff, groups in enumerate(_hands(chords), start=1):
        found += _voiced(groups, staff, threes)
    return sorted(found, key=lambda one: (one.onset, one.staff, one.voice))


def _tick(place: float, threes: frozenset[int]) -> int:
    step = _TRIPLE if int(np.floor(place + 1 / 24)) in threes else _DUPLE
    return round(place * BEAT / step) * step


def _step(tick: int, threes: frozenset[int]) -> int:
    return _TRIPLE if tick // BEAT in threes else _DUPLE


Group = tuple[int, dict[int, int]]
"""A tick, and the end of each pitch that begins there."""


def _hands(chords: dict[int, list[tuple[int, int]]]) -> tuple[list[Group], list[Group]]:
    """What the right and the left hand play: a chord that one hand can take is not divided."""
    right, left, last = list[Group](), list[Group](), 1
    for onset in sorted(chords):
        ends = dict[int, int]()
        for pitch, end in chords[onset]:
            ends[pitch] = max(end, ends.get(pitch, 0))
        low, high = min(ends), max(ends)
        border = _MIDDLE
        if high - low <= _SPAN:
            middle = (low + high) / 2
            last = last if abs(middle - _MIDDLE) < _SWAY else 1 if middle >= _MIDDLE else 2
            border = 0 if last == 1 else 128
        above = {pitch: end for pitch, end in ends.items() if pitch >= border}
        below = {pitch: end for pitch, end in ends.items() if pitch < border}
        right += [(onset, above)] if above else []
        left += [(onset, below)] if below else []
    return right, left


def _voiced(groups: Sequence[Group], staff: int, threes: frozenset[int]) -> Iterator[Written]:
    """In the first voice each chord ends where the next begins; what goes on beyond has the second, if that is free."""
    free = 0
    for number, (onset, ends) in enumerate(groups):
        following = groups[number + 1][0] if number + 1 < len(groups) else None
        held = {p: e for p, e in ends.items() if following is not None and e >= following + BEAT and onset >= free}
        if held:
            free = max(held.values())
            yield _cut(Written(onset, free - onset, tuple(sorted(held)), staff, 2), threes)
            ends = {p: e for p, e in ends.items() if p not in held}
        if not ends:
            continue
        end = max(ends.values())
        limit = following if following is not None else -(-end // BEAT) * BEAT
        if end > limit or limit - end < max(_BREATH, (end - onset) / 4):
            end = limit
        yield _cut(Written(onset, end - onset, tuple(sorted(ends)), staff), threes)


def _cut(one: Written, threes: frozenset[int]) -> Written:
    """With an end that can be written: a note that goes on beyond a beat of three ends on a beat."""
    first, last = one.onset // BEAT, (one.end - 1) // BEAT
    if first == last or one.end % BEAT == 0 or not ({first, last} & threes):
        return one
    return replace(one, length=one.end // BEAT * BEAT - one.onset)
