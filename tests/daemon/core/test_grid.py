"""Where a note goes that is moved to the grid."""

import pytest

from antiphon.core.grid import GRIDS, Grid
from antiphon.core.metre import Metre
from antiphon.music.events import Seconds

HALF = Metre(Seconds(10.0), 4.0, 0.5)


@pytest.mark.parametrize(("share", "expected"), [(0.01, 10.11015), (0.5, 10.1175), (1.0, 10.125)])
def test_a_moment_is_moved_towards_the_grid_by_degrees(share: float, expected: float) -> None:
    assert Grid(HALF, "1/16", 50, share).moved(10.11, 0.0) == pytest.approx(expected)


def test_swing_delays_every_other_line_of_the_grid() -> None:
    grid = Grid(HALF, "1/8", 66, 1.0)
    assert [grid.moved(10.0 + at, 0.0) for at in (0.02, 0.24, 0.36, 0.45)] == pytest.approx([10, 10.33, 10.33, 10.5])


def test_triplets_do_not_swing() -> None:
    assert Grid(HALF, "1/8t", 75, 1.0).moved(10.16, 0.0) == pytest.approx(10.0 + 0.5 / 3)


def test_a_line_that_is_over_is_not_gone_back_to_and_one_behind_the_end_is_not_gone_to() -> None:
    grid = Grid(HALF, "1/16", 50, 1.0)
    assert grid.moved(10.14, 10.13) == pytest.approx(10.25)
    assert grid.moved(10.24, 10.0, 10.25) == pytest.approx(10.125)
    assert grid.moved(10.24, 10.2, 10.25) == 10.24


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("swing", [50, 62, 75])
def test_no_moment_is_moved_farther_than_half_of_the_longest_step(name: str, swing: float) -> None:
    grid, longest = Grid(HALF, name, swing, 1.0), 2 * GRIDS[name] * swing / 100 * HALF.beat_s
    for at in range(1000):
        moment = 9.0 + at / 300
        assert abs(grid.moved(moment, 0.0) - moment) <= longest / 2 + 1e-9
