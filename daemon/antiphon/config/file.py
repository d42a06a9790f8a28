"""A configuration file: its text in, what it sets out, or everything that is wrong with it, each with its line."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from antiphon.config.migrations import migrated
from antiphon.config.options import OPTIONS, PARAMETERS, VERSION, Option, Setting
from antiphon.core.parameter import Value, nearest
from antiphon.core.parameters import Parameters
from antiphon.core.scenes import checked
from antiphon.core.shown import fit, short
from antiphon.errors import ConfigError, ParameterError

SCENES: Final = "scenes"
_LONGEST_NAME: Final = 64
LARGEST: Final = 1_000_000
"""Bytes of a configuration at the most: what is longer is no configuration, and would be read for minutes."""
_HEADER: Final = re.compile(r"\s*\[\s*([^\[\]\s](?:[^\[\]]*[^\[\]\s])?)\s*\]")
_KEY: Final = re.compile(r"""\s*(?:"([^"]+)"|'([^']+)'|([\w-]+))\s*(?:\.\s*["']?([\w-]+)["']?\s*)?=""")
_TEXT: Final = re.compile(
    r"""\"{3}(?:\\.|[^\\])*?(?:\"{3,5}|\Z)|'{3}.*?(?:'{3,5}|\Z)|"(?:\\[^\n]|[^"\\\n])*"?|'[^'\n]*'?|\#[^\n]*""",
    re.DOTALL,
)
"""A text or a comment, perhaps one without an end."""
_MOST_PARTS: Final = 64
"""Of a line, between dots: none of ours has more than three, and tomllib takes the square of their number in time."""
_BACKSLASH: Final = ("Unescaped '\\'", "hex value")
_OF_BACKSLASHES: Final = "a backslash stands for itself in 'single quotes' only; a path may also be written with /"
_AT_LINE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Found:
    """What a file sets.

    settings   by table.key
    lines      where, by table.key
    version    of the layout it is written in
    scenes     what each table [scenes.NAME] sets
    """

    settings: Mapping[str, Setting]
    lines: Mapping[str, int]
    version: int
    scenes: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


def read(path: Path) -> Found:
    """What a configuration file sets. Raises ConfigError with all that is wrong with it."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise ConfigError(f"{path}: more than {LARGEST} bytes; that is no configuration")
        text = raw.decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not a text in UTF-8; save it as such") from error
    return understood(text, str(path))


def understood(text: str, name: str) -> Found:
    """What a configuration's text sets. `name` is what errors call it. Raises ConfigError."""
    tree = _parsed(text, name)
    version = tree.get("version", 0)
    lines = _lines(text)
    if type(version) is not int or not 0 <= version <= VERSION:
        raise ConfigError(
            f"{_where(name, lines, 'version')}: version = {fit(version)} is not known here;"
            f" this Antiphon knows up to {VERSION}: update it, or move the file away and do `antiphon config init`"
        )
    tree = migrated({key: value for key, value in tree.items() if key != "version"}, version)
    scenes, wrong_scenes = _scenes(tree.pop(SCENES, {}))
    settings, wrong = _settings(tree)
    if wrong := [*wrong, *wrong_scenes]:
        wrong += _together(settings)  # where nothing else is wrong, another voice may still resolve it
        said = sorted((lines.get(key, lines.get(key.split(".")[0], 0)), key, why) for key, why in wrong)
        raise ConfigError("\n".join(f"{_where(name, lines, key)}: {why}" for _, key, why in said))
    return Found(settings, {key: line for key, line in lines.items() if key in settings}, version, scenes)


def _parsed(text: str, name: str) -> dict[str, Any]:
    for number, line in enumerate(_TEXT.sub(_lines_alone, text).split("\n"), start=1):
        if line.count(".") >= _MOST_PARTS:
            raise ConfigError(f"{name}:{number}: a key of more than {_MOST_PARTS} parts; write TABLE.KEY = VALUE")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        said = str(error)
        at = _AT_LINE.search(said)
        where = f"{name}:{at[1] or len(text.splitlines())}" if at else name
        why = said[: at.start()] if at else said
        remedy = _OF_BACKSLASHES if any(word in why for word in _BACKSLASH) else "see https://toml.io"
        raise ConfigError(f"{where}: this is no TOML ({short(why)}); {remedy}") from error


