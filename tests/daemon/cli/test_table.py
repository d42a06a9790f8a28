"""Tables lose nothing of what they say, however narrow the terminal is."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.console import Console

from antiphon.cli.table import table

SCENE = """version = 1
[scenes.verse]
mode = "duet"
velocity_follow = 0.25
program = 5
controller = 20
note = 36
when = "bar"
"""
CALLS = "called for by"


def lines(width: int, headers: tuple[str, ...], *rows: tuple[object, ...]) -> list[str]:
    console = Console(width=width, soft_wrap=True, color_system=None)
    with console.capture() as captured:
        console.print(table(headers, rows))
    return [line.rstrip() for line in captured.get().splitlines()]


def said(width: int, *arguments: str, **environment: str) -> str:
    command = [sys.executable, "-m", "antiphon.cli.main", *arguments]
    own = {**os.environ, "COLUMNS": str(width), **environment}
    return subprocess.run(command, env=own, capture_output=True, text=True, check=True).stdout


def column(text: str, header: str, until: str = "") -> str:
    """What stands below a header, without blanks."""
    head, *rows = text.splitlines()
    begin = head.index(header)
    end = head.index(until) if until else None
    return "".join("".join(row[begin:end].split()) for row in rows)


def sets(scene: Mapping[str, Mapping[str, object]]) -> str:
    return ",".join(f"{name}={value}" for name, value in scene["parameters"].items())


@pytest.mark.parametrize("width", [80, 60])
def test_what_the_shipped_scenes_are_called_and_turn_is_said_in_full(width: int, tmp_path: Path) -> None:
    own = {"XDG_CONFIG_HOME": str(tmp_path)}
    scenes, text = json.loads(said(200, "scenes", "--json", **own)), said(width, "scenes", **own)
    assert max(map(len, text.splitlines())) <= width
    assert column(text, "scene", "model") == "".join(scene["name"] for scene in scenes)
    assert column(text, "sets") == "".join(map(sets, scenes))


def test_what_calls_for_a_scene_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SCENE)
    text = said(80, "scenes", "--config", str(tmp_path / "a.toml"))
    assert column(text, "begins", CALLS).endswith("bar")
    assert column(text, CALLS, "sets") == "program5,controller20,note36"
    assert column(text, "sets").endswith("mode=duet,velocity_follow=0.25")


def test_a_long_word_goes_on_in_the_next_line_and_a_name_is_not_broken() -> None:
    assert lines(30, ("name", "what"), ("a-name-that-is-typed", "indivisible and [more]")) == [
        " name                  what",
        " a-name-that-is-typed  indivi",
        "                       sible",
        "                       and",
        "                       [more]",
    ]


def test_a_column_in_which_nothing_stands_is_left_out() -> None:
    assert lines(30, ("name", "unit", "what"), ("one", "", 1)) == [" name  what", " one   1"]
