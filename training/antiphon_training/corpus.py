"""MIDI files in, one corpus out: a flat array of events and an index of pieces.

A corpus is two files: NAME.npy holds every event of every piece (memory-mapped when read, so its size
is the disk's affair), NAME.json says where each piece lies, to which set and split it belongs, and
what was left out and why. Nothing here knows of networks or torch.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from antiphon.errors import CorpusError
from antiphon_training import index, sources
from antiphon_training.index import Piece as Piece
from antiphon_training.index import Pieces
from antiphon_training.keys import in_one_key
from antiphon_training.reading import RECORD, Outcome, Records, read_all
from antiphon_training.sources import File
from antiphon_training.storing import beside, fingerprint, piece_of, storing

_LEAST: Final = 2
"""Notes that a piece to learn from has."""
_NAMED: Final = 3
"""Files that are named where none is left."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """All pieces and their events. `records` is (E,) of RECORD, memory-mapped when read from a file."""

    records: Records
    pieces: Sequence[Piece]
    rejected: Sequence[tuple[str, str]] = ()
    """What was left out, by name, and why."""
    one_key: bool = False
    """True where every piece is given in C major or A minor."""

    def of(self, piece: Piece) -> Records:
        """The events of one piece, a view (a copy, where it is moved to another key)."""
        records = self.records[piece.start : piece.stop]
        return in_one_key(records) if self.one_key else records

    def only(self, split: str) -> "Corpus":
        """The pieces of one split."""
        found = self.pieces
        return replace(
            self, pieces=found.only(split) if isinstance(found, Pieces) else [p for p in found if p.split == split]
        )

    def set_aside(self) -> "Corpus":
        """The same; where no piece is there to judge by, one in twenty of those to learn from is, drawn by name. A
        piece that is the only one is learned from."""
        learned = [at for at, piece in enumerate(self.pieces) if piece.split == "train"]
        if len(learned) < 2 or self.only("valid").pieces:
            return self
        drawn = sorted(learned, key=lambda at: sources.digest(self.pieces[at].name))[: -(-len(learned) // 20)]
        return replace(self, pieces=Pieces.of(self.pieces).moved(drawn, "valid"))

    def events(self) -> int:
        """How many events its pieces have together."""
        return sum(piece.stop - piece.start for piece in self.pieces)


def read(path: Path) -> Corpus:
    """Open a corpus that `prepare` wrote. Raises CorpusError where it is missing or damaged."""
    try:
        pieces, rejected = index.read(beside(path, ".json"))
        records = np.load(beside(path, ".npy"), mmap_mode="r")
        if records.dtype != RECORD or any(piece.stop > len(records) for piece in pieces):
            raise ValueError("its two files do not belong together")
        return Corpus(records, pieces, rejected)
    except (EOFError, OSError, ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"{path}: not a corpus ({error}); make one with antiphon-train prepare") from error


def prepare(
    data: Sequence[Path],
    output: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
    workers: int | None = None,
) -> Corpus:
    """Read every .mid under `data` (files, folders, .tar.* and .zip archives) into a corpus at `output`.

    Splits are those of a manifest.csv or of folders named train, valid and test; pieces without one
    are dealt by a hash of their name: 90 % train, 5 % valid, 5 % test; of a folder with less than a hundred files,
    one at least of those that can be read to each. `workers` processes read, one for each
    core unless said otherwise. Raises CorpusError when nothing usable is found; what was rejected stands in the
    index with its reason.
    """
    first = list[tuple[str, str]]()
    with sources.unpacked(data) as roots, storing(output) as store:
        total = sum(1 for root, _ in roots for _ in sources.paths(root))
        files = (file for root in roots for file in sources.files(*root))
        for file, found in read_all(files, total, _LEAST, progress, workers):
            if not isinstance(found, str):
                store.add(file, found)
                continue
            store.reject(file.name, found)
            first += [(file.name, found)] if len(first) < _NAMED else []
    if not store.pieces:
        reasons = _reasons(first, total) or "no .mid file there"
        raise CorpusError(f"nothing to learn from in {', '.join(map(str, data))} ({reasons})")
    return read(output)


def _reasons(first: Sequence[tuple[str, str]], count: int) -> str:
    """Why nothing is left: of `count` files the first by name, and how many there are besides."""
    named = "; ".join(f"{name}: {why}" for name, why in first)
    return f"{named}; and {count - len(first):,} more" if count > len(first) else named


def prepared(path: Path) -> bool:
    """True where `path` names a corpus that `prepare` wrote, with or without the ending of its files."""
    return not path.is_dir() and all(beside(path, ending).is_file() for ending in (".npy", ".json"))


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
            reason = _reasons(corpus.rejected[:_NAMED], len(corpus.rejected)) or (
                f"no .mid file of the split {split} there" if split else "no .mid file there"
            )
            raise CorpusError(f"nothing to judge in {path} ({reason})")
        chosen.append((sources.name_of(beside(path, "") if prepared(path) else path), corpus))
    return chosen


def _gathered(
    data: Sequence[Path], split: str | None, progress: Callable[[int, int], None]
) -> Iterator[tuple[Path, Corpus]]:
    with sources.unpacked(data) as roots:
        listed = [(path, file) for path, root in zip(data, roots, strict=True) for file in sources.files(*root)]
        kept = [(path, file) for path, file in listed if file.few or split in (None, file.split)]
        found = list(read_all([file for _, file in kept], len(kept), 1, progress))
    for path in data:
        pairs = [pair for (owner, _), pair in zip(kept, found, strict=True) if owner is path]
        yield path, _in_memory([pair for pair in _dealt(pairs) if split in (None, pair[0].split)])


def _dealt(found: Sequence[Outcome]) -> Iterator[Outcome]:
    """The same; of a few files, those that `prepare` would take are in the splits that it would put them in."""
    seen, taken = set[bytes](), dict[int, File]()
    for at, (file, read_) in enumerate(found):
        if file.few and not isinstance(read_, str) and read_.notes >= _LEAST:
            known = fingerprint(read_.records)
            if known not in seen:
                taken[at] = file
            seen.add(known)
    splits = dict(zip(taken, sources.one_each(list(taken.values())), strict=True))
    for at, (file, read_) in enumerate(found):
        yield replace(file, split=splits.get(at, file.split)), read_


def _in_memory(found: Sequence[Outcome]) -> Corpus:
    pieces, chunks, rejected, start = list[Piece](), list[Records](), list[tuple[str, str]](), 0
    for file, read_ in found:
        if isinstance(read_, str):
            rejected.append((file.name, read_))
            continue
        pieces.append(piece_of(file, read_, start))
        chunks.append(read_.records)
        start += len(read_.records)
    return Corpus(np.concatenate([np.zeros(0, RECORD), *chunks]), tuple(pieces), tuple(rejected))
