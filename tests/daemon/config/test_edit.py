"""A scene put into a configuration and taken out again: the rest is left as its owner wrote it, to the letter."""

import pytest

from antiphon.config.edit import with_scene, without_scene
from antiphon.config.file import understood
from antiphon.config.text import written
from antiphon.core.parameter import Value
from antiphon.errors import ConfigError

MINE = """\
# my own file
version = 1

[parameters]
seed = 7  # lucky

# for the late set
[scenes.late]
mode = "solo"

# softer there
velocity_offset = -20.0

# not this one
[scenes."night piano"]
note = 21
"""
GIVEN: dict[str, Value] = {"mode": "trade", "bars": 2, "swing": 60, "model": "mine"}


@pytest.mark.parametrize("text", ["", MINE, MINE.rstrip("\n"), written({}), "[parameters]\nseed = 3\n"])
def test_a_scene_is_added_after_all_that_was_there_and_taken_out_again(text: str) -> None:
    longer = with_scene(text, "friend", GIVEN, "my.toml")
    assert longer.startswith(text)
    assert understood(longer, "").scenes["friend"] == GIVEN
    assert without_scene(longer, "friend", "my.toml").rstrip("\n") == text.rstrip("\n")


def test_a_scene_in_the_middle_is_taken_out_and_every_comment_stays() -> None:
    shorter = without_scene(MINE, "late", "my.toml")
    assert {line for line in MINE.splitlines() if line.startswith("#")} <= set(shorter.splitlines())
    assert "seed = 7  # lucky" in shorter
    assert dict(understood(shorter, "").scenes) == {"night piano": {"note": 21}}
    assert dict(understood(without_scene(MINE, "night piano", ""), "").scenes).keys() == {"late"}


@pytest.mark.parametrize(
    "text",
    [
        'scenes = {late = {mode = "solo"}}\n',
        '[scenes]\nlate = {mode = "solo"}\n',
        '[scenes.late]\nlock = """\n[scenes.late]\n"""\n',
    ],
)
def test_what_cannot_be_taken_out_safely_is_left_and_said(text: str) -> None:
    with pytest.raises(ConfigError):
        without_scene(text, "late", "my.toml")


def test_what_cannot_be_added_to_is_left_and_the_lines_to_add_are_said() -> None:
    with pytest.raises(ConfigError, match=r'(?s)my\.toml: cannot be added to .*\[scenes\."friend"\]\nmode = "trade"'):
        with_scene('scenes = {late = {mode = "solo"}}\n', "friend", GIVEN, "my.toml")


def test_a_file_that_is_wrong_is_not_touched() -> None:
    with pytest.raises(ConfigError, match=r"my\.toml:1: no table \[parametres\]"):
        with_scene("[parametres]\nseed = 3\n", "friend", GIVEN, "my.toml")
