"""A score as hands might play it: the same notes, off the grid, and every note with its release."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.training.pieces import Row, corpus_of, improvised, orphans

from antiphon_training.dataset import Performance
from antiphon_training.grid import on_a_grid
from antiphon_training.loosening import Line, loosened
from antiphon_training.performance import PLAIN, Augmentation, perform


def line(rows: list[Row]) -> Line:
    return Line(*np.array(rows, np.int64).T)


def score(chords: int = 80) -> list[Row]:
    """Chords of three every half second, two in three of them, each let go 10 ms before the next; keys return."""
    rows = list[tuple[int, int, int, int, int]]()
    for chord in range(chords):
        beat = 500 * chord + 250 * (chord % 3 == 1)
        for key in (48 + chord % 2, 60 + chord % 3, 67):
            rows += [(beat, 1, key, 64, 0), (beat + 240, 0, key, 0, 0)]
    return [(ms, key, velocity, part) for ms, _, key, velocity, part in sorted(rows)]


def onsets(found: Line) -> NDArray[np.int64]:
    return found.ms[found.velocity > 0]


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10**6), parts=st.sampled_from([(0,), (1, 2)]), notes=st.integers(1, 80))
def test_whatever_is_loosened_stays_whole_and_in_order(seed: int, parts: tuple[int, ...], notes: int) -> None:
    before = line(improvised(seed, notes, parts=parts))
    after = loosened(before, np.random.default_rng(seed))
    assert after.ms[0] == 0
    assert (np.diff(after.ms) >= 0).all()
    assert sorted(zip(before.key[before.velocity > 0], before.part[before.velocity > 0], strict=True)) == sorted(
        zip(after.key[after.velocity > 0], after.part[after.velocity > 0], strict=True)
    )
    assert len(after.ms) == len(before.ms)
    for voices in (after.part, 0 * after.part):
        assert orphans(Performance(*after[:3], voices, dynamic=True, pedalled=True)) == []


def test_a_loosened_score_is_no_longer_on_its_grid_and_strays_as_far_as_it_should() -> None:
    strays = list[float]()
    for seed in range(40):
        found = loosened(line(score()), np.random.default_rng(seed))
        assert not on_a_grid(*found[:3])
        spans = np.diff(np.sort(onsets(found))[::3]).astype(float)
        strays.append(float(np.std(spans - np.diff(onsets(line(score()))[::3]))))
    # Two strays of 10 to 25 ms make a span, and the tempo drifts beside.
    assert 15 < np.median(strays) < 45


def test_chords_are_spread_from_low_to_high_more_often_than_not() -> None:
    found = loosened(line(score(400)), np.random.default_rng(3))
    keys, ms = found.key[found.velocity > 0], onsets(found)
    low, high = ms[keys < 50], ms[keys == 67]
    assert 0 < np.median(high - low) < 25


def test_the_same_seed_loosens_alike() -> None:
    one, again, other = (loosened(line(score()), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.ms, again.ms)
    assert not np.array_equal(one.ms, other.ms)


@pytest.mark.parametrize(("exact", "expected"), [(1.0, 1.0), (0.5, 0.5), (0.0, 0.0)])
def test_scores_stay_exact_as_often_as_is_said_and_performances_always(exact: float, expected: float) -> None:
    # 200 passes: 0.15 is four standard deviations.
    corpus, how, rng = corpus_of(score()), Augmentation(exact=exact), np.random.default_rng(1)
    [piece] = corpus.pieces
    assert piece.scored
    kept = [on_a_grid(p.ms, p.key, p.velocity) for p in (perform(piece, corpus.records, how, rng) for _ in range(200))]
    assert np.mean(kept) == pytest.approx(expected, abs=0.15 if exact == 0.5 else 0)
    played = corpus_of(improvised(1))
    assert not played.pieces[0].scored
    plain = perform(played.pieces[0], played.records, PLAIN, rng)
    assert plain.ms.tolist() == played.records["ms"].tolist()
