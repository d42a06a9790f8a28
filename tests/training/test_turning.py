"""Turns judged on pieces that the tests make: the arithmetic, and the command from files to a picture."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.fakes import FakeModel, Taste
from typer.testing import CliRunner

from antiphon.core.silence import SHORTEST_S
from antiphon.errors import CorpusError
from antiphon.music import midifile
from antiphon.music.events import Seconds
from antiphon.music.midifile import Track
from antiphon.music.wire import Timed
from antiphon_training import corpus, turning
from antiphon_training.cli import app
from antiphon_training.silences import CUTS, Piece, listened


def written(folder: Path, gaps: list[float]) -> Path:
    """A piece of single notes of 0.1 s, with so much silence behind each."""
    folder.mkdir(exist_ok=True)
    now, messages = 0.0, list[Timed]()
    for number, gap in enumerate([*gaps, 0.0]):
        pitch = 60 + number % 12
        messages += [
            Timed(Seconds(now), bytes((0x90, pitch, 60 + number % 20))),
            Timed(Seconds(now + 0.1), bytes((0x80, pitch, 64))),
        ]
        now += 0.1 + gap
    midifile.write(folder / "piece.mid", [Track("piano", tuple(messages))])
    return folder


def pieces(folder: Path, gaps: list[float]) -> list[Piece]:
    return listened(FakeModel(Taste(0.3)), corpus.gather([written(folder, gaps)]), None, 1)


def test_every_long_silence_is_found_and_as_many_are_cut_as_are_asked_for(tmp_path: Path) -> None:
    gaps = [0.05, 0.5] * 15
    (piece,) = pieces(tmp_path / "one", gaps)
    assert [silence.gap for silence in piece.gaps] == pytest.approx([0.5] * 15)
    assert len(piece.cuts) == CUTS
    assert piece.minutes == pytest.approx((sum(gaps) + 3.1) / 60)


def test_a_stopwatch_interrupts_what_is_longer_and_delays_by_what_it_counts(tmp_path: Path) -> None:
    report = turning.judged(pieces(tmp_path / "one", [0.3, 0.8, 1.5] * 10))
    points = {row["value"]: row for row in report["curves"]["pause"]}
    assert all(row["delay_s"] == pytest.approx(value, abs=1e-3) for value, row in points.items())
    minutes = report["minutes"]
    counted = {value: round(row["per_minute"] * minutes) for value, row in points.items()}
    expected = {value: sum(10 for gap in (0.3, 0.8, 1.5) if value < gap) for value in points}
    assert all(abs(counted[value] - expected[value]) <= 1 + 0.1 * expected[value] for value in points)


def test_patience_costs_delay_and_saves_interruptions(tmp_path: Path) -> None:
    curve = turning.judged(pieces(tmp_path / "one", [0.3, 0.8, 1.5, 4.0] * 10))["curves"]["model"]
    assert np.all(np.diff([row["delay_s"] for row in curve]) >= 0)
    assert np.all(np.diff([row["per_minute"] for row in curve]) <= 0)
    assert curve[0]["delay_s"] >= SHORTEST_S


def test_the_same_seed_gives_the_same_report(tmp_path: Path) -> None:
    first, second = (turning.judged(pieces(tmp_path / "one", [0.3, 0.8] * 30), 3) for _ in range(2))
    assert first == second


def test_music_in_which_no_key_ever_rests_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="all keys are ever up"):
        turning.judged(pieces(tmp_path / "one", []))


def test_the_command_goes_from_files_to_figures_and_a_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    data, picture = written(tmp_path / "one", [0.3, 0.8, 1.5] * 10), tmp_path / "turns.png"
    result = CliRunner().invoke(app, ["turns", "default", str(data), "--json", "--picture", str(picture)])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["cuts"] == CUTS
    assert [row["delay_s"] for row in report["at"]] == list(turning.DELAYS_S)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < 200_000
