"""The file that `antiphon config init` writes: every key with its help, and those that are set, set."""

import json
from collections.abc import Mapping
from typing import Final

from antiphon.config.options import OPTIONS, VERSION, Option, Setting
from antiphon.core.parameter import Value
from antiphon.core.scenes import CALLS, PRIME, SHIPPED

_HEAD: Final = """\
# What Antiphon does when nobody says otherwise. A line that begins with # says what would hold without it.
# `antiphon config check` says whether all is well here; `antiphon service reload` makes parameters, ports, zones and
# thru hold at once, and says what else has changed: that holds from the next start.

version = {version}
"""

_SCENES: Final = """\
# Scenes, each a table [scenes.NAME] of parameters and of {calls}:
# `antiphon scenes` says what they mean. Shipped: {shipped}; a table of such a name changes it.
# [scenes.answer-me]
# program = 1
"""
NO_SCENES: Final[Mapping[str, Mapping[str, Value]]] = {}


def written(settings: Mapping[str, Setting], scenes: Mapping[str, Mapping[str, Value]] = NO_SCENES) -> str:
    """A configuration that sets `settings` (by table.key) and `scenes`, and shows all else."""
    blocks = [_HEAD.format(version=VERSION)]
    for table, options in OPTIONS.items():
        lines = [line for option in options.values() for line in _lines(option, settings)]
        blocks.append("\n".join([f"[{table}]", *lines, ""]))
    blocks.append(_SCENES.format(shipped=", ".join(SHIPPED), calls=", ".join(CALLS)))
    for name, entries in scenes.items():
        blocks.append(scene(name, entries))
    return "\n".join(blocks)


def scene(name: str, entries: Mapping[str, Value]) -> str:
    """The table of a scene."""
    lines = [f"{key} = {toml(split(key, value))}" for key, value in entries.items()]
    return "\n".join([f"[scenes.{toml(name)}]", *lines, ""])


def split(key: str, value: Value) -> Setting:
    """A setting of a scene as it is written: music is a list of files and folders."""
    return tuple(str(value).splitlines()) if key == PRIME else value


def _lines(option: Option, settings: Mapping[str, Setting]) -> list[str]:
    unit = f" {option.each.unit}" if option.each.unit else ""
    help_ = f"# {option.each.help} ({option.allowed}{unit})"
    setting = settings.get(option.name, option.default)
    return [help_, f"{'' if option.name in settings else '# '}{option.each.name} = {toml(setting)}", ""]


def toml(setting: Setting) -> str:
    """A setting as TOML writes it. JSON writes numbers, texts and lists of them in the same way."""
    return json.dumps(setting, ensure_ascii=False).replace("\x7f", "\\u007f")
