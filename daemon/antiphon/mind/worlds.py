"""The worlds that music leaves behind in a model: heard once, and kept in a folder for the next start.

A world is kept under the sha256 of its model, its pieces and their weights, so that one that lies there is never out of
date. One that is damaged, or cannot be kept, is heard anew.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from antiphon import places
from antiphon.core.memory import Memory
from antiphon.core.model import Identified, State
from antiphon.core.parameters import Parameters
from antiphon.core.past import Past
from antiphon.core.prime import LAST, World, primed
from antiphon.core.session import Session
from antiphon.errors import MidiFileError, ModelError
from antiphon.mind import checkpoint, priming
from antiphon.music.files import put_anew

MOST: Final = 32
"""Worlds that are kept; of more, the one that was wanted last the longest ago goes."""
_SUFFIX: Final = ".world"
_FORMAT: Final = 1
"""Of what lies in a file: raised when anything about how music is heard changes."""
_DIGEST: Final = hashlib.sha256().digest_size


Hearing = Callable[..., Past]
"""Hears music with a model, and keeps what it leaves behind. Is given what is to be called now and then meanwhile."""


def folder() -> Path:
    """Where they are kept."""
    return places.data("primes")


def past_of(
    model: Identified, primes: Sequence[str], heard: Callable[[], object] = lambda: None, kept: Path | None = None
) -> Past:
    """The past that what is named (priming.named) leaves behind, which ended BEHIND_S before 0. Raises AntiphonError.

    heard  called now and then while there is much to hear
    kept   the folder to look in
    """
    found = opening(model, primes, kept)
    return found if isinstance(found, Past) else found(heard)


def opening(model: Identified, primes: Sequence[str], kept: Path | None = None) -> Past | Hearing:
    """The same where it is kept; else what hears it, all of it read already, which takes its time. Raises
    AntiphonError."""
    files = priming.files(primes)
    file = (kept or folder()) / f"{_key(model, files)}{_SUFFIX}"
    if found := _read(file, model):
        return found
    pieces = [(priming.music(path), weight) for path, weight in files]

    def hear(heard: Callable[[], object] = lambda: None) -> Past:
        if kept_since := _read(file, model):
            return kept_since
        past = primed(model, pieces, 0.0, heard)
        _keep(file, written(past, model, whole=True))
        return past

    return hear


def world_of(
    model: Identified, primes: Sequence[str], heard: Callable[[], object] = lambda: None, kept: Path | None = None
) -> World:
    """The same as a scene begins from it: without moments to look back on, which are those of the performance. Raises
    AntiphonError."""
    return as_world(past_of(model, primes, heard, kept), model)


def as_world(past: Past, model: Identified) -> World:
    """What a past leaves behind, as a performance that is under way comes out of it."""
    data = written(past, model)
    recalled = checkpoint.read(data, model)
    assert recalled is not None  # a piece has notes
    return World(recalled.memory.past, data)


def written(past: Past, model: Identified, whole: bool = False) -> bytes:
    """A past as checkpoint.read reads it; the `whole` of it with the moments that are looked back on."""
    if not whole:
        past = replace(past, state=State(past.state.hidden, past.state.cell))
    session = Session(model, Parameters().changed(memory=1.0 if whole else 0.0), 0.0)
    session.resume(Memory(past), (), 0.0)
    return checkpoint.written(session, model)


def _key(model: Identified, files: Sequence[tuple[Path, float]]) -> str:
    total = sum(weight for _, weight in files)
    pieces = [(_sha256(path), round(weight / total, 9)) for path, weight in files]
    return hashlib.sha256(json.dumps([_FORMAT, LAST, model.sha256, pieces]).encode()).hexdigest()


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError as error:
        raise MidiFileError(f"{path}: no such file; check the name") from error
    except OSError as error:
        raise MidiFileError(f"{path}: cannot be read ({error.strerror})") from error


def _read(file: Path, model: Identified) -> Past | None:
    """What is kept in a file, where it is whole."""
    try:
        data = file.read_bytes()
        os.utime(file)
    except OSError:
        return None
    body = data[_DIGEST:]
    if hashlib.sha256(body).digest() != data[:_DIGEST]:
        return None
    try:
        recalled = checkpoint.read(body, model)
    except ModelError:
        return None
    return recalled.memory.past if recalled else None


def _keep(file: Path, data: bytes) -> None:
    """Keep one more; where that cannot be, it is heard again the next time."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        put_anew(file, hashlib.sha256(data).digest() + data)
        for old in sorted(file.parent.glob(f"*{_SUFFIX}"), key=lambda each: each.stat().st_mtime)[:-MOST]:
            old.unlink(missing_ok=True)
