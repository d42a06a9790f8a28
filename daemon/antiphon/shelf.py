"""Where models lie, and what they say of themselves to those who only show them. Opens no graph.

A model that plays is looked for and checked by antiphon.mind.models.
"""

import json
from pathlib import Path
from typing import Any, Final

from antiphon import places
from antiphon.core.shown import printable

LARGEST_CARD: Final = 1 << 20
"""Bytes."""
_PACKAGE: Final = Path(__file__).resolve().parent
FOLDERS: Final = (_PACKAGE / "models", _PACKAGE.parents[1] / "models")
"""Where shipped models are looked for: inside the package, or beside it in a checkout."""


def own() -> Path:
    """Where the user's own models lie."""
    return places.data("models")


def folders() -> tuple[Path, ...]:
    """Where models are looked for by name: the shipped ones first, so that their names mean what they always do."""
    return (*FOLDERS, own())


def named() -> dict[str, Path]:
    """The .onnx files of all installed models, by name, in order."""
    found = {path.stem: path for folder in reversed(folders()) for path in folder.glob("*.onnx")}
    return {name: found[name] for name in sorted(found)}


def listed() -> list[dict[str, Any]]:  # JSON
    """Each installed model: {"name", "data", "licence"}, as its card has it, as far as that can be read."""
    return [{"name": name, **_said(path.with_suffix(".json"))} for name, path in named().items()]


def _said(card: Path) -> dict[str, Any]:  # JSON
    try:
        found = json.loads(card.read_text(encoding="utf-8")) if card.stat().st_size <= LARGEST_CARD else {}
        data = [printable(str(each)) for each in found.get("data", [])]
        return {"data": data, "licence": printable(str(found.get("licence", "unknown")))}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return {"data": [], "licence": "unknown"}
