"""A model in one file: what is given away is what arrives, and what a stranger sends is refused unless it is whole."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.daemon.mind.test_models import other_graph, pair

from antiphon.errors import ModelError
from antiphon.mind import models, onnx_model, sharing
from antiphon.mind.models import Card

PARTS = ("model.onnx", "model.json", "model.safetensors")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "antiphon" / "models"


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("given") / "friend.antiphon"
    sharing.export(sharing.files("default"), path)
    return path


def add(path: Path, name: str | None = None) -> Card:
    return sharing.install(path, sharing.opened(path), name or path.stem)


def packed(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def parts(given: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(given) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def refusal(path: Path, data: Path) -> str:
    with pytest.raises(ModelError) as refused:
        add(path)
    assert not data.exists() or list(data.iterdir()) == []
    assert str(path) in str(refused.value)
    return str(refused.value)


def test_what_is_given_away_is_what_arrives(given: Path, data: Path) -> None:
    card = add(given)
    assert (card.name, card.path) == ("friend", data / "friend.onnx")
    shipped = models.find("default")
    for suffix in (".onnx", ".json", ".safetensors"):
        assert (data / f"friend{suffix}").read_bytes() == shipped.with_suffix(suffix).read_bytes()
    assert onnx_model.load("friend").sha256 == onnx_model.load("default").sha256
    assert len(list(data.iterdir())) == 3


def test_a_name_that_is_taken_is_refused_and_another_can_be_given(given: Path) -> None:
    add(given)
    with pytest.raises(ModelError, match=r"named friend is there already; `antiphon models remove friend`"):
        add(given)
    with pytest.raises(ModelError, match="came with Antiphon"):
        add(given, "default")
    assert add(given, "other").name == "other"


def test_a_removed_model_leaves_nothing(given: Path, data: Path) -> None:
    add(given)
    (data / "friend.png").touch()
    assert len(sharing.remove("friend")) == 4
    assert list(data.iterdir()) == []


@pytest.mark.parametrize("name", ["default", "none", "../friend", "", "friend/../friend"])
def test_only_models_of_yours_are_removed(given: Path, name: str) -> None:
    add(given)
    with pytest.raises(ModelError, match="of yours: there are friend; shipped ones stay"):
        sharing.remove(name)


@pytest.mark.parametrize(
    "name", ["../evil.onnx", "/etc/evil", "model.py", "sub/model.onnx", "__main__.py", "model.onnx.data"]
)
def test_a_file_with_anything_else_in_it_is_refused(given: Path, tmp_path: Path, data: Path, name: str) -> None:
    said = refusal(packed(tmp_path / "bad.antiphon", {**parts(given), name: b"x"}), data)
    assert "not a file of a model or a scene" in said
    assert not (tmp_path / "evil.onnx").exists()


@pytest.mark.parametrize("lost", ["model.onnx", "model.json"])
def test_without_its_graph_or_its_card_it_is_refused(given: Path, tmp_path: Path, data: Path, lost: str) -> None:
    found = {name: content for name, content in parts(given).items() if name != lost}
    assert "not a file of a model or a scene" in refusal(packed(tmp_path / "bad.antiphon", found), data)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_was_changed_is_refused(given: Path, tmp_path: Path, data: Path, part: str) -> None:
    found = parts(given)
    content = bytearray(found[part])
    content[len(content) // 2] ^= 1
    found[part] = bytes(content) if part != "model.json" else b"{}"
    assert "not installed" in refusal(packed(tmp_path / "bad.antiphon", found), data)


def test_a_graph_that_is_none_of_ours_is_refused_though_its_checksum_is_right(tmp_path: Path, data: Path) -> None:
    foreign = pair(tmp_path, other_graph())
    files = {"model.onnx": foreign.read_bytes(), "model.json": foreign.with_suffix(".json").read_bytes()}
    assert "not an Antiphon graph" in refusal(packed(tmp_path / "bad.antiphon", files), data)


def test_what_unfolds_to_more_than_it_may_is_refused(given: Path, tmp_path: Path, data: Path) -> None:
    path = tmp_path / "bomb.antiphon"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.onnx", parts(given)["model.onnx"])
        archive.writestr("model.json", b" " * (2 << 20))
    assert path.stat().st_size < 20_000_000
    assert "model.json in it has more than 1024 kB" in refusal(path, data)


def test_a_file_cut_anywhere_is_refused(given: Path, tmp_path: Path, data: Path) -> None:
    whole = given.read_bytes()
    path = tmp_path / "cut.antiphon"
    for size in (0, 3, 1000, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:size])
        assert "not a whole .antiphon file" in refusal(path, data)


@pytest.mark.parametrize("content", [b"MThd", b"PK\x03\x04" * 100, bytes(range(256))])
def test_what_is_no_archive_is_refused(tmp_path: Path, data: Path, content: bytes) -> None:
    path = tmp_path / "bad.antiphon"
    path.write_bytes(content)
    assert "not a whole .antiphon file" in refusal(path, data)


@pytest.mark.parametrize("way", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, 99])
def test_what_is_packed_in_a_way_that_unfolds_without_an_end_is_refused(tmp_path: Path, data: Path, way: int) -> None:
    path = tmp_path / "bad.antiphon"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA if way == 99 else way) as archive:
        archive.writestr("model.onnx", bytes(1 << 20))
        archive.writestr("model.json", b"{}")
    packed = bytearray(path.read_bytes())
    directory = packed.index(b"PK\1\2")
    packed[60:70] = b"\xff" * 10
    packed[directory + 10 : directory + 12] = way.to_bytes(2, "little")
    path.write_bytes(packed)
    assert refusal(path, data).endswith("model.onnx in it is packed in a way that is not read here; not installed")


def test_an_encrypted_file_is_refused(given: Path, tmp_path: Path, data: Path) -> None:
    packed_ = bytearray(given.read_bytes())
    at = packed_.index(b"PK\1\2")
    packed_[at + 8] |= 1
    (path := tmp_path / "secret.antiphon").write_bytes(packed_)
    assert "not a whole .antiphon file" in refusal(path, data)


def test_a_file_that_is_not_there_is_said(tmp_path: Path, data: Path) -> None:
    assert "no such file" in refusal(tmp_path / "none.antiphon", data)


def test_two_entries_of_one_name_are_refused(given: Path, tmp_path: Path, data: Path) -> None:
    packed_twice, path = io.BytesIO(), tmp_path / "twice.antiphon"
    with zipfile.ZipFile(packed_twice, "w") as archive:
        for name, content in parts(given).items():
            archive.writestr(name, content)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("model.json", json.dumps({}))
    path.write_bytes(packed_twice.getvalue())
    assert "not a file of a model or a scene" in refusal(path, data)


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"ends in \.antiphon"):
        sharing.export({}, tmp_path / "x.zip")
