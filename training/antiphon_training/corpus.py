"""MIDI files in, one corpus out: a flat array of events and an index of pieces.

A corpus is two files: NAME.npy holds every event of every piece (memory-mapped when read, so its size
is the disk's affair), NAME.json says where each piece lies, to which set and split it belongs, and
what was left out and why. Nothing here knows of networks or torch.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from antiphon.errors import CorpusError
from antiphon.music import vocabulary
from antiphon_training import sources
from antiphon_training.reading import RECORD, Records, read_all
from antiphon_training.sources import File


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
    """All pieces and their events. `records` is (E,) of RECORD, memory-mapped when read from a file."""

    records: Records
    pieces: tuple[Piece, ...]
    rejected: tuple[tuple[str, str], ...] = ()
    """What was left out, by name, and why."""

    def of(self, piece: Piece) -> Records:
        """The events of one piece, a view."""
        return self.records[piece.start : piece.stop]

    def only(self, split: str) -> "Corpus":
        """The pieces of one split."""
        return Corpus(self.records, tuple(p for p in self.pieces if p.split == split), self.rejected)

    def events(self) -> int:
        """How many events its pieces have together."""
        return sum(piece.stop - piece.start for piece in self.pieces)


def read(path: Path) -> Corpus:
    """Open a corpus that `prepare` wrote. Raises CorpusError where it is missing or damaged."""
    try:
        index = json.loads(_beside(path, ".json").read_text(encoding="utf-8"))
        records = np.load(_beside(path, ".npy"), mmap_mode="r")
        pieces = tuple(Piece(**piece) for piece in index["pieces"])
        rejected = tuple((str(name), str(why)) for name, why in index["rejected"])
        if records.dtype != RECORD or any(piece.stop > len(records) for piece in pieces):
            raise ValueError("its two files do not belong together")
        return Corpus(records, pieces, rejected)
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
    with sources.unpacked(data) as roots:
        files = [file for root, source in roots for file in sources.files(root, source)]
        pieces, chunks, rejected = _collect(files, progress)
    if not pieces:
        reasons = "; ".join(f"{name}: {why}" for name, why in rejected[:3]) or "no .mid file there"
        raise CorpusError(f"nothing to learn from in {', '.join(map(str, data))} ({reasons})")
    records = np.concatenate(chunks)
    _write(output, records, pieces, rejected)
    return Corpus(records, tuple(pieces), tuple(rejected))


def prepared(path: Path) -> bool:
    """True where `path` names a corpus that `prepare` wrote, with or without the ending of its files."""
    return not path.is_dir() and all(_beside(path, ending).is_file() for ending in (".npy", ".json"))


def gather(
    data: Sequence[Path], split: str | None = None, progress: Callable[[int, int], None] = lambda done, total: None
) -> list[tuple[str, Corpus]]:
    """A name and a corpus for each of `data`: every .mid there, or those of one split, whoever else has them too.

    What cannot be read or has no notes stands in `rejected`. A corpus of `prepare` is taken as it is. Raises
    CorpusError where one of `data` holds nothing.
    """
    corpora = dict(_gathered([path for path in data if not prepared(path)], split, progress))
    chosen = list[tuple[str, Corpus]]()
    for path in data:
        corpus = replace(read(path), rejected=()) if prepared(path) else corpora[path]
        corpus = corpus.only(split) if split else corpus
        if not corpus.pieces:
            reason = "; ".join(f"{name}: {why}" for name, why in corpus.rejected[:3])
            reason = reason or (f"no .mid file of the split {split} there" if split else "no .mid file there")
            raise CorpusError(f"nothing to judge in {path} ({reason})")
        chosen.append((sources.name_of(_beside(path, "") if prepared(path) else path), corpus))
    return chosen


def _gathered(
    data: Sequence[Path], split: str | None, progress: Callable[[int, int], None]
) -> Iterator[tuple[Path, Corpus]]:
    with sources.unpacked(data) as roots:
        listed = [(path, file) for path, root in zip(data, roots, strict=True) for file in sources.files(*root)]
        kept = [(path, file) for path, file in listed if split in (None, file.split)]
        found = list(read_all([file for _, file in kept], 1, progress))
    for path in data:
        yield path, _in_memory([pair for (owner, _), pair in zip(kept, found, strict=True) if owner is path])


def _in_memory(found: Sequence[tuple[File, Records | str]]) -> Corpus:
    pieces, chunks, rejected, start = list[Piece](), list[Records](), list[tuple[str, str]](), 0
    for file, records in found:
        if isinstance(records, str):
            rejected.append((file.name, records))
            continue
        pieces.append(_piece(file, records, start))
        chunks.append(records)
        start += len(records)
    return Corpus(np.concatenate([np.zeros(0, RECORD), *chunks]), tuple(pieces), tuple(rejected))


def _collect(
    files: Sequence[File], progress: Callable[[int, int], None]
) -> tuple[list[Piece], list[Records], list[tuple[str, str]]]:
    pieces, chunks, rejected = list[Piece](), list[Records](), list[tuple[str, str]]()
    seen, start = dict[bytes, str](), 0
    for file, found in read_all(files, 2, progress):
        if isinstance(found, str):
            rejected.append((file.name, found))
        elif (digest := _digest(found)) in seen:
            rejected.append((file.name, f"the same notes as {seen[digest]}"))
        else:
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


def _piece(file: File, records: Records, start: int) -> Piece:
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
