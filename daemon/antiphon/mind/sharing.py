"""A model as one file to give away: NAME.antiphon, a zip of its graph, its card, and its weights where they are there.
A scene's file holds its table, too, and a model only where that is the giver's own; scenefile.py knows the table.

What comes from a stranger is read as bytes with limits, never unpacked by its names, and installed only once its
checksums are right and the graph plays. Nothing in it is ever executed: a graph is operators of the ONNX standard, and
onnxruntime is given no folder from which it could load more.
"""

import hashlib
import io
import json
import re
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from antiphon.core.shown import short
from antiphon.errors import ModelError
from antiphon.mind import models, onnx_model
from antiphon.mind.models import Card
from antiphon.music.files import put_anew

SUFFIX: Final = ".antiphon"
SCENE: Final = "scene.toml"
_GRAPH, _CARD, _WEIGHTS = "model.onnx", "model.json", "model.safetensors"
_LARGEST: Final = {SCENE: 1 << 16, _CARD: 1 << 20, _GRAPH: 1 << 29, _WEIGHTS: 1 << 29}
"""Bytes that each of them may unfold to."""
_PORTION: Final = 1 << 20
_NAMED: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_WAYS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How an entry may be packed: of other ways Python unfolds whatever comes of a piece at once."""
_BROKEN: Final = (EOFError, NotImplementedError, OSError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error)
"""What zipfile raises for damaged, encrypted or unknown archives."""


def named(name: str) -> str:
    """A name that what is taken in may have. Raises ModelError."""
    if not _NAMED.fullmatch(name):
        raise ModelError(f"the name {name!r}: letters, digits, '-', '_' and '.' are wanted, 64 at the most")
    return name


def checked(name: str) -> str:
    """A name that a model of the user's may have. Raises ModelError."""
    if any((folder / f"{named(name)}.onnx").exists() for folder in models.FOLDERS):
        raise ModelError(f"a model named {name} came with Antiphon; choose another name")
    return name


def yours() -> list[str]:
    """The names of the user's own models."""
    return sorted(path.stem for path in models.own().glob("*.onnx"))


def found(name_or_path: str) -> bool:
    """Whether there is such a model."""
    try:
        return models.find(name_or_path).is_file()
    except ModelError:
        return False


def shipped(path: Path) -> bool:
    """Whether the model whose graph lies there came with Antiphon, so that everybody has it."""
    return path.parent.resolve() in [folder.resolve() for folder in models.FOLDERS]


def files(name_or_path: str) -> dict[str, bytes]:
    """What a model's file holds, by the names in it. Raises ModelError."""
    card = models.card(models.find(name_or_path))
    packed = {_GRAPH: models.checked(card), _CARD: _bytes(card.path.with_suffix(".json"))}
    weights = card.path.with_suffix(".safetensors")
    return {**packed, _WEIGHTS: _bytes(weights)} if weights.is_file() else packed


def export(contents: Mapping[str, bytes], output: Path) -> None:
    """Write what is given away into one file. Raises ModelError."""
    if output.suffix != SUFFIX:
        raise ModelError(f"{output}: the name of a file that is given away ends in {SUFFIX}")
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in contents.items():
            packed.writestr(name, content)
    try:
        put_anew(output, whole.getvalue())
    except OSError as error:
        raise ModelError(f"{output}: cannot be written ({error.strerror}); choose another") from error


def opened(path: Path) -> dict[str, bytes]:
    """What a file holds by the only names there may be. Raises ModelError."""
    if not path.is_file():
        raise ModelError(f"{path}: no such file; give one that ends in {SUFFIX}")
    try:
        with zipfile.ZipFile(path) as packed:
            names = packed.namelist()
            whole = {_GRAPH, _CARD} <= set(names) or names == [SCENE]
            if not whole or set(names) - set(_LARGEST) or len(names) != len(set(names)):
                shown = ", ".join(repr(short(name)) for name in names[:5]) or "nothing"
                raise ModelError(f"{path}: not a file of a model or a scene: it holds {shown}")
            return {name: _limited(packed, name) for name in names}
    except _BROKEN as error:
        raise ModelError(f"{path}: not a whole {SUFFIX} file ({error}); ask for it again") from error


def install(path: Path, contents: Mapping[str, bytes], name: str) -> Card:
    """Install the model that was in a file under a name. Raises ModelError."""
    name = checked(name)
    if (models.own() / f"{name}.onnx").exists():
        raise ModelError(
            f"a model named {name} is there already; `antiphon models remove {name}`, or give another --name"
        )
    with tempfile.TemporaryDirectory(prefix="antiphon-") as scratch:
        for inside in {_GRAPH, _CARD, _WEIGHTS} & set(contents):
            (Path(scratch) / f"{name}{Path(inside).suffix}").write_bytes(contents[inside])
        graph = Path(scratch) / f"{name}.onnx"
        _whole(path, graph)
        try:
            models.own().mkdir(parents=True, exist_ok=True)
            for suffix in (".safetensors", ".json", ".onnx"):  # the graph last: it is what makes a model be there
                if graph.with_suffix(suffix).exists():
                    put_anew(models.own() / f"{name}{suffix}", graph.with_suffix(suffix).read_bytes())
        except OSError as error:
            raise ModelError(f"{models.own()}: cannot be written ({error.strerror})") from error
    return models.card(models.own() / f"{name}.onnx")


def remove(name: str) -> list[Path]:
    """Throw a model of the user's away. Returns the files. Raises ModelError for one that is none of theirs."""
    graph = models.own() / f"{name}.onnx"
    if not _NAMED.fullmatch(name) or not graph.is_file():
        raise ModelError(f"no model {name!r} of yours: there are {', '.join(yours()) or 'none'}; shipped ones stay")
    files = [graph, *(graph.with_suffix(suffix) for suffix in (".json", ".safetensors", ".png"))]
    gone = [path for path in files if path.exists()]
    try:
        for path in gone:
            path.unlink()
    except OSError as error:
        raise ModelError(f"{graph}: cannot be removed ({error.strerror})") from error
    return gone


def _limited(packed: zipfile.ZipFile, name: str) -> bytes:
    """What an entry unfolds to; its own word for how much that is is not believed."""
    content = bytearray()
    if packed.getinfo(name).compress_type not in _WAYS:
        raise ModelError(f"{packed.filename}: {name} in it is packed in a way that is not read here; not installed")
    with packed.open(name) as entry:
        while portion := entry.read(_PORTION):
            content += portion
            if len(content) > _LARGEST[name]:
                raise ModelError(
                    f"{packed.filename}: {name} in it has more than {_LARGEST[name] >> 10} kB; not installed"
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


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error
