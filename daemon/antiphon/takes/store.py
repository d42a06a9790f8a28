"""Where takes lie, how they are named, found and thrown away when there are too many."""

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from antiphon import places
from antiphon.errors import TakeError

LATEST: Final = "last"
"""The name of whichever take is the newest."""
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Kept:
    """One take: its name, its file, when it began (local time, as its name says) and its size."""

    name: str
    path: Path
    bytes: int


def folder() -> Path:
    """Where takes are kept if nobody says otherwise (XDG Base Directory Specification)."""
    return places.data("takes")


def listed(where: Path) -> list[Kept]:
    """The takes in a folder, the oldest first."""
    found = sorted(path for path in where.glob("*.mid") if path.is_file() and not path.name.startswith("."))
    return [Kept(path.stem, path, path.stat().st_size) for path in found]


def find(where: Path, name_or_path: str) -> Path:
    """The file of a take: a listed name, the beginning of one that only one has, `last`, a path. Raises TakeError."""
    kept = listed(where)
    if name_or_path == LATEST and kept:
        return kept[-1].path
    named = [take for take in kept if take.name == name_or_path.removesuffix(".mid")]
    begins = named or [take for take in kept if name_or_path and take.name.startswith(name_or_path)]
    if len(begins) == 1:
        return begins[0].path
    given = Path(name_or_path).expanduser()
    if given.is_file():
        return given
    if begins:
        raise TakeError(f"{name_or_path!r} may be any of {len(begins)} takes, {begins[0].name} first; give more of it")
    if "/" in name_or_path or name_or_path.lower().endswith(".mid"):
        raise TakeError(f"{name_or_path}: no such file; `antiphon takes list` names the takes")
    said = f"the latest is {kept[-1].name}; see `antiphon takes list`" if kept else f"there is none in {where} yet"
    raise TakeError(f"no take {name_or_path!r}: {said}")


def fresh_name(where: Path) -> str:
    """A name for a take that begins now, which no other has."""
    name = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    taken, number = {path.name.lstrip(".").split(".")[0] for path in where.iterdir()}, 2
    chosen = name
    while chosen in taken:
        chosen, number = f"{name}_{number}", number + 1
    return chosen


def sweep(where: Path, most_bytes: int, most_days: float) -> list[Kept]:
    """Delete takes, the oldest first, until no more than so many bytes are left, and those older than so many days (0
    for any age). The newest stays. Returns what was deleted."""
    kept, gone = listed(where), list[Kept]()
    total, oldest = sum(take.bytes for take in kept), time.time() - most_days * _DAY_S
    for take in kept[:-1]:
        if total > most_bytes or (most_days and take.path.stat().st_mtime < oldest):
            take.path.unlink(missing_ok=True)
            total -= take.bytes
            gone.append(take)
    return gone
