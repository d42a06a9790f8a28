"""Chance is a function of the seed and the event's number."""

from itertools import combinations

import numpy as np
import pytest

from antiphon.core.chance import noise
from antiphon.core.parameters import REGISTRY
from antiphon.music.vocabulary import NOISE

SEEDS = [0, 1, 2, int(REGISTRY["seed"].high)]


def test_the_same_seed_and_number_give_the_same_noise_in_any_order() -> None:
    forwards = [noise(7, number) for number in range(5)]
    backwards = [noise(7, number) for number in reversed(range(5))][::-1]
    assert np.array_equal(forwards, backwards)


def test_any_two_seeds_and_any_two_numbers_give_different_noise() -> None:
    drawn = [noise(seed, number) for seed in SEEDS for number in (0, 1, 2, 1_000_000, 2**40)]
    assert all(np.mean(one == other) < 0.01 for one, other in combinations(drawn, 2))


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_is_uniform_in_0_to_1(seed: int) -> None:
    """Mean within 6 standard errors: one failure in 500 million if it were drawn anew each time; it is not."""
    drawn = np.stack([noise(seed, number) for number in range(100)])
    assert drawn.shape == (100, NOISE)
    assert drawn.dtype == np.float32
    assert drawn.min() >= 0.0
    assert drawn.max() < 1.0
    assert abs(drawn.mean() - 0.5) < 6 / np.sqrt(12 * drawn.size)


def test_neighbouring_events_are_independent() -> None:
    drawn = np.stack([noise(3, number) for number in range(101)])
    correlation = np.corrcoef(drawn[:-1].ravel(), drawn[1:].ravel())[0, 1]
    assert abs(correlation) < 6 / np.sqrt(100 * NOISE)
