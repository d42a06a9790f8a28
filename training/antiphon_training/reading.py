"""One MIDI file as the events of one piece, in the order in which they are learned and judged.

Knows the order of the EVENT stream and what a part's name says of its role; nothing of corpora.
"""

import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from antiphon.errors import AntiphonError
from antiphon.music import midifile, vocabulary
from antiphon.music.events import Event, Voice
from antiphon.music.midifile import Track
from antiphon.music.wire import NOTE_ON
from antiphon_training.sources import LARGEST, File

RECORD: Final = np.dtype([("ms", "<i4"), ("key", "u1"), ("velocity", "u1"), ("part", "u1")])
"""One event: ms since the piece began; key 0-128 (128 is the pedal); velocity, 0 for a release;
part 0 (no parts), 1 (lead) or 2 (accompaniment)."""

LONGEST_MS: Final = int(np.iinfo(np.int32).max)
"""The longest piece that RECORD can hold: nearly 25 days."""
_LEADS: Final = (("voice", "vocal", "melody", "solo", "soprano", "lead"), ("right",))
"""What the part that leads is called: the first names that any part has decide."""
_FOLLOWERS: Final = ("left", "bridge", "piano", "bass", "chords", "alto", "tenor")
Records: TypeAlias = NDArray[np.void]
_FLAT: Final = 0.95

_FEW: Final = 32
"""Files that are read sooner than other processes have started."""
_AT_ONCE: Final = 4
_AHEAD: Final = 8
"""Files that a process is handed at once, and how often that many may wait for each process."""


class Read(NamedTuple):
    """What a file holds: its events, (E,) of RECORD, and False where each part has one velocity (or one for all but one
    note in twenty): it is then none that was played, and teaches nothing."""

    records: Records
    dynamic: bool

    @property
    def notes(self) -> int:
        """How many notes begin."""
        records = self.records
        return int(np.count_nonzero((records["velocity"] > 0) & (records["key"] < vocabulary.PEDAL_KEY)))


Outcome: TypeAlias = tuple[File, Read | str]
"""A file with what it holds, or with the reason why it is left out."""


def piece_events(path: Path) -> list[Event]:
    """The events of one file in the order of the EVENT stream (time in ms, releases first, pitch ascending),
    each with the voice its part's name gives it. Raises MidiFileError."""
    return _events(_sounding(path))


def _sounding(path: Path) -> list[Track]:
    return [track for track in midifile.read(path) if track.messages]


def _dynamic(track: Track) -> bool:
    struck = [timed.message[2] for timed in track.messages if timed.message[0] & 0xF0 == NOTE_ON and timed.message[2]]
    return bool(struck) and max(Counter(struck).values()) < _FLAT * len(struck)


def _events(tracks: Sequence[Track]) -> list[Event]:
    voices = roles([track.name for track in tracks])
    placed = list[tuple[int, int, int, int, Event]]()
    for number, (track, voice) in enumerate(zip(tracks, voices, strict=True)):
        heard = midifile.events(midifile.merged([track]), voice)
        placed += [(*place, number, event) for place, event in _placed(heard)]
    return [event for *_, event in sorted(placed, key=lambda row: row[:4])]


def _placed(events: Sequence[Event]) -> Iterator[tuple[tuple[int, int, int], Event]]:
    """Each event with its place in the stream: ms, then releases before the rest, then pitch. The release of a
    note no longer than a millisecond stays behind its beginning."""
    began = dict[int, int]()
    for event in events:
        ms, moved = vocabulary.milliseconds(event.time), vocabulary.key(event)
        if event.starts:
            began[moved] = ms
        yield (ms, 1 if event.starts else 2 if began.get(moved) == ms else 0, moved), event


def roles(parts: Sequence[str]) -> list[Voice]:
    """Who leads and who accompanies, by the names of all parts of a piece: where one is called a lead, all others
    accompany it; where some are called accompaniment only, the others lead; else there are no roles."""
    names = [part.lower() for part in parts]
    leads = [False] * len(names)
    for words in _LEADS:
        leads = leads if any(leads) else [any(word in name for word in words) for name in names]
    if not any(leads):
        leads = [not any(word in name for word in _FOLLOWERS) for name in names]
    if len(set(leads)) < 2:
        return [Voice.SOLO] * len(names)
    return [Voice.LEAD if lead else Voice.ACCOMPANIMENT for lead in leads]


def records_of(events: Sequence[Event]) -> Records:
    """(E,) of RECORD from events in order, the first at 0 ms; the pedals
    of two parts are one pedal, lifted by the part that pressed it."""
    rows, pedals, treader = list[tuple[int, int, int, int]](), 0, 0
    first = vocabulary.milliseconds(events[0].time) if events else 0
    for event in events:
        moved, part = vocabulary.key(event), int(event.voice)
        if moved == vocabulary.PEDAL_KEY:
            before, pedals = pedals, pedals + (1 if event.starts else -1)
            if min(before, pedals) > 0:
                continue
            part = treader = part if event.starts else treader
        rows.append((vocabulary.milliseconds(event.time) - first, moved, event.velocity, part))
    return np.array(rows, RECORD)


def read_all(
    files: Iterable[File],
    total: int,
    least_notes: int,
    progress: Callable[[int, int], None],
    workers: int | None = None,
) -> Iterator[Outcome]:
    """Each of `total` files with what it holds; many at a time by so many `workers`, one for each core unless said
    otherwise."""
    load = partial(_load, least_notes=least_notes)
    many = total > _FEW and workers != 1
    yield from _told(_side_by_side(files, load, workers) if many else map(load, files), total, progress)


def _side_by_side(files: Iterable[File], load: Callable[[File], Outcome], workers: int | None) -> Iterator[Outcome]:
    """Read by several processes, in order, and never further ahead than is needed to keep them busy."""
    waiting, listed = deque[Future[list[Outcome]]](), iter(files)
    with ProcessPoolExecutor(workers) as pool:
        while few := list(islice(listed, _AT_ONCE)):
            waiting.append(pool.submit(_loaded, load, few))
            if len(waiting) > _AHEAD * (workers or os.cpu_count() or 1):
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def _loaded(load: Callable[[File], Outcome], files: Sequence[File]) -> list[Outcome]:
    return [load(file) for file in files]


def _told(loaded: Iterator[Outcome], total: int, progress: Callable[[int, int], None]) -> Iterator[Outcome]:
    for done, pair in enumerate(loaded, 1):
        progress(done, total)
        yield pair


def _load(file: File, least_notes: int) -> Outcome:
    with suppress(OSError):
        if (size := file.path.stat().st_size) > LARGEST:
            return file, f"{size / 1e6:,.0f} MB, and no piece is larger than {LARGEST / 1e6:.0f}; cut it in pieces"
    try:
        tracks = _sounding(file.path)
        events = _events(tracks)
    except AntiphonError as error:
        return file, str(error).removeprefix(f"{file.path}: ")
    if events and vocabulary.milliseconds(events[-1].time - events[0].time) > LONGEST_MS:
        return file, "longer than 24 days"
    read = Read(records_of(events), any(map(_dynamic, tracks)))
    if read.notes < least_notes:
        return file, "fewer than two notes" if least_notes > 1 else "no notes"
    return file, read
