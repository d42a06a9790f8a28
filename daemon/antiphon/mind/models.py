"""Where models lie, what they say of themselves, and whether they are whole.

A model is a pair, NAME.onnx and NAME.json. The JSON carries the sha256 of the graph; nothing is run
before it is checked, and nothing pickled is ever read.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from antiphon import shelf
from antiphon.core.graphfile import LARGEST
from antiphon.core.shown import fit, given, printable, short
from antiphon.errors import ModelError
from antiphon.music import vocabulary
from antiphon.shelf import FOLDERS, LARGEST_CARD, folders, own

__all__ = ["FOLDERS", "Card", "card", "checked", "find", "folders", "installed", "installed_as", "own"]

FORMAT: Final = "antiphon-lstm"


@dataclass(frozen=True, slots=True)
class Card:
    """What a model's JSON says: how the graph is shaped, what it learned from, how well it scored. Its texts are
    printable, whoever wrote them."""

    name: str
    path: Path
    layers: int
    width: int
    parameters: int
    quantised: str
    data: tuple[str, ...]
    licence: str
    scores: Mapping[str, float]
    size: int
    sha256: str

    def report(self) -> dict[str, Any]:  # JSON
        """For `antiphon models --json`."""
        return {
            "name": self.name,
            "path": str(self.path),
            "bytes": self.size,
            "parameters": self.parameters,
            "quantised": self.quantised,
            "data": list(self.data),
            "licence": self.licence,
            "scores": dict(self.scores),
            "sha256": self.sha256,
        }


def installed() -> list[Card]:
    """The cards of all models that came with Antiphon and of the user's own, by name. Damaged ones raise ModelError."""
    return [card(path) for path in shelf.named().values()]


def installed_as(name: str) -> Path:
    """The .onnx file of the installed model of this name, which is never taken for a path. Raises ModelError."""
    found = shelf.named()
    if name not in found:
        raise ModelError(f"no model {name!r} is installed: there are {', '.join(found) or 'none'}")
    return found[name]


def find(name_or_path: str) -> Path:
    """The .onnx file of an installed model, by its name or by the path of either file. Raises ModelError."""
    given = os.path.expanduser(name_or_path).removesuffix(".json").removesuffix(".onnx")
    for path in (*(folder / f"{name_or_path}.onnx" for folder in folders()), Path(f"{given}.onnx")):
        if os.path.isfile(path):
            return path
    raise ModelError(
        f"no model {name_or_path!r}: there are {', '.join(shelf.named()) or 'none installed'}; or give a path"
    )


def card(path: Path) -> Card:
    """The card of the model whose graph lies at `path`. Raises ModelError for a missing or wrong JSON."""
    beside = path.with_suffix(".json")
    try:
        if beside.stat().st_size > LARGEST_CARD:
            raise ModelError(f"{beside}: not a model's JSON (more than {LARGEST_CARD} bytes); install the model again")
        found = json.loads(beside.read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise ModelError(f"{beside}: not an Antiphon model (format {short(given(found['format']))!r})")
        if found["vocabulary"] != vocabulary.VERSION:
            raise ModelError(
                f"{beside}: made for vocabulary {fit(found['vocabulary'])}, this Antiphon speaks {vocabulary.VERSION}; "
                "export it again"
            )
        return _card(path, found)
    except OSError as error:
        raise ModelError(f"{beside}: cannot be read ({error.strerror}); a model is a pair, .onnx and .json") from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ModelError(f"{beside}: not a model's JSON ({error}); install the model again") from error


def checked(card_: Card) -> bytes:
    """The graph's bytes once their sha256 is what the card says. Raises ModelError."""
    try:
        if (size := card_.path.stat().st_size) > LARGEST:
            raise ModelError(f"{card_.path}: {size} bytes, and no model has more than {LARGEST}")
        graph = card_.path.read_bytes()
    except OSError as error:
        raise ModelError(f"{card_.path}: cannot be read ({error.strerror})") from error
    if hashlib.sha256(graph).hexdigest() != card_.sha256:
        raise ModelError(f"{card_.path}: damaged, its sha256 is not what its .json says; install the model again")
    return graph


def _card(path: Path, found: Mapping[str, Any]) -> Card:  # JSON in
    sizes, graph = found["sizes"], found["files"]["onnx"]
    if not 0 <= int(graph["bytes"]) <= LARGEST:
        raise ValueError("bytes")
    return Card(
        name=path.stem,
        path=path,
        layers=int(sizes["layers"]),
        width=int(sizes["width"]),
        parameters=int(found["parameters"]),
        quantised=printable(str(found.get("quantised", "no"))),
        data=tuple(printable(str(source)) for source in found.get("data", [])),
        licence=printable(str(found.get("licence", "unknown"))),
        scores={printable(str(name)): float(nats) for name, nats in found.get("scores", {}).items()},
        size=int(graph["bytes"]),
        sha256=str(graph["sha256"]),
    )
