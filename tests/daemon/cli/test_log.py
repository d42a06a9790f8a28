"""Where what is said goes, and how much of it."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from antiphon.cli import log
from antiphon.config.options import PARTS

TABLE: dict[str, Any] = {"level": "info", **dict.fromkeys(PARTS, "as level"), "file": True}


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    log.begin({**TABLE, "level": "warning", "file": False}, {})


def say() -> None:
    for part in ("guard", "stage"):
        for level in (logging.DEBUG, logging.INFO, logging.WARNING):
            logging.getLogger(f"antiphon.{part}").log(level, "%s\nand more", logging.getLevelName(level).lower())


def test_the_journal_gets_each_line_with_its_priority_and_no_file_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.begin(TABLE, {"JOURNAL_STREAM": "8:1", "XDG_STATE_HOME": str(tmp_path)})
    logging.getLogger("antiphon.guard").warning("one\ntwo")
    assert capsys.readouterr().out == "<4>guard: one\n<4>guard: two\n"
    assert list(tmp_path.iterdir()) == []


def test_each_part_has_a_level_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.begin({**TABLE, "level": "warning", "stage": "debug", "file": False}, {"JOURNAL_STREAM": "8:1"})
    say()
    firsts = [line for line in capsys.readouterr().out.splitlines() if "more" not in line]
    assert firsts == ["<4>guard: warning", "<7>stage: debug", "<6>stage: info", "<4>stage: warning"]


def test_elsewhere_the_terminal_gets_the_words_and_a_file_all_about_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.begin(TABLE, {"XDG_STATE_HOME": str(tmp_path)})
    logging.getLogger("antiphon.guard").info("listening")
    assert capsys.readouterr().out == "listening\n"
    assert " INFO antiphon.guard pid=" in (tmp_path / "antiphon" / "antiphon.log").read_text()


def test_what_is_not_printable_is_escaped_wherever_it_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for environment in ({"JOURNAL_STREAM": "8:1"}, {"XDG_STATE_HOME": str(tmp_path)}):
        log.begin(TABLE, environment)
        logging.getLogger("antiphon.guard").warning("%s", "evil\x1b[2J\nmore")
    assert capsys.readouterr().out == "<4>guard: evil\\x1b[2J\n<4>guard: more\nevil\\x1b[2J\nmore\n"
    assert (tmp_path / "antiphon" / "antiphon.log").read_text().endswith(" evil\\x1b[2J\nmore\n")


def test_the_file_is_turned_over_before_it_is_large(tmp_path: Path) -> None:
    log.begin(TABLE, {"XDG_STATE_HOME": str(tmp_path)})
    for _ in range(400):
        logging.getLogger("antiphon.guard").info("x" * 10_000)
    sizes = [file.stat().st_size for file in (tmp_path / "antiphon").iterdir()]
    assert len(sizes) == 4
    assert max(sizes) <= 500_000


def test_where_no_file_can_be_kept_that_is_said_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "antiphon").touch()
    log.begin(TABLE, {"XDG_STATE_HOME": str(tmp_path)})
    assert "cannot be written" in capsys.readouterr().err
