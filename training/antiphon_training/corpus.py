"""MIDI files in, one corpus out: a flat array of events and an index of pieces.

A corpus is two files: NAME.npy holds every event of every piece (memory-mapped when read, so its size
is the disk's affair), NAME.json says where each piece lies, to which set and split it belongs, and
what was left out and why. Nothing here knows of networks or torch.
"""

import csv
import hashlib
import json
import os
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from antiphon.errors import AntiphonError, CorpusError
from antiphon.music import midifile, vocabulary
from antiphon.music.events import Event, Voice

RECORD: Final = np.dtype([("ms", "<i4"), ("key", "u1"), ("velocity", "u1"), ("part", "u1")])
"""One event: ms since the piece began; key 0-128 (128 is the pedal); velocity, 0 for a release;
part 0 (no parts), 1 (lead) or 2 (accompaniment)."""

SPLITS: Final = ("train", "valid", "test")
_LEADS: Final = ("right", "melody", "voice", "solo", "soprano")
_FOLLOWERS: Final = ("left", "bridge", "piano", "bass", "chords", "alto", "tenor")

Records: TypeAlias = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Piece:
    """Where one piece lies in the array, and what is known of it."""

    name: str
    source: str
    split: str
    start: int
    stop: int
    pedalled: bool
    dynamic: bool
    """False where every note has one velocity: then velocity teaches nothing."""
    parts: bool


@dataclass(frozen=True, slots=True)
class Corpus:
    """All pieces and their events. `records` is (E,) of RECORD, memory-mapped."""

    records: Records
    pieces: tuple[Piece, ...]

    def of(self, piece: Piece) -> Records:
        """The events of one piece, a view."""
        return self.records[piece.start : piece.stop]

    def only(self, split: str) -> "Corpus":
        """The pieces of one split."""
        return Corpus(self.records, tuple(p for p in self.pieces if p.split == split))


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    name: str
    source: str
    split: str


