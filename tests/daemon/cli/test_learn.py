"""What `antiphon learn` says while it learns, and where it cannot."""

import importlib.util
import time
from pathlib import Path

import pytest
from tests.daemon.cli.conftest import Antiphon

from antiphon import offline
from antiphon.cli.learn import Lines
from antiphon.extras import install


def test_where_nothing_can_be_drawn_a_line_is_said_for_each_tenth_with_the_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter(range(0, 6000, 60))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    lines = Lines()
    for done in (0.0, 0.01, 0.1, 0.11, 0.5):
        lines.told("learning", done)
    said = capsys.readouterr().err.splitlines()
    assert [line.rpartition(": ")[2] for line in said] == [
        "0%",
        "10%, about 18.0 minutes left",
        "50%, about 3.0 minutes left",
    ]


def test_without_the_trainer_it_says_what_to_install(
    antiphon: Antiphon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("antiphon.learning.find_spec", lambda name: None)
    assert importlib.util.find_spec("torch"), "it is here, and hidden"
    done = antiphon("learn", str(offline.PHRASE))
    assert done.status == 1
    assert f"antiphon: learning needs the trainer's libraries: {install('train')}\n" in done.err
    assert list(tmp_path.rglob("*.onnx")) == []
