"""A scene in one file: what is given away is what arrives, and what a stranger sends is refused and changes nothing."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from antiphon import scenefile
from antiphon.config.layers import Configuration, configured
from antiphon.errors import AntiphonError, ConfigError
from antiphon.mind import models, onnx_model, sharing

MINE = """\
# mine
[parameters]
seed = 7

[scenes.bebop]
model = "own"
mode = "trade"      # in fours
when = "bar"
swing = 60
lock = "D dorian"
program = 3
controller = 80
note = 21

[scenes.plain]
model = "default"
density = 2.5
"""
BEBOP = {"mode": "trade", "when": "bar", "swing": 60, "lock": "D dorian"}


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("ANTIPHON_CONFIG", raising=False)
    return tmp_path / "data" / "antiphon" / "models"


@pytest.fixture
def own(data: Path) -> None:
    sharing.install(Path("x"), sharing.files("default"), "own")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config" / "antiphon" / "antiphon.toml"
    path.parent.mkdir(parents=True)
    path.write_text(MINE)
    return path


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """Whose configuration it is that a scene comes to."""
    path = tmp_path / "theirs.toml"
    path.write_text("# theirs\n[parameters]\nseed = 9  # always\n")
    return path


def packed(path: Path, scene: str | bytes, more: Mapping[str, bytes] | None = None) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"scene.toml": scene, **(more or {})}.items():
            archive.writestr(name, content)
    return path


def refusal(path: Path, theirs: Path, data: Path) -> str:
    before = theirs.read_bytes()
    with pytest.raises(AntiphonError) as refused:
        scenefile.add(path, "friend", theirs)
    assert theirs.read_bytes() == before
    assert not (data / "friend.onnx").exists()
    assert str(path) in str(refused.value)
    return str(refused.value)


@pytest.mark.usefixtures("own", "config")
def test_a_scene_arrives_with_its_model_and_without_what_calls_for_it(tmp_path: Path, theirs: Path, data: Path) -> None:
    file = tmp_path / "friend.antiphon"
    assert scenefile.export("bebop", file, configured()) == "own"
    sharing.remove("own")
    arrived = scenefile.add(file, None, theirs)
    assert (arrived.scene, arrived.config) == ("friend", theirs)
    assert configured(theirs).declared == {"friend": {**BEBOP, "model": "friend"}}
    assert theirs.read_text().startswith("# theirs\n[parameters]\nseed = 9  # always\n\n[scenes.")
    assert onnx_model.load("friend").sha256 == onnx_model.load("default").sha256
    assert sorted(path.suffix for path in data.iterdir()) == [".json", ".onnx", ".safetensors"]


@pytest.mark.usefixtures("own")
def test_a_model_that_a_scene_names_by_its_path_goes_with_it(tmp_path: Path, config: Path, theirs: Path) -> None:
    config.write_text(f'[scenes.far]\nmodel = "{models.own()}/own"\nbars = 2\n')
    scenefile.export("far", tmp_path / "friend.antiphon", configured())
    scenefile.add(tmp_path / "friend.antiphon", None, theirs)
    assert configured(theirs).declared == {"friend": {"bars": 2, "model": "friend"}}


def test_a_scene_of_a_shipped_model_is_small_and_begins_a_configuration_where_there_is_none(
    tmp_path: Path, config: Path
) -> None:
    file = tmp_path / "sparse.antiphon"
    assert scenefile.export("plain", file, configured()) == "default"
    assert file.stat().st_size < 1000
    config.unlink()
    assert scenefile.add(file).config == config
    assert configured().declared == {"sparse": {"density": 2.5, "model": "default"}}
    scenefile.remove("sparse")
    assert configured().declared == {}


def test_a_shipped_scene_is_given_away_whole(tmp_path: Path, theirs: Path) -> None:
    assert scenefile.export("trade-fours", tmp_path / "a.antiphon", Configuration()) == ""
    scenefile.add(tmp_path / "a.antiphon", "fours", theirs)
    scenes = {scene.name: scene for scene in configured(theirs).scenes}
    assert scenes["fours"].values == scenes["trade-fours"].values


def test_a_scene_that_names_a_model_that_is_not_there_is_not_given_away(tmp_path: Path, config: Path) -> None:
    with pytest.raises(AntiphonError, match="no model 'own'"):
        scenefile.export("bebop", tmp_path / "a.antiphon", configured())
    assert not (tmp_path / "a.antiphon").exists()


def test_a_scene_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(AntiphonError, match="no scene named 'beebop'"):
        scenefile.export("beebop", tmp_path / "a.antiphon", configured())


@pytest.mark.parametrize("name", ["bebop", "answer-me"])
def test_a_name_that_is_taken_is_refused(tmp_path: Path, config: Path, name: str) -> None:
    file = packed(tmp_path / f"{name}.antiphon", "[scenes.x]\nbars = 2\n")
    with pytest.raises(ConfigError, match=f"a scene named {name} is there already; give another --name"):
        scenefile.add(file)
    assert config.read_text() == MINE


@pytest.mark.usefixtures("own")
def test_a_models_name_that_is_taken_is_refused_and_no_scene_is_added(tmp_path: Path, theirs: Path) -> None:
    file = packed(tmp_path / "own.antiphon", "[scenes.x]\nbars = 2\n", sharing.files("default"))
    with pytest.raises(AntiphonError, match="a model named own is there already"):
        scenefile.add(file, None, theirs)
    assert configured(theirs).declared == {}


@pytest.mark.parametrize(
    ("scene", "why"),
    [
        ("[scenes.x]\ntempreature = 0.5\n", r"scene.toml:2: .* nothing is called 'tempreature' in a scene; did"),
        ("[scenes.x]\nbars = 200\n", "bars=200: out of range"),
        ("[scenes.x]\nlowest = 90\nhighest = 40\n", "lowest=90 is above highest=40"),
        ("[scenes.x]\nnote = 60\n", "sets note, which is for who plays it to say"),
        ('[scenes.x]\nmodel = "gone"\n', "wants the model 'gone', which is neither in the file nor installed"),
        ('[scenes.x]\nmodel = "/etc/passwd"\n', "wants the model '/etc/passwd'"),
        ('[scenes.x]\nmodel = "../models/default"\n', "wants the model"),
        ("[scenes.x]\nbars = 2\n[parameters]\nseed = 3\n", "one scene and nothing else"),
        ('[scenes.x]\nbars = 2\n[takes]\nfolder = "/tmp"\n', "one scene and nothing else"),
        ("[scenes.x]\nbars = 2\n[scenes.y]\nbars = 2\n", "one scene and nothing else"),
        ("", "one scene and nothing else"),
        ("version = 99\n[scenes.x]\nbars = 2\n", "version = 99 is not known here"),
        ("[scenes.x", "this is no TOML"),
        ("a = " + "[" * 5000, "this is no TOML"),
        (b"\xff\xfe", "not a text in UTF-8"),
        (b"#" * ((1 << 16) + 1), "scene.toml in it has more than 64 kB"),
    ],
)
def test_a_scene_that_is_not_fit_is_refused(tmp_path: Path, theirs: Path, data: Path, scene: str, why: str) -> None:
    said = refusal(packed(tmp_path / "bad.antiphon", scene), theirs, data)
    assert re.search(why, said), said


@pytest.mark.parametrize("part", ["model.onnx", "model.json", "model.safetensors"])
def test_a_model_that_was_changed_is_refused_and_so_is_its_scene(
    tmp_path: Path, theirs: Path, data: Path, part: str
) -> None:
    content = sharing.files("default")
    content[part] = content[part][:-1] + bytes([content[part][-1] ^ 1])
    said = refusal(packed(tmp_path / "bad.antiphon", "[scenes.x]\nbars = 2\n", content), theirs, data)
    assert "not installed" in said


@pytest.mark.parametrize("name", ["../evil.toml", "scene.py", "/etc/antiphon.toml"])
def test_a_scene_with_anything_else_beside_it_is_refused(tmp_path: Path, theirs: Path, data: Path, name: str) -> None:
    said = refusal(packed(tmp_path / "bad.antiphon", "[scenes.x]\nbars = 2\n", {name: b"x"}), theirs, data)
    assert "not a file of a model or a scene" in said


def test_half_a_model_beside_a_scene_is_refused(tmp_path: Path, theirs: Path, data: Path) -> None:
    card = {"model.json": sharing.files("default")["model.json"]}
    assert "not a file of" in refusal(packed(tmp_path / "bad.antiphon", "[scenes.x]\nbars = 2\n", card), theirs, data)


def test_a_name_that_could_be_a_path_is_refused(tmp_path: Path, theirs: Path) -> None:
    file = packed(tmp_path / "a.antiphon", "[scenes.x]\nbars = 2\n")
    for name in ("../x", "a/b", " ", "x\ny", "x" * 65):
        with pytest.raises(AntiphonError, match="letters, digits"):
            scenefile.add(file, name, theirs)


def test_where_the_configuration_cannot_be_written_the_model_goes_again(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = packed(tmp_path / "a.antiphon", "[scenes.x]\nbars = 2\n", sharing.files("default"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(file))
    with pytest.raises(ConfigError, match="cannot be written"):
        scenefile.add(file, "friend")
    assert list(data.iterdir()) == []


def test_a_configuration_that_cannot_be_added_to_says_what_to_add_and_the_model_goes_again(
    tmp_path: Path, data: Path
) -> None:
    file = packed(tmp_path / "a.antiphon", "[scenes.x]\nbars = 2\n", sharing.files("default"))
    inline = tmp_path / "inline.toml"
    inline.write_text("scenes = {late = {bars = 8}}\n")
    with pytest.raises(ConfigError, match=r'(?s)inline.toml: .* add\n\[scenes\."friend"\]\nbars = 2\nmodel = "friend"'):
        scenefile.add(file, "friend", inline)
    assert list(data.iterdir()) == []
    assert models.find("default").is_file()


def test_a_scene_that_begins_from_music_of_ones_own_is_not_given_away_without_it(config: Path, tmp_path: Path) -> None:
    config.write_text('[scenes.night]\nprime = "a.mid"\n')
    with pytest.raises(ConfigError, match="scene night: it begins from music of yours"):
        scenefile.export("night", tmp_path / "night.antiphon", configured(config))
    assert not (tmp_path / "night.antiphon").exists()
