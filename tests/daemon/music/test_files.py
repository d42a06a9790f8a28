"""Files beside those that lie there already."""

from pathlib import Path

import pytest

from antiphon.music import files


def test_a_free_name_is_taken_as_it_is_and_one_that_is_taken_is_counted_on(tmp_path: Path) -> None:
    name = tmp_path / "tune.mid"
    assert files.put_beside(name, b"one") == (name, True)
    assert files.put_beside(name, b"two") == (tmp_path / "tune-2.mid", True)
    assert files.put_beside(name, b"three") == (tmp_path / "tune-3.mid", True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "tune.mid": b"one",
        "tune-2.mid": b"two",
        "tune-3.mid": b"three",
    }


def test_what_is_there_already_is_not_written_again(tmp_path: Path) -> None:
    name = tmp_path / "tune.mid"
    files.put_beside(name, b"one")
    files.put_beside(name, b"two")
    assert files.put_beside(name, b"two") == (tmp_path / "tune-2.mid", False)


def test_a_link_and_a_folder_of_that_name_are_left_alone(tmp_path: Path) -> None:
    name = tmp_path / "tune.mid"
    name.symlink_to(tmp_path / "victim")
    (tmp_path / "tune-2.mid").mkdir()
    assert files.put_beside(name, b"one") == (tmp_path / "tune-3.mid", True)
    assert not (tmp_path / "victim").exists()


def test_where_nothing_can_be_written_that_is_raised(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.put_beside(tmp_path / "none" / "tune.mid", b"one")
