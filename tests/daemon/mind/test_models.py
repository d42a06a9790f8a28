"""Finding a model's two files, and refusing what is wrong with them in one line that names the file."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from antiphon import shelf
from antiphon.core.graphfile import LARGEST
from antiphon.core.model import Model
from antiphon.errors import ModelError
from antiphon.mind import models, onnx_model
from antiphon.music import vocabulary


def field(number: int, body: bytes) -> bytes:
    return bytes((number << 3 | 2, len(body))) + body


def other_graph() -> bytes:
    """y = Identity(x): whole, loadable, and not ours."""
    one = field(1, bytes((0x08, 1)) + field(2, field(1, bytes((0x08, 1)))))
    ends = [field(1, name) + field(2, one) for name in (b"x", b"y")]
    node = field(1, b"x") + field(2, b"y") + field(4, b"Identity")
    graph = field(1, node) + field(2, b"other") + field(11, ends[0]) + field(12, ends[1])
    return bytes((0x08, 8)) + field(7, graph) + field(8, bytes((0x10, 17)))


def pair(folder: Path, graph: bytes = b"no graph", **changes: Any) -> Path:  # JSON
    """A model's two files, whole but for the changes."""
    written = {
        "format": models.FORMAT,
        "vocabulary": vocabulary.VERSION,
        "sizes": {"layers": 2, "width": 4},
        "parameters": 12,
        "data": ["one", "two"],
        "licence": "MIT",
        "scores": {"test": 7.5},
        "files": {"onnx": {"sha256": hashlib.sha256(graph).hexdigest(), "bytes": len(graph)}},
        **changes,
    }
    path = folder / "mine.onnx"
    path.write_bytes(graph)
    path.with_suffix(".json").write_text(json.dumps(written), encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as refused:
        onnx_model.load(str(path))
    said = str(refused.value)
    assert "\n" not in said
    assert str(path.parent) in said
    return said.removeprefix(f"{path.parent}{os.sep}")


def shipped() -> Path:
    return models.find("default")


def test_a_model_is_found_by_the_name_it_is_shipped_under_and_by_the_path_of_either_file(tmp_path: Path) -> None:
    assert shipped().name == "default.onnx"
    path = pair(tmp_path)
    for given in (path, path.with_suffix(""), path.with_suffix(".json")):
        assert models.find(str(given)) == path


def test_a_dot_in_a_name_is_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "v1.onnx").touch()
    (tmp_path / "v1.5.onnx").touch()
    assert models.find(str(tmp_path / "v1.5")) == tmp_path / "v1.5.onnx"


@pytest.mark.parametrize("name", ["", ".", "..", "/", "nosuch", "x" * 5000, "a\0b", "~nobody-of-that-name/x", "défaut"])
def test_a_name_that_is_not_there_gets_the_list_of_those_that_are(name: str) -> None:
    with pytest.raises(ModelError, match=r"^no model .*: there are default.*; or give a path$"):
        models.find(name)


def test_a_card_says_what_the_json_says(tmp_path: Path) -> None:
    path = pair(tmp_path, b"12345678")
    assert models.card(path).report() == {
        "name": "mine",
        "path": str(path),
        "bytes": 8,
        "parameters": 12,
        "quantised": "no",
        "data": ["one", "two"],
        "licence": "MIT",
        "scores": {"test": 7.5},
        "sha256": hashlib.sha256(b"12345678").hexdigest(),
    }


def test_every_installed_model_is_whole() -> None:
    cards = models.installed()
    assert "default" in [card.name for card in cards]
    for card in cards:
        assert len(models.checked(card)) == card.size


def test_a_missing_json_is_named(tmp_path: Path) -> None:
    path = pair(tmp_path)
    path.with_suffix(".json").unlink()
    said = "mine.json: cannot be read (No such file or directory); a model is a pair, .onnx and .json"
    assert refusal(path) == said


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", "null", '{"format": "antiphon-lstm"}', "\ud800", "[" * 100_000, '"' + "x" * 99],
    ids=["empty", "cut", "list", "number", "null", "almost nothing", "not text", "deep", "open"],
)
def test_a_json_that_is_none_of_ours_is_named(tmp_path: Path, text: str) -> None:
    path = pair(tmp_path)
    path.with_suffix(".json").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert refusal(path).startswith("mine.json: not a model's JSON (")


@pytest.mark.parametrize(
    "changes",
    [
        {"sizes": {}},
        {"sizes": {"layers": "two", "width": 4}},
        {"sizes": {"layers": float("inf"), "width": 4}},
        {"files": {}},
        {"files": None},
        {"scores": [1, 2]},
        {"scores": {"test": "good"}},
        {"data": 5},
        {"parameters": None},
    ],
)
def test_a_json_with_a_wrong_entry_is_named(tmp_path: Path, changes: dict[str, Any]) -> None:  # JSON
    assert refusal(pair(tmp_path, **changes)).startswith("mine.json: not a model's JSON (")