def _lines_alone(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def _settings(tree: Mapping[str, Any]) -> tuple[dict[str, Setting], list[tuple[str, str]]]:
    """What is right, and (table.key, reason) for all that is wrong."""
    settings, wrong = dict[str, Setting](), list[tuple[str, str]]()
    for table, entries in tree.items():
        if table not in OPTIONS or not isinstance(entries, dict):
            wrong.append((table, _no_table(table)))
            continue
        for key, value in entries.items():
            name = f"{table}.{key}"
            try:
                settings[name] = _known(table, key).checked(value)
            except ParameterError as error:
                wrong.append((name, f"[{table}] {error}"))
    return settings, wrong


def _scenes(declared: Any) -> tuple[dict[str, dict[str, Value]], list[tuple[str, str]]]:  # whatever TOML holds
    """As _settings, of the tables [scenes.NAME]."""
    if not isinstance(declared, dict):
        return {}, [(SCENES, "scenes are tables; write [scenes.NAME] on a line, and KEY = VALUE on those below")]
    scenes, wrong = dict[str, dict[str, Value]](), list[tuple[str, str]]()
    for scene, entries in declared.items():
        name = f"{SCENES}.{scene}"
        if not isinstance(entries, dict):
            wrong.append((name, f"a scene is a table; write [{name}] on a line, and KEY = VALUE on those below"))
            continue
        if not scene.isprintable() or len(scene) > _LONGEST_NAME:
            wrong.append((name, f"call a scene by {_LONGEST_NAME} printable characters at the most"))
            continue
        scenes[scene] = {}
        for key, value in entries.items():
            try:
                scenes[scene][key] = checked(scene, key, value)
            except ParameterError as error:
                wrong.append((f"{name}.{key}", f"[{name}] {error}"))
    return scenes, wrong


def _together(settings: Mapping[str, Setting]) -> list[tuple[str, str]]:
    """(table.key, reason) for parameters that are right by themselves but not together."""
    ours = [name for name in OPTIONS[PARAMETERS] if f"{PARAMETERS}.{name}" in settings]
    named = {name: value for name in ours if not isinstance(value := settings[f"{PARAMETERS}.{name}"], tuple)}
    try:
        Parameters().changed(**named)
    except ParameterError as error:
        at = [f"{PARAMETERS}.{name}" for name in named if f"{name}=" in str(error)]
        return [(at[0] if at else PARAMETERS, f"[{PARAMETERS}] {error}")]
    return []


def _known(table: str, key: str) -> Option:
    if key in OPTIONS[table]:
        return OPTIONS[table][key]
    elsewhere = [other for other, options in OPTIONS.items() if key in options and other != table]
    hint = f"it stands under [{elsewhere[0]}]" if elsewhere else nearest(key, OPTIONS[table])
    raise ParameterError(f"nothing is called {short(key)!r} here; {hint}")


def _no_table(name: str) -> str:
    if name in OPTIONS:
        return f"{name} is a table; write [{name}] on a line, and KEY = VALUE on those below"
    homes = [table for table, options in OPTIONS.items() if name in options]
    if homes:
        return f"{short(name)!r} means nothing here; it stands under [{homes[0]}]"
    return f"no table [{fit(name)}]; {nearest(name, (*OPTIONS, SCENES))}"


def _where(name: str, lines: Mapping[str, int], key: str) -> str:
    line = lines.get(key) or lines.get(key.split(".")[0])
    return f"{name}:{line}" if line else name


def _lines(text: str) -> dict[str, int]:
    """The line of each key and table, as far as they stand at the beginning of one. tomllib does not tell."""
    found, table = dict[str, int](), ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = header[1].strip("\"'")
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            names: Sequence[str] = [name for name in (table, key[1] or key[2] or key[3], key[4]) if name]
            found.setdefault(".".join(names[:2]), number)
            found.setdefault(names[0], number)
    return found
