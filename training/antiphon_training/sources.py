"""Where training data lies: folders, .mid files and archives of them, and the split of each file.

Archives are unpacked into a scratch folder, and nothing outside it is ever written. Knows nothing of
what is in a MIDI file.
"""

import csv
import hashlib
import lzma
import os
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

from antiphon.errors import CorpusError

SPLITS: Final = ("train", "valid", "test")
_MIDI: Final = (".mid", ".midi")
_MANIFEST: Final = "manifest.csv"
_FEW: Final = 100
"""With fewer files a draw may leave nothing to judge by."""
LARGEST: Final = 8_000_000
"""Bytes: no file larger than this is read. A day of dense playing is smaller, and reading fills 200 times as much."""
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


@dataclass(frozen=True, slots=True)
class File:
    """One .mid file: where it lies for now, what it is called, from which data it comes, and its split.

    drawn   whether its split is a draw, for nothing else was said
    few     the folder, where it has so few files that the draw may leave a split empty: `one_each`, once they are read
    """

    path: Path
    name: str
    source: str
    split: str
    drawn: bool = False
    few: Path | None = None


@contextmanager
def unpacked(data: Sequence[Path]) -> Iterator[list[tuple[Path, str]]]:
    """Folders for all of `data`, archives unpacked for as long as the context lasts, with their names."""
    with tempfile.TemporaryDirectory(prefix="antiphon-") as scratch:
        roots = list[tuple[Path, str]]()
        for number, path in enumerate(data):
            if not path.exists():
                raise CorpusError(f"{path}: no such file or folder; check the name")
            if path.is_dir() or path.suffix.lower() in _MIDI:
                roots.append((path, name_of(path)))
            else:
                roots.append((_unpack(path, Path(scratch) / str(number)), name_of(path)))
        yield roots


def name_of(path: Path) -> str:
    """What the music at `path` is called: its name without endings."""
    return path.name.split(".")[0] or path.resolve().name


def paths(root: Path) -> Iterator[Path]:
    """Every MIDI file at or below `root`, in order of its path, following no links to folders. Raises CorpusError."""
    if root.is_file():
        yield root
        return
    try:
        with os.scandir(root) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise CorpusError(f"{root}: cannot be looked into ({error.strerror}); check its permissions") from error
    for entry in listed:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from paths(path)
        elif path.suffix.lower() in _MIDI and (entry.is_symlink() or entry.is_file()):
            yield path


def files(root: Path, source: str) -> Iterator[File]:
    """The same files with their names and splits. Raises CorpusError, also for a broken manifest."""
    splits = {} if root.is_file() else _manifests(root)
    above = root.resolve().name

    def said(path: Path) -> File:
        place = PurePosixPath(path.parent.name, path.name)
        if path != root:
            place = PurePosixPath(above, path.relative_to(root).as_posix())
        split = splits.get(path) or splits.get(Path(path.name)) or _folder(place)
        return File(path, path.name, source, split or _drawn(path.name), drawn=split is None)

    every = map(said, paths(root))
    first = list(islice(every, _FEW))
    yield from (replace(file, few=root) for file in first) if len(first) < _FEW else first
    yield from every


def one_each(few: Sequence[File]) -> list[str]:
    """The splits of the few files of a folder that could be read: their own, but one that is empty takes one from those
    to learn from that were drawn, though not the last."""
    splits = [file.split for file in few]
    drawn = sorted((digest(few[at].name), few[at].path, at) for at in range(len(few)) if few[at].drawn)
    drawn = [row for row in drawn if splits[row[-1]] == "train"]
    for split in ("test", "valid"):
        if len(drawn) > 1 and split not in splits:
            splits[drawn.pop(0)[-1]] = split
    return splits


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


def _folder(path: PurePosixPath) -> str | None:
    """The split whose name the nearest folder has."""
    return next((part for part in reversed(path.parts[:-1]) if part in SPLITS), None)


def _drawn(name: str) -> str:
    draw = digest(name)[0]
    return "test" if draw < 13 else "valid" if draw < 26 else "train"


def digest(name: str) -> bytes:
    """What decides where a piece is dealt to: its name alone, so that the same one is never dealt twice."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()


def _unpack(archive: Path, folder: Path) -> Path:
    """Lay the MIDI files and manifests of an archive into a folder, and nothing outside it. (tarfile's own
    filter="data" is not in every Python 3.11: Debian 12 has 3.11.2, the filter came with 3.11.4.)"""
    folder.mkdir(parents=True)
    try:
        for name, size, content in _packed(archive):
            place = folder.joinpath(*(part for part in PurePosixPath(name).parts if part not in ("/", "..")))
            if place.suffix.lower() in _MIDI or place.name == _MANIFEST:
                place.parent.mkdir(parents=True, exist_ok=True)
                if size > LARGEST:
                    _stand_in(place, size)
                else:
                    place.write_bytes(content())
    except _UNPACKABLE as error:
        raise CorpusError(f"{archive}: not a folder, a .mid file or a whole archive ({error})") from error
    return folder


def _stand_in(place: Path, size: int) -> None:
    """A hole of the same size, which takes no room on the disk: nobody will read it."""
    with place.open("wb") as hole:
        hole.truncate(size)


def _packed(archive: Path) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    """The name of each plain file in an archive, its size in bytes, and how to read it."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            for info in zipped.infolist():
                if not info.is_dir():
                    yield info.filename, info.file_size, partial(zipped.read, info)
        return
    with tarfile.open(archive) as tarred:
        for member in tarred:
            if member.isfile() and (stream := tarred.extractfile(member)):
                yield member.name, member.size, stream.read