def test_another_format_is_refused(tmp_path: Path) -> None:
    said = "mine.json: not an Antiphon model (format 'piper')"
    assert refusal(pair(tmp_path, format="piper")) == said


def test_another_vocabulary_is_refused(tmp_path: Path) -> None:
    version = vocabulary.VERSION + 1
    said = f"mine.json: made for vocabulary {version}, this Antiphon speaks {version - 1}; export it again"
    assert refusal(pair(tmp_path, vocabulary=version)) == said


def test_a_graph_that_is_not_the_one_the_json_speaks_of_is_never_run(tmp_path: Path) -> None:
    path = pair(tmp_path, other_graph())
    path.write_bytes(path.read_bytes() + b"\0")
    said = "mine.onnx: damaged, its sha256 is not what its .json says; install the model again"
    assert refusal(path) == said


def test_a_graph_cut_short_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "mine.onnx"
    path.write_bytes(shipped().read_bytes()[:-1000])
    path.with_suffix(".json").write_bytes(shipped().with_suffix(".json").read_bytes())
    assert refusal(path).startswith("mine.onnx: damaged")


def test_files_larger_than_any_model_are_not_read(tmp_path: Path) -> None:
    path = pair(tmp_path)
    with path.open("r+b") as file:
        file.truncate(LARGEST + 1)  # takes no room on the disk
    assert refusal(path) == f"mine.onnx: {LARGEST + 1} bytes, and no model has more than {LARGEST}"
    with path.with_suffix(".json").open("r+b") as file:
        file.truncate(1 << 40)
    assert refusal(path).startswith("mine.json: not a model's JSON (more than ")


def test_a_graph_that_goes_between_looking_and_loading_is_named(tmp_path: Path) -> None:
    path = pair(tmp_path)
    card = models.card(path)
    path.unlink()
    with pytest.raises(ModelError, match=r"mine\.onnx: cannot be read \(No such file or directory\)"):
        models.checked(card)


@pytest.mark.parametrize("graph", [b"", b"\0" * 1000, bytes(range(256)) * 40, b"\x08\x08\x3a\xff\xff\x03"])
def test_bytes_that_are_no_graph_are_refused_though_their_sha256_is_right(tmp_path: Path, graph: bytes) -> None:
    assert refusal(pair(tmp_path, graph)).startswith("mine.onnx: ")


def test_the_shipped_graph_cut_short_is_refused_though_its_sha256_is_right(tmp_path: Path) -> None:
    graph = shipped().read_bytes()
    assert refusal(pair(tmp_path, graph[: len(graph) // 2])) == "mine.onnx: not an ONNX graph (it ends too early)"


def test_a_graph_of_another_kind_is_refused(tmp_path: Path) -> None:
    assert refusal(pair(tmp_path, other_graph())).startswith("mine.onnx: not an Antiphon graph (")


@pytest.mark.parametrize("sizes", [{"layers": 2, "width": 3}, {"layers": 1, "width": 512}, {"layers": -1, "width": 4}])
def test_a_graph_of_other_sizes_than_its_json_says_is_refused(tmp_path: Path, sizes: dict[str, int]) -> None:
    path = pair(tmp_path, shipped().read_bytes(), sizes=sizes)
    assert refusal(path).startswith("mine.onnx: not an Antiphon graph (")


def test_a_whole_pair_plays_under_any_name(tmp_path: Path) -> None:
    path = tmp_path / "renamed.onnx"
    for suffix in (".onnx", ".json"):
        path.with_suffix(suffix).write_bytes(shipped().with_suffix(suffix).read_bytes())
    model: Model = onnx_model.load(str(path))
    assert model.name == "renamed"


@pytest.mark.parametrize("name", ["", ".", "../default", "default.onnx", "models/default", "/etc/passwd"])
def test_what_is_no_name_of_an_installed_model_is_no_way_to_a_file(name: str) -> None:
    assert models.installed_as("default").name == "default.onnx"
    with pytest.raises(ModelError, match=r"is installed: there are .*default"):
        models.installed_as(name)


def test_the_shelf_shows_every_model_and_one_whose_card_cannot_be_read_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    shelf.own().mkdir(parents=True)
    for card in ("[]", "{", '{"data": 5}', '{"data": ["tunes"], "licence": "mine"}'):
        (shelf.own() / "mine.onnx").touch()
        (shelf.own() / "mine.json").write_text(card)
        shown = {one["name"]: one for one in shelf.listed()}
        assert {"default", "mine"} <= set(shown)
        known = card.startswith('{"data": [')
        assert shown["mine"] == {
            "name": "mine",
            "data": ["tunes"] if known else [],
            "licence": "mine" if known else "unknown",
        }
