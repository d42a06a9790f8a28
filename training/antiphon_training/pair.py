"""A model as files: NAME.onnx and NAME.json, and beside them NAME.safetensors. Needs no torch."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import antiphon
from antiphon import places
from antiphon.errors import ModelError
from antiphon.music import vocabulary

FORMAT: Final = "antiphon-lstm"
_PACKAGE: Final = Path(antiphon.__file__).resolve().parent
FOLDERS: Final = (_PACKAGE / "models", _PACKAGE.parents[1] / "models")
"""Where shipped models lie: inside the package, or beside it in a checkout."""


def find(name_or_path: str) -> Path:
    """The .onnx file of a model, by the name it is shipped or installed under or by its path. Raises ModelError."""
    path = Path(name_or_path).expanduser()
    shipped = [folder / f"{name_or_path}.onnx" for folder in (*FOLDERS, places.data("models"))]
    for place in (*shipped, path, Path(f"{path}.onnx")):
        if place.suffix == ".onnx" and place.is_file():
            return place
    names = sorted({p.stem for folder in FOLDERS for p in folder.glob("*.onnx")})
    raise ModelError(
        f"{name_or_path}: neither the folder of a training run, nor a .onnx file, nor the name of a shipped model "
        f"({', '.join(names) or 'none is installed'})"
    )


def card(path: Path) -> dict[str, Any]:  # JSON
    """What NAME.json says of the model whose graph lies at `path`. Raises ModelError for a missing or wrong one."""
    beside = path.with_suffix(".json")
    try:
        found = json.loads(beside.read_text(encoding="utf-8"))
        if (found["format"], found["vocabulary"]) != (FORMAT, vocabulary.VERSION):
            raise ValueError(f"format {found['format']!r}, vocabulary {found['vocabulary']!r}")
        return dict(found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{beside}: not the JSON of a model of this Antiphon ({error}); export it again") from error


def graph(path: Path) -> bytes:
    """The bytes of the graph at `path` once their sha256 is what its card says. Raises ModelError."""
    try:
        content, expected = path.read_bytes(), card(path)["files"]["onnx"]["sha256"]
    except (OSError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: cannot be read ({error}); export it again") from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise ModelError(f"{path}: damaged, its sha256 is not what its .json says; export it again")
    return content


def fingerprint(path: Path) -> dict[str, Any]:  # JSON
    """The sha256 and the size of a file, as a card gives them."""
    return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
