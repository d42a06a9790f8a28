"""Beats and moments, and what lies on the grid between them."""

import pytest

from antiphon.core.metre import GRIDS, Metre
from antiphon.music.events import Seconds

HALF = Metre(Seconds(10.0), 4.0, 0.5)


def test_beats_and_moments_are_each_others_inverse() -> None:
    assert HALF.tempo_bpm == 120.0
    assert [HALF.beat_of(moment) for moment in (8.0, 10.0, 10.25)] == [0.0, 4.0, 4.5]
    assert [HALF.moment_of(beat) for beat in (0.0, 4.0, 4.5)] == [8.0, 10.0, 10.25]


def test_the_next_line_is_at_the_moment_or_after_it() -> None:
    assert [HALF.next(moment, 1.0) for moment in (10.0, 10.01, 10.5)] == [10.0, 10.5, 10.5]
    assert [HALF.next(moment, 4.0) for moment in (10.0, 10.01, 12.0, 12.01)] == [10.0, 12.0, 12.0, 14.0]
    assert HALF.next(10.01, 4.0, 4.5) == 10.25


def test_another_pace_keeps_the_beat() -> None:
    slower = HALF.paced(1.0, 11.0)
    assert slower.beat_of(11.0) == 6.0
    assert slower.moment_of(7.0) == 12.0


@pytest.mark.parametrize(("share", "expected"), [(0.0, 10.11), (0.5, 10.1175), (1.0, 10.125)])
def test_a_moment_is_moved_towards_the_grid_by_degrees(share: float, expected: float) -> None:
    assert HALF.placed(10.11, "1/16", 50, share) == pytest.approx(expected)


def test_swing_delays_every_other_line_of_the_grid() -> None:
    lines = [HALF.placed(10.0 + at, "1/8", 66, 1.0) for at in (0.02, 0.24, 0.36, 0.45)]
    assert lines == pytest.approx([10.0, 10.33, 10.33, 10.5])


def test_triplets_do_not_swing() -> None:
    assert HALF.placed(10.16, "1/8T", 75, 1.0) == pytest.approx(10.0 + 0.5 / 3)


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("swing", [50, 62, 75])
def test_no_moment_is_moved_farther_than_half_of_the_longest_step(grid: str, swing: float) -> None:
    longest = 2 * GRIDS[grid] * max(swing, 50) / 100 * HALF.beat_s
    for at in range(1000):
        moment = 9.0 + at / 300
        assert abs(HALF.placed(moment, grid, swing, 1.0) - moment) <= longest / 2 + 1e-9
