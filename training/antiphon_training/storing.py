"""Writes a corpus a piece at a time: nothing of it is kept in memory, however many files there are.

Everything is written beside and renamed at the end, so that an old corpus stays until the new one is whole.
"""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.lib import format as npy

from antiphon.errors import CorpusError
from antiphon.music import vocabulary
from antiphon_training import index
from antiphon_training.grid import on_a_grid
from antiphon_training.index import Piece
from antiphon_training.reading import RECORD, Read, Records
from antiphon_training.sources import File, one_each

_ENDINGS: Final = (".npy", ".json", ".rejected")


def beside(path: Path, ending: str) -> Path:
    """The file of a corpus with this ending; `path` may have one of its own."""
    return path.with_name(path.name.removesuffix(".npy").removesuffix(".json") + ending)


def piece_of(file: File, read: Read, start: int) -> Piece:
    """What is known of a piece whose events begin at `start` of the array."""
    records = read.records
    ms, key, velocity = (records[name].astype(np.int64) for name in ("ms", "key", "velocity"))
    return Piece(
        name=file.name,
        source=file.source,
        split=file.split,
        start=start,
        stop=start + len(records),
        pedalled=bool(np.any(records["key"] == vocabulary.PEDAL_KEY)),
        dynamic=read.dynamic,
        parts=bool(np.any(records["part"] > 0)),
        scored=on_a_grid(ms, key, velocity),
    )


class Store:
    """A corpus that is being written. `pieces` and `rejected` count what it has been given."""

    def __init__(self, array: BinaryIO, listing: BinaryIO, rejects: BinaryIO, seen: sqlite3.Connection) -> None:
        self._array, self._listing, self._rejects, self._seen = array, listing, rejects, seen
        self._events, self._listed, self.pieces, self.rejected = 0, 0, 0, 0
        self._few = list[tuple[File, Piece]]()  # of a folder of few files, whose splits are not settled yet
        seen.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY, name BLOB) WITHOUT ROWID")
        self._head()
        listing.write(f'{{"vocabulary": {vocabulary.VERSION},\n{index.PIECES}'.encode())
        rejects.write(f"\n{index.END},\n{index.REJECTED}".encode())

    def add(self, file: File, read: Read) -> None:
        """One piece more, unless its notes are already there."""
        records = read.records
        digest, name = fingerprint(records), file.name.encode("utf-8", "surrogatepass")
        known = self._seen.execute("SELECT name FROM seen WHERE digest = ?", (digest,)).fetchone()
        if known:
            self.reject(file.name, f"the same notes as {known[0].decode('utf-8', 'surrogatepass')}")
            return
        self._seen.execute("INSERT INTO seen VALUES (?, ?)", (digest, name))
        self._array.write(records.tobytes())
        piece = piece_of(file, read, self._events)
        if self._few and self._few[0][0].few != file.few:
            self._settle()
        if file.few:
            self._few.append((file, piece))
        else:
            self._list(piece)
        self._events, self.pieces = self._events + len(records), self.pieces + 1

    def reject(self, name: str, why: str) -> None:
        """One file that is left out, and why."""
        self._rejects.write(_line(self.rejected, index.line_of((name, why))))
        self.rejected += 1

    def close(self) -> None:
        """Say how long the array has become, and join the two lists."""
        self._settle()
        self._head()
        self._rejects.write(f"\n{index.END}}}\n".encode())
        self._rejects.seek(0)
        shutil.copyfileobj(self._rejects, self._listing)

    def _settle(self) -> None:
        few, self._few = self._few, []
        for (_, piece), split in zip(few, one_each([file for file, _ in few]), strict=True):
            self._list(replace(piece, split=split))

    def _list(self, piece: Piece) -> None:
        self._listing.write(_line(self._listed, index.line_of(piece)))
        self._listed += 1

    def _head(self) -> None:
        """numpy leaves room in the head of a .npy for any number of rows."""
        self._array.seek(0)
        npy.write_array_header_1_0(
            self._array, {"descr": npy.dtype_to_descr(RECORD), "fortran_order": False, "shape": (self._events,)}
        )


@contextmanager
def storing(output: Path) -> Iterator[Store]:
    """A Store whose files are in place once the context has ended without an error, if there are any pieces. Raises
    CorpusError where they cannot be written."""
    drafts = {ending: beside(output, f".{os.getpid()}{ending}") for ending in _ENDINGS}
    try:
        with ExitStack() as stack:
            output.parent.mkdir(parents=True, exist_ok=True)
            array, listing, rejects = (stack.enter_context(path.open("wb+")) for path in drafts.values())
            store = Store(array, listing, rejects, stack.enter_context(closing(sqlite3.connect(""))))
            yield store
            store.close()
        if store.pieces:
            for ending in (".npy", ".json"):
                drafts[ending].replace(beside(output, ending))
    except OSError as error:
        raise CorpusError(f"{output}: cannot write here ({error.strerror}); choose another --output") from error
    finally:
        for draft in drafts.values():
            with suppress(OSError):
                draft.unlink()


def _line(number: int, content: bytes) -> bytes:
    return (b",\n" if number else b"\n") + content


def fingerprint(records: Records) -> bytes:
    """What two files have in common when they hold the same notes, whatever their pedals and first silence."""
    notes = records[records["key"] < vocabulary.PEDAL_KEY]
    columns = (notes["ms"] - notes["ms"][0], notes["key"], notes["velocity"])
    return hashlib.sha256(b"".join(column.tobytes() for column in columns)).digest()
