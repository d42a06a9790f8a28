"""A model as one file to give away: NAME.antiphon, a zip of its graph, its card, and its weights where they are there.

What comes from a stranger is read as bytes with limits, never unpacked by its names, and installed only once its
checksums are right and the graph plays. Nothing in it is ever executed: a graph is operators of the ONNX standard, and
onnxruntime is given no folder from which it could load more.
"""

import hashlib
import json
import re
import shutil
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Final

from antiphon.errors import ModelError
from antiphon.mind import models, onnx_model
from antiphon.mind.models import Card

SUFFIX: Final = ".antiphon"
_GRAPH, _CARD, _WEIGHTS = "model.onnx", "model.json", "model.safetensors"
_LARGEST: Final = {_CARD: 1 << 20, _GRAPH: 1 << 29, _WEIGHTS: 1 << 29}
"""Bytes that each of them may unfold to."""
_PORTION: Final = 1 << 20
_NAMED: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_BROKEN: Final = (EOFError, NotImplementedError, OSError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error)
"""What zipfile raises for damaged, encrypted or unknown archives."""


def checked(name: str) -> str:
    """A name that a model of the user's may have. Raises ModelError."""
    if not _NAMED.fullmatch(name):
        raise ModelError(f"a model named {name!r}: letters, digits, '-', '_' and '.' are wanted, 64 at the most")
    if any((folder / f"{name}.onnx").exists() for folder in models.FOLDERS):
        raise ModelError(f"a model named {name} came with Antiphon; choose another name")
    return name


def export(name_or_path: str, output: Path) -> None:
    """Write a model into one file. Raises ModelError."""
    if output.suffix != SUFFIX:
        raise ModelError(f"{output}: the name of a model that is given away ends in {SUFFIX}")
    card = models.card(models.find(name_or_path))
    models.checked(card)
    files = {_GRAPH: card.path, _CARD: card.path.with_suffix(".json"), _WEIGHTS: card.path.with_suffix(".safetensors")}
    beside = output.with_name(f".{output.name}.writing")
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, path in files.items():
                if path.is_file():
                    packed.write(path, name)
        beside.replace(output)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ModelError(f"{output}: cannot be written ({error.strerror}); choose another") from error


def add(path: Path, name: str | None = None) -> Card:
    """Install the model in a file under a name, which is that of the file unless said otherwise. Raises ModelError."""
    name = checked(name or path.stem)
    if (models.own() / f"{name}.onnx").exists():
        raise ModelError(f"{name} is there already; `antiphon models remove {name}`, or give another --name")
    with tempfile.TemporaryDirectory(prefix="antiphon-") as scratch:
        for inside, content in _read(path).items():
            (Path(scratch) / f"{name}{Path(inside).suffix}").write_bytes(content)
        graph = Path(scratch) / f"{name}.onnx"
        _whole(path, graph)
        try:
            models.own().mkdir(parents=True, exist_ok=True)
            for suffix in (".safetensors", ".json", ".onnx"):  # the graph last: it is what makes a model be there
                if graph.with_suffix(suffix).exists():
                    _put(graph.with_suffix(suffix), models.own() / f"{name}{suffix}")
        except OSError as error:
            raise ModelError(f"{models.own()}: cannot be written ({error.strerror})") from error
    return models.card(models.own() / f"{name}.onnx")


def remove(name: str) -> list[Path]:
    """Throw a model of the user's away. Returns the files. Raises ModelError for one that is none of theirs."""
    graph = models.own() / f"{name}.onnx"
    if not _NAMED.fullmatch(name) or not graph.is_file():
        yours = sorted(path.stem for path in models.own().glob("*.onnx"))
        raise ModelError(f"no model {name!r} of yours: there are {', '.join(yours) or 'none'}; shipped ones stay")
    files = [graph, *(graph.with_suffix(suffix) for suffix in (".json", ".safetensors", ".png"))]
    gone = [path for path in files if path.exists()]
    try:
        for path in gone:
            path.unlink()
    except OSError as error:
        raise ModelError(f"{graph}: cannot be removed ({error.strerror})") from error
    return gone


def _read(path: Path) -> dict[str, bytes]:
    """What a file holds by the only names there may be. Raises ModelError."""
    if not path.is_file():
        raise ModelError(f"{path}: no such file; give one that ends in {SUFFIX}")
    try:
        with zipfile.ZipFile(path) as packed:
            names = packed.namelist()
            unknown = sorted(set(names) - set(_LARGEST))
            if unknown or len(names) != len(set(names)) or not {_GRAPH, _CARD} <= set(names):
                raise ModelError(f"{path}: not a model's file: it holds {', '.join(map(repr, names[:5])) or 'nothing'}")
            return {name: _limited(packed, name) for name in names}
    except _BROKEN as error:
        raise ModelError(f"{path}: not a whole {SUFFIX} file ({error}); ask for it again") from error


def _limited(packed: zipfile.ZipFile, name: str) -> bytes:
    """What an entry unfolds to; its own word for how much that is is not believed."""
    content = bytearray()
    with packed.open(name) as entry:
        while portion := entry.read(_PORTION):
            content += portion
            if len(content) > _LARGEST[name]:
                raise ModelError(
                    f"{packed.filename}: {name} in it has more than {_LARGEST[name] >> 20} MB; not installed"
                )
    return bytes(content)


def _whole(path: Path, graph: Path) -> None:
    """Raises ModelError, naming the file it came from, where checksums are wrong or the graph does not play."""
    try:
        onnx_model.load(str(graph))
        weights = graph.with_suffix(".safetensors")
        if weights.exists():
            said = json.loads(graph.with_suffix(".json").read_text(encoding="utf-8"))["files"]["safetensors"]["sha256"]
            if hashlib.sha256(weights.read_bytes()).hexdigest() != said:
                raise ModelError("its weights are damaged, their sha256 is not what its card says")
    except (ModelError, KeyError, TypeError, ValueError) as error:
        reason = str(error).replace(f"{graph.parent}/", "")
        raise ModelError(f"{path}: {reason}; not installed") from error


def _put(source: Path, target: Path) -> None:
    beside = target.with_name(f".{target.name}.writing")
    shutil.copyfile(source, beside)
    beside.replace(target)
