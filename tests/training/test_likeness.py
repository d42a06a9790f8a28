"""Music that is alike overlaps, music that is not does not."""

import numpy as np
import pytest

from antiphon_training.excerpts import Notes
from antiphon_training.likeness import FEATURES, likeness, overlap, values

SPAN_MS = 30_000


def music(seed: int, low: int = 40, pace: int = 200, loud: int = 50, long: int = 150) -> Notes:
    """Notes from nowhere: pitches from `low` on, some `pace` ms apart, of some loudness and length."""
    rng = np.random.default_rng(seed)
    onset = np.cumsum(rng.integers(1, 2 * pace, SPAN_MS // pace))
    return Notes(
        onset,
        low + rng.choice([0, 2, 4, 5, 7, 9, 11, 12], len(onset)),
        loud + rng.integers(0, 30, len(onset)),
        rng.integers(long, 2 * long, len(onset)),
    )


def test_densities_of_the_same_numbers_share_everything_and_of_distant_ones_nothing() -> None:
    numbers = np.random.default_rng(1).normal(size=500)
    assert overlap(numbers, numbers) == pytest.approx(1, abs=1e-6)
    assert overlap(numbers, numbers + 100) == pytest.approx(0, abs=1e-6)


def test_two_normal_densities_share_what_the_formula_says() -> None:
    # Means 2 apart share 2 * Phi(-1) = 0.317; Scott's bandwidth for 20,000 numbers adds 1 % to the spread.
    one, other = np.random.default_rng(2).normal(size=(2, 20_000))
    assert overlap(one, other + 2) == pytest.approx(0.317, abs=0.02)


def test_numbers_that_are_all_the_same_have_a_density() -> None:
    assert overlap(np.ones(5), np.ones(9)) == pytest.approx(1, abs=1e-6)
    assert overlap(np.ones(5), np.zeros(9)) == pytest.approx(0, abs=1e-6)


def test_music_by_the_same_hands_is_alike_in_everything() -> None:
    found = likeness([music(seed) for seed in range(40)], [music(seed) for seed in range(100, 140)], SPAN_MS)
    assert list(found) == list(FEATURES)
    assert min(found.values()) > 0.8


@pytest.mark.parametrize(
    ("change", "features"),
    [
        ({"low": 41}, {"pitch class"}),
        ({"loud": 90}, {"velocity"}),
        ({"pace": 50}, {"inter-onset interval", "polyphony"}),
        ({"long": 2000}, {"duration", "polyphony"}),
    ],
)
def test_music_that_differs_in_one_thing_is_unlike_in_that(change: dict[str, int], features: set[str]) -> None:
    played = [music(seed, **change) for seed in range(40)]
    found = likeness(played, [music(seed) for seed in range(100, 140)], SPAN_MS)
    assert {name for name, share in found.items() if share < 0.3} == features


def test_silence_is_like_no_music() -> None:
    nothing = Notes(*np.zeros((4, 0), np.int64))
    found = likeness([nothing] * 5, [music(seed) for seed in range(20)], SPAN_MS)
    assert max(found.values()) < 0.05


def test_a_feature_is_what_it_is_called() -> None:
    notes = Notes(*np.array([[0, 0, 1000], [60, 67, 59], [40, 50, 60], [500, 2000, 100]], np.int64))
    assert values("pitch class", notes, 3000).tolist() == [0, 7, 11]
    assert values("interval", notes, 3000).tolist() == [7, -8]
    assert (2 ** values("inter-onset interval", notes, 3000)).tolist() == pytest.approx([20, 1000])
    assert (2 ** values("duration", notes, 3000)).tolist() == pytest.approx([500, 2000, 100])
    assert values("velocity", notes, 3000).tolist() == [40, 50, 60]
    # Two to 0.5 s, one to 1 s, two to 1.1 s, one to 2 s, then none.
    assert values("polyphony", notes, 3000).tolist() == [2] * 5 + [1] * 5 + [2] + [1] * 9 + [0] * 10
