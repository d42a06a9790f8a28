"""Scenes in the configuration: what is understood, and what is said of what is not."""

from pathlib import Path

import pytest

from antiphon.config.file import understood
from antiphon.config.layers import configured
from antiphon.config.text import written
from antiphon.core.parameters import Parameters
from antiphon.core.scenes import SHIPPED, called, staged
from antiphon.errors import ConfigError

MINE = """\
version = 1
[parameters]
seed = 7
[model]
name = "songbook"
[scenes.mine]
mode = "solo"
when = "bar"
program = 12
lock = "D dorian"
[scenes."night-piano"]
note = 21
"""


def test_scenes_are_read_and_stand_on_what_else_is_set(tmp_path: Path) -> None:
    path = tmp_path / "antiphon.toml"
    path.write_text(MINE)
    scenes = {scene.name: scene for scene in configured(path, environment={}).scenes}
    assert list(scenes) == [*SHIPPED, "mine"]
    mine, night = scenes["mine"], scenes["night-piano"]
    assert (mine.when, mine.program, mine.model, mine.values["lock"]) == ("bar", 12, "songbook", "D dorian")
    assert (mine.values["seed"], night.values["seed"]) == (7, 7)
    assert (night.note, night.values["mode"], night.values["density"]) == (21, "solo", 2.0)


def test_everything_that_is_wrong_in_scenes_is_said_with_its_line() -> None:
    text = '[scenes.a]\nmoed = "solo"\nprogram = 300\n[scenes]\nb = 3\n[scene.c]\nmode = "solo"\n'
    with pytest.raises(ConfigError) as error:
        understood(text, "my.toml")
    said = str(error.value).splitlines()
    assert "my.toml:2: [scenes.a] nothing is called 'moed' in a scene; did you mean mode?" in said
    assert "my.toml:3: [scenes.a] program=300: out of range; give a whole number from 0 to 128" in said
    assert any("my.toml:5: a scene is a table" in line for line in said)
    assert any("no table [scene]; did you mean scenes?" in line for line in said)


def test_scenes_that_are_no_tables_are_refused() -> None:
    with pytest.raises(ConfigError, match="scenes are tables"):
        understood("scenes = 3\n", "my.toml")


def test_a_scene_that_contradicts_itself_is_named(tmp_path: Path) -> None:
    path = tmp_path / "antiphon.toml"
    path.write_text("[scenes.high]\nlowest = 100\nhighest = 50\n")
    with pytest.raises(ConfigError, match="scene high: lowest=100 is above highest=50"):
        configured(path, environment={})


def test_what_is_written_anew_keeps_the_scenes() -> None:
    found = understood(MINE, "my.toml")
    again = understood(written(found.settings, found.scenes), "again.toml")
    assert (again.settings, again.scenes) == (found.settings, found.scenes)


def test_a_fresh_file_says_how_scenes_are_declared_and_is_all_well() -> None:
    text = written({})
    assert "night-piano" in text
    assert understood(text, "fresh.toml").scenes == {}


@pytest.mark.parametrize(
    ("said", "prime"),
    [('"a, b.mid=0.7"', ("a, b.mid=0.7",)), ('["a.mid=0.7", "jazz/=0.3"]', ("a.mid=0.7", "jazz/=0.3")), ('""', ())],
)
def test_a_scene_says_in_the_world_of_which_music_it_begins(said: str, prime: tuple[str, ...]) -> None:
    found = understood(f"[scenes.mine]\nprime = {said}\n", "my.toml")
    assert understood(written({}, found.scenes), "again").scenes == found.scenes
    assert called(staged(found.scenes, Parameters(), "default"), "mine").prime == prime


def test_music_that_is_no_text_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"my.toml:2: \[scenes.mine\] prime"):
        understood("[scenes.mine]\nprime = [1, 2]\n", "my.toml")