def read(path: Path) -> Corpus:
    """Open a corpus that `prepare` wrote. Raises CorpusError where it is missing or damaged."""
    try:
        index = json.loads(path.with_suffix(".json").read_text())
        records = np.load(path.with_suffix(".npy"), mmap_mode="r")
        return Corpus(records, tuple(Piece(**piece) for piece in index["pieces"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"{path}: not a corpus ({error}); make one with antiphon-train prepare") from error


def prepare(
    data: Sequence[Path], output: Path, progress: Callable[[int, int], None] = lambda done, total: None
) -> Corpus:
    """Read every .mid under `data` (files, folders, .tar.* and .zip archives) into a corpus at `output`.

    Splits are those of a manifest.csv or of folders named train, valid and test; pieces without one
    are dealt by a hash of their name: 90 % train, 5 % valid, 5 % test. Raises CorpusError when nothing
    usable is found; what was rejected stands in the index with its reason.
    """
    with unpacked(data) as roots:
        files = [file for root, source in roots for file in _files(root, source)]
        pieces, chunks, rejected = _collect(files, progress)
    if not pieces:
        reasons = "; ".join(f"{name}: {why}" for name, why in rejected[:3]) or "no .mid file there"
        raise CorpusError(f"nothing to learn from in {', '.join(map(str, data))} ({reasons})")
    records = np.concatenate(chunks)
    _write(output, records, pieces, rejected)
    return Corpus(records, tuple(pieces))


@contextmanager
def unpacked(data: Sequence[Path]) -> Iterator[list[tuple[Path, str]]]:
    """Folders for all of `data`, archives unpacked for as long as the context lasts, with their names."""
    with tempfile.TemporaryDirectory(prefix="antiphon-") as scratch:
        roots = list[tuple[Path, str]]()
        for number, path in enumerate(data):
            name = path.name.split(".")[0] or path.resolve().name
            if path.is_dir() or path.suffix.lower() in (".mid", ".midi"):
                roots.append((path, name))
            else:
                roots.append((_unpack(path, Path(scratch) / str(number)), name))
        yield roots


def piece_events(path: Path) -> list[Event]:
    """The events of one file in the order of the EVENT stream (time in ms, releases first, pitch ascending),
    each with the voice its part's name gives it. Raises MidiFileError."""
    tracks = [track for track in midifile.read(path) if track.messages]
    voices = [_voice(track.name) for track in tracks]
    if len(set(voices)) == 1:
        voices = [Voice.SOLO] * len(tracks)
    events = [e for track, voice in zip(tracks, voices, strict=True) for e in midifile.events(track.messages, voice)]
    return sorted(events, key=lambda e: (vocabulary.milliseconds(e.time), e.starts, vocabulary.key(e)))


def _voice(part: str) -> Voice:
    name = part.lower()
    if any(word in name for word in ("piano_right", "piano_left")):
        return Voice.ACCOMPANIMENT
    if any(word in name for word in _LEADS):
        return Voice.LEAD
    return Voice.ACCOMPANIMENT if any(word in name for word in _FOLLOWERS) else Voice.SOLO


def records_of(events: Sequence[Event]) -> Records:
    """(E,) of RECORD from events in order, the first at 0 ms; the pedals
    of two parts are one pedal, lifted by the part that pressed it."""
    rows, pedals, treader, first = list[tuple[int, int, int, int]](), 0, 0, vocabulary.milliseconds(events[0].time)
    for event in events:
        moved, part = vocabulary.key(event), int(event.voice)
        if moved == vocabulary.PEDAL_KEY:
            before, pedals = pedals, pedals + (1 if event.starts else -1)
            if min(before, pedals) > 0:
                continue
            part = treader = part if event.starts else treader
        rows.append((vocabulary.milliseconds(event.time) - first, moved, event.velocity, part))
    return np.array(rows, RECORD)


def _files(root: Path, source: str) -> list[_File]:
    paths = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.suffix.lower() in (".mid", ".midi"))
    splits = _manifest(root)
    return [_File(path, path.name, source, splits.get(path.name) or _split(path)) for path in paths]


def _manifest(root: Path) -> dict[str, str]:
    found = dict[str, str]()
    for path in sorted(root.rglob("manifest.csv")) if root.is_dir() else []:
        with path.open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                if row.get("split") in SPLITS and row.get("file"):
                    found[Path(str(row["file"])).name] = str(row["split"])
    return found


def _split(path: Path) -> str:
    for part in reversed(path.parts[:-1]):
        if part in SPLITS:
            return part
    draw = hashlib.sha256(path.name.encode("utf-8", "surrogateescape")).digest()[0]
    return "test" if draw < 13 else "valid" if draw < 26 else "train"


def _unpack(archive: Path, folder: Path) -> Path:
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(folder)
        else:
            with tarfile.open(archive) as packed:
                packed.extractall(folder, filter="data")
    except (OSError, tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise CorpusError(f"{archive}: not a folder, a .mid file or an archive ({error})") from error
    return folder


def _load(file: _File) -> tuple[_File, Records | str]:
    try:
        events = piece_events(file.path)
    except AntiphonError as error:
        return file, str(error)
    records = records_of(events) if events else np.empty(0, RECORD)
    if np.count_nonzero((records["velocity"] > 0) & (records["key"] < vocabulary.PEDAL_KEY)) < 2:
        return file, "fewer than two notes"
    return file, records


def _collect(
    files: Sequence[_File], progress: Callable[[int, int], None]
) -> tuple[list[Piece], list[Records], list[tuple[str, str]]]:
    pieces, chunks, rejected, seen, start = list[Piece](), list[Records](), list[tuple[str, str]](), set[bytes](), 0
    with ProcessPoolExecutor() as pool:
        for done, (file, found) in enumerate(pool.map(_load, files, chunksize=4), 1):
            progress(done, len(files))
            if isinstance(found, str):
                rejected.append((file.name, found))
                continue
            notes = found[found["key"] < vocabulary.PEDAL_KEY]
            digest = hashlib.sha256(notes[["ms", "key", "velocity"]].tobytes()).digest()
            if digest in seen:
                rejected.append((file.name, "the same notes as another file"))
                continue
            seen.add(digest)
            pieces.append(_piece(file, found, start))
            chunks.append(found)
            start += len(found)
    return pieces, chunks, rejected


def _piece(file: _File, records: Records, start: int) -> Piece:
    sounding = records[(records["velocity"] > 0) & (records["key"] < vocabulary.PEDAL_KEY)]
    return Piece(
        name=file.name,
        source=file.source,
        split=file.split,
        start=start,
        stop=start + len(records),
        pedalled=bool(np.any(records["key"] == vocabulary.PEDAL_KEY)),
        dynamic=len(np.unique(sounding["velocity"])) > 1,
        parts=bool(np.any(records["part"] > 0)),
    )


def _write(output: Path, records: Records, pieces: Sequence[Piece], rejected: Sequence[tuple[str, str]]) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    index = {"vocabulary": vocabulary.VERSION, "pieces": [asdict(p) for p in pieces], "rejected": rejected}
    array, listing = output.with_suffix(".npy"), output.with_suffix(".json")
    np.save(beside := array.with_name(f".{os.getpid()}.{array.name}"), records)
    beside.replace(array)
    listing.write_text(json.dumps(index, ensure_ascii=False, indent=0))
