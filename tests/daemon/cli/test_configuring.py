"""`antiphon config`, as a user types it."""

from pathlib import Path

import pytest
from tests.daemon.cli.conftest import Antiphon


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("VISUAL", raising=False)
    return tmp_path / "antiphon" / "antiphon.toml"


def test_init_writes_a_file_that_check_finds_well_and_does_not_touch_it_again(antiphon: Antiphon, home: Path) -> None:
    assert antiphon("config", "init").out == f"{home}: written. Change it with `antiphon config edit`\n"
    before = home.read_text()
    assert antiphon("config", "check").out == f"{home}: all is well, 0 set\n"
    assert antiphon("config", "init").out == f"{home}: is there already, and up to date\n"
    assert home.read_text() == before


def test_init_brings_an_old_file_up_to_date_and_keeps_it(antiphon: Antiphon, home: Path) -> None:
    home.parent.mkdir()
    home.write_text("[parameters]\nseed = 9\n")
    assert "of version 0, `antiphon config init` brings it to 1" in antiphon("config", "check").out
    assert antiphon("config", "init").status == 0
    assert home.with_name("antiphon.toml.0").read_text() == "[parameters]\nseed = 9\n"
    assert antiphon("config", "check").out == f"{home}: all is well, 1 set\n"


def test_show_says_what_holds_and_from_where(antiphon: Antiphon, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_PAGE_PORT", "0")
    home.parent.mkdir()
    home.write_text("[parameters]\nlock = 'c MAJOR'\n")
    said = antiphon("config", "show", "--changed").out
    assert said == f'page.port = 0  # ANTIPHON_PAGE_PORT\nparameters.lock = "C major"  # {home}:2\n'
    assert "ports.inputs = []  # default\n" in antiphon("config", "show").out


def test_show_says_all_that_scenes_set_too(antiphon: Antiphon, home: Path) -> None:
    text = (
        '[scenes.verse]\nmodel = "theirs"\nprogram = 5\nmode = "duet"\n[scenes."night piano"]\nprime = ["/a", "b=2"]\n'
    )
    where = Path("theirs.toml").absolute()
    where.write_text(text)
    said = antiphon("config", "show", "--changed", "--config", "theirs.toml").out
    assert said.splitlines() == [
        f'scenes."verse".model = "theirs"  # {where}',
        f'scenes."verse".program = 5  # {where}',
        f'scenes."verse".mode = "duet"  # {where}',
        f'scenes."night piano".prime = ["/a", "b=2"]  # {where}',
    ]
    assert said in antiphon("config", "show", "--config", "theirs.toml").out


def test_check_says_all_that_is_wrong_and_fails(antiphon: Antiphon, home: Path) -> None:
    home.parent.mkdir()
    home.write_text("[parameters]\npuase = 1\n[pge]\n")
    done = antiphon("config", "check")
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        f"antiphon: {home}:2: [parameters] nothing is called 'puase' here; did you mean pause?\n"
        f"{home}:3: no table [pge]; did you mean page?\n"
    )


def test_check_says_which_scene_wants_a_model_that_is_not_there(antiphon: Antiphon, home: Path) -> None:
    home.parent.mkdir()
    home.write_text('version = 1\n[scenes.night]\nmodel = "nonsense"\n')
    done = antiphon("config", "check")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("antiphon: scene night: no model 'nonsense': there are ")


def test_check_says_which_scene_wants_music_that_is_not_there(antiphon: Antiphon, home: Path, phrase: Path) -> None:
    home.parent.mkdir()
    home.write_text(f'[scenes.night]\nprime = ["{phrase}=0.5", "none.mid"]\n')
    assert antiphon("config", "check").error.startswith("scene night: none.mid: no such file")
    home.write_text(f'[scenes.night]\nprime = "{phrase}=0"\n')
    assert antiphon("config", "check").error.startswith(f"scene night: prime {phrase}=0: a weight is a number above 0")
    home.write_text(f'[scenes.night]\nprime = "{phrase}"\n')
    assert antiphon("config", "check").status == 0


def test_edit_opens_the_editor_and_says_what_is_wrong_afterwards(
    antiphon: Antiphon, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "ed it.sh"
    editor.write_text('#!/bin/sh\nprintf "[page]\\nport = 1\\n" > "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", f"'{editor}'")
    assert antiphon("config", "edit").out.startswith(f"{home}: all is well.")
    assert home.read_text() == "[page]\nport = 1\n"
    monkeypatch.setenv("EDITOR", "none-such")
    assert antiphon("config", "edit").error == "no editor none-such; say which in the environment variable EDITOR"


def test_a_file_that_run_is_given_and_cannot_read_ends_it_before_anything_starts(antiphon: Antiphon) -> None:
    assert antiphon("run", "--config", "none.toml").error == "none.toml: cannot be read (No such file or directory)"
