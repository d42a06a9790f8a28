"""Scenes put into a configuration's text and taken out of it again, and all else in it left as its owner wrote it.

What comes out is read again before anybody gets it: where it would not mean just what was meant, it is refused.
"""

import tomllib
from collections.abc import Mapping
from itertools import dropwhile
from pathlib import Path
from typing import Any

from antiphon.config import text as configuration
from antiphon.config.file import understood
from antiphon.core.parameter import Value
from antiphon.errors import ConfigError
from antiphon.music import files


def with_scene(text: str, name: str, entries: Mapping[str, Value], where: str) -> str:
    """The same with another scene at its end. `where` is what errors call it. Raises ConfigError."""
    table = configuration.scene(name, entries)
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    scenes = {**understood(text, where).scenes, name: entries}
    return _sure(text, f"{text}{gap}{table}", scenes, f"{where}: cannot be added to as it is written; add\n{table}")


def without_scene(text: str, name: str, where: str) -> str:
    """The same without a scene's table; comments stay. `where` is what errors call it. Raises ConfigError."""
    lines = text.splitlines(keepends=True)
    heads = [number for number, line in enumerate(lines) if line.lstrip().startswith("[")] + [len(lines)]
    start = next((number for number in heads[:-1] if _heads(lines[number], name)), len(lines))
    end = next((number for number in heads if number > start), len(lines))
    comments = [line for line in lines[start:end] if line.lstrip().startswith("#") or not line.strip()]
    rest = list(dropwhile(lambda line: not line.strip(), [*comments, *lines[end:]]))
    shorter = "".join([*lines[:start], *rest]) if rest else "".join(lines[:start]).rstrip("\n") + "\n"
    scenes = {other: entries for other, entries in understood(text, where).scenes.items() if other != name}
    refusal = f"{where}: the scene {name} cannot be taken out of it as it is written; do it by hand"
    return _sure(text, shorter, scenes, refusal)


def put(path: Path, text: str) -> None:
    """Write a configuration whole, with the folders to it. Raises ConfigError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.put(path, text.encode())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from error


def _heads(line: str, name: str) -> bool:
    try:
        return tomllib.loads(line) == {"scenes": {name: {}}}
    except (ValueError, RecursionError):
        return False


def _sure(before: str, after: str, scenes: Mapping[str, Mapping[str, Any]], refusal: str) -> str:
    """The text after, if it means what that before did, but for the scenes. Raises ConfigError."""
    try:
        found = understood(after, "")
    except ConfigError as error:
        raise ConfigError(refusal) from error
    if found.scenes != scenes or found.settings != understood(before, "").settings:
        raise ConfigError(refusal)
    return after
