"""MIDI files in, one corpus out: a flat array of events and an index of pieces.

A corpus is two files: NAME.npy holds every event of every piece (memory-mapped when read, so its size
is the disk's affair), NAME.json says where each piece lies, to which set and split it belongs, and
what was left out and why. Nothing here knows of networks or torch.
"""

import csv
import hashlib
import json
import lzma
import os
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path, PurePosixPath
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
LONGEST_MS: Final = int(np.iinfo(np.int32).max)
"""The longest piece that RECORD can hold: nearly 25 days."""
_MIDI: Final = (".mid", ".midi")
_MANIFEST: Final = "manifest.csv"
_UNPACKABLE: Final = (
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What damaged, encrypted or unknown archives raise."""
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
        index = json.loads(_beside(path, ".json").read_text(encoding="utf-8"))
        records = np.load(_beside(path, ".npy"), mmap_mode="r")
        pieces = tuple(Piece(**piece) for piece in index["pieces"])
        if records.dtype != RECORD or any(piece.stop > len(records) for piece in pieces):
            raise ValueError("its two files do not belong together")
        return Corpus(records, pieces)
    except (EOFError, OSError, ValueError, KeyError, TypeError) as error:
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
            if not path.exists():
                raise CorpusError(f"{path}: no such file or folder; check the name")
            if path.is_dir() or path.suffix.lower() in _MIDI:
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


def _files(root: Path, source: str) -> list[_File]:
    if root.is_file():
        return [_File(root, root.name, source, _split(PurePosixPath(root.parent.name, root.name)))]
    paths = sorted(p for p in root.rglob("*") if p.suffix.lower() in _MIDI and (p.is_file() or p.is_symlink()))
    splits = _manifests(root)
    within = [PurePosixPath(root.resolve().name, path.relative_to(root).as_posix()) for path in paths]
    return [
        _File(path, path.name, source, splits.get(path) or splits.get(Path(path.name)) or _split(place))
        for path, place in zip(paths, within, strict=True)
    ]


def _manifests(root: Path) -> dict[Path, str]:
    """The split of each file that a manifest below `root` names: by its path, and by its bare name."""
    found = dict[Path, str]()
    for path in sorted(root.rglob(_MANIFEST)):
        try:
            with path.open(newline="", encoding="utf-8-sig", errors="replace") as lines:
                for row in csv.DictReader(lines):
                    name, split = row.get("file"), row.get("split")
                    if name and split in SPLITS:
                        found[path.parent / name] = split
                        found.setdefault(Path(Path(name).name), split)
        except (OSError, csv.Error) as error:
            raise CorpusError(f"{path}: not a readable manifest ({error}); put it right or take it away") from error
    return found


def _split(path: PurePosixPath) -> str:
    for part in reversed(path.parts[:-1]):
        if part in SPLITS:
            return part
    draw = hashlib.sha256(path.name.encode("utf-8", "surrogateescape")).digest()[0]
    return "test" if draw < 13 else "valid" if draw < 26 else "train"


def _unpack(archive: Path, folder: Path) -> Path:
    """Lay the MIDI files and manifests of an archive into a folder, and nothing outside it. (tarfile's own
    filter="data" is not in every Python 3.11: Debian 12 has 3.11.2, the filter came with 3.11.4.)"""
    folder.mkdir(parents=True)
    try:
        for name, content in _packed(archive):
            place = folder.joinpath(*(part for part in PurePosixPath(name).parts if part not in ("/", "..")))
            if place.suffix.lower() in _MIDI or place.name == _MANIFEST:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content())
    except _UNPACKABLE as error:
        raise CorpusError(f"{archive}: not a folder, a .mid file or a whole archive ({error})") from error
    return folder


def _packed(archive: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The name of each plain file in an archive, and how to read it."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            for info in zipped.infolist():
                if not info.is_dir():
                    yield info.filename, partial(zipped.read, info)
        return
    with tarfile.open(archive) as tarred:
        for member in tarred:
            if member.isfile() and (stream := tarred.extractfile(member)):
                yield member.name, stream.read


def _load(file: _File) -> tuple[_File, Records | str]:
    try:
        events = piece_events(file.path)
    except AntiphonError as error:
        return file, str(error).removeprefix(f"{file.path}: ")
    if events and vocabulary.milliseconds(events[-1].time - events[0].time) > LONGEST_MS:
        return file, "longer than 24 days"
    records = records_of(events)
    if np.count_nonzero((records["velocity"] > 0) & (records["key"] < vocabulary.PEDAL_KEY)) < 2:
        return file, "fewer than two notes"
    return file, records


def _collect(
    files: Sequence[_File], progress: Callable[[int, int], None]
) -> tuple[list[Piece], list[Records], list[tuple[str, str]]]:
    pieces, chunks, rejected = list[Piece](), list[Records](), list[tuple[str, str]]()
    seen, start = dict[bytes, str](), 0
    with ProcessPoolExecutor() as pool:
        for done, (file, found) in enumerate(pool.map(_load, files, chunksize=4), 1):
            progress(done, len(files))
            if isinstance(found, str):
                rejected.append((file.name, found))
                continue
            digest = _digest(found)
            if digest in seen:
                rejected.append((file.name, f"the same notes as {seen[digest]}"))
                continue
            seen[digest] = file.name
            pieces.append(_piece(file, found, start))
            chunks.append(found)
            start += len(found)
    return pieces, chunks, rejected


def _digest(records: Records) -> bytes:
    """What two files have in common when they hold the same notes, whatever their pedals and first silence."""
    notes = records[records["key"] < vocabulary.PEDAL_KEY]
    columns = (notes["ms"] - notes["ms"][0], notes["key"], notes["velocity"])
    return hashlib.sha256(b"".join(column.tobytes() for column in columns)).digest()


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


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name.removesuffix(".npy").removesuffix(".json") + ending)


def _write(output: Path, records: Records, pieces: Sequence[Piece], rejected: Sequence[tuple[str, str]]) -> None:
    index = {"vocabulary": vocabulary.VERSION, "pieces": [asdict(p) for p in pieces], "rejected": rejected}
    listing = json.dumps(index, ensure_ascii=False, indent=0).encode("utf-8", "backslashreplace")
    array, text = (_beside(output, f".{os.getpid()}{ending}") for ending in (".npy", ".json"))
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        np.save(array, records)
        text.write_bytes(listing)
        array.replace(_beside(output, ".npy"))
        text.replace(_beside(output, ".json"))
    except OSError as error:
        raise CorpusError(f"{output}: cannot write here ({error.strerror}); choose another --output") from error
    finally:
        for path in (array, text):
            with suppress(OSError):
                path.unlink()
