"""A stuck note is counted, and a loop and a silence are told from music."""

import numpy as np
import pytest

from antiphon_training.endurance import endurance, least_new, longest_silence
from antiphon_training.excerpts import Notes

SPAN_MS = 600_000


def run(pitch: np.ndarray, pace: int = 250, begins: int = 0) -> Notes:
    """Pitches one after another, so many ms apart."""
    onset = begins + pace * np.arange(len(pitch))
    return Notes(onset, pitch.astype(np.int64), np.full(len(pitch), 64), np.full(len(pitch), 200))


def music(notes: int = 2400) -> np.ndarray:
    """Ten minutes that never say the same thing twice."""
    return np.random.default_rng(1).integers(40, 90, notes)


def told(*runs: Notes) -> dict[str, float]:
    return endurance(runs, SPAN_MS, longest_ms=8000)


def test_music_that_goes_on_is_neither_stuck_nor_looping_nor_silent() -> None:
    assert told(run(music()), run(music())) == {
        "runs": 2,
        "hours": 0.333,
        "notes": 4800,
        "stuck_per_hour": 0.0,
        "cut_per_hour": 0.0,
        "longest_note_s": 0.2,
        "longest_silence_s": 0.25,
        "least_new": 1.0,
        "silent": 0,
        "looping": 0,
    }


def test_stuck_notes_and_notes_that_were_cut_are_counted_by_the_hour() -> None:
    notes = run(music())
    notes.duration[[3, 70]] = 20_001
    notes.duration[[5]] = 8000
    found = told(notes)
    assert (found["stuck_per_hour"], found["cut_per_hour"], found["longest_note_s"]) == (12.0, 18.0, 20.001)


def test_a_bar_that_comes_round_for_ever_is_a_loop() -> None:
    bar = np.array([60, 64, 67, 72, 67, 64, 60, 55])
    assert told(run(np.tile(bar, 300)), run(music()))["looping"] == 1


def test_a_bar_of_chords_that_are_spread_in_ever_another_order_is_a_loop() -> None:
    rng, chords = np.random.default_rng(3), [[48, 64, 67, 72], [53, 65, 69, 72], [55, 62, 67, 71]]
    pitch = np.concatenate([rng.permutation(chords[bar % 3]) for bar in range(1200)])
    onset = np.repeat(500 * np.arange(1200), 4) + np.tile([0, 5, 11, 20], 1200)
    played = Notes(onset, pitch, np.full(4800, 64), np.full(4800, 200))
    assert told(played)["looping"] == 1


def test_a_loop_that_begins_late_and_lasts_75_seconds_is_a_loop() -> None:
    played = music()
    played[1000:1300] = np.tile([60, 62, 64], 100)
    assert told(run(played))["looping"] == 1


def test_a_minute_of_four_bars_played_twice_is_no_loop() -> None:
    played = music()
    played[1120:1240] = played[1000:1120]
    assert told(run(played))["looping"] == 0
    assert 0.4 < least_new(run(played), SPAN_MS) < 0.7


@pytest.mark.parametrize("begins", [0, 40_000])
def test_a_run_that_falls_silent_or_never_begins_is_silent(begins: int) -> None:
    found = told(run(music(2200), begins=begins))
    assert (found["silent"], found["looping"]) == (1, 0)
    assert found["longest_silence_s"] == pytest.approx(max(begins, 50_250 - begins) / 1000)


def test_a_run_without_any_note_is_silent() -> None:
    nothing = Notes(*np.zeros((4, 0), np.int64))
    assert (longest_silence(nothing, SPAN_MS), least_new(nothing, SPAN_MS)) == (SPAN_MS, 1.0)
    assert told(nothing)["silent"] == 1
    assert told()["runs"] == 0
