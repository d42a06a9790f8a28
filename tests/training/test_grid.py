"""Scores and performances are told apart by their onsets."""

import numpy as np
import pytest
from numpy.typing import NDArray

from antiphon_training.grid import on_a_grid


def sounded(onsets: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Notes of 50 ms at these moments, as ms, key and velocity in order of time."""
    ms = np.concatenate([onsets, onsets + 50])
    velocity = np.repeat([80, 0], len(onsets))
    order = np.argsort(ms, kind="stable")
    return ms[order], np.full(len(ms), 60)[order], velocity[order]


def score(seed: int, beat_ms: float = 577.0) -> NDArray[np.int64]:
    """Chords of three in eighths, quarters and triplets of a beat that is no whole number of milliseconds."""
    beats = np.cumsum(np.random.default_rng(seed).choice([0.5, 1.0, 1 / 3, 2.0], 60))
    return np.rint(np.repeat(beats, 3) * beat_ms).astype(np.int64)


@pytest.mark.parametrize("seed", range(5))
def test_a_score_lies_on_a_grid_and_the_same_played_by_hands_does_not(seed: int) -> None:
    exact, rng = score(seed), np.random.default_rng(seed)
    assert on_a_grid(*sounded(exact))
    assert on_a_grid(*sounded(exact[::3]))
    played = np.sort(np.maximum(0, exact + np.rint(rng.normal(0, 12, len(exact))).astype(np.int64)))
    assert not on_a_grid(*sounded(played))


def test_of_a_few_notes_nothing_is_said() -> None:
    assert not on_a_grid(*sounded(np.array([0, 500, 1000, 1500])))
