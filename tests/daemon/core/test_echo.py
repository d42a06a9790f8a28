"""What an answer takes up: where it begins, how strongly it is drawn there, and that it lets go."""

import numpy as np
import pytest
from numpy.typing import NDArray

from antiphon.core.echo import NOTHING_TAKEN_UP, PLACES, Echo
from antiphon.core.tune import UNPLAYED, Tune

FIGURE = [61, 85, 46, 70, 55, 94, 49, 77]
OTHER = [60, 62, 64, 65, 67, 69, 71, 72]


def anything() -> NDArray[np.bool_]:
    return np.ones(128, np.bool_)


def tune_of(*phrases: list[int]) -> Tune:
    """A note each quarter of a second."""
    tune = UNPLAYED
    for phrase in phrases:
        for number, pitch in enumerate(phrase):
            tune = tune.after(pitch, 0.25 if number else 9.0, number == 0)
    return tune


def obeying(echo: Echo, tune: Tune, notes: int, otherwise: int = 33) -> list[int]:
    """What an answer plays that does whatever it would like, and the same note where it would like nothing."""
    played = list[int]()
    for _ in range(notes):
        wish = echo.wish(tune, 1.0)
        played.append(wish.pitch if wish and wish.bias > 2 else otherwise)
        echo = echo.after(played[-1], tune, anything)
    return played


@pytest.mark.parametrize("phrases", [[FIGURE], [FIGURE, OTHER], [FIGURE[:3], FIGURE[3:]]])
def test_what_was_played_once_is_not_taken_up(phrases: list[list[int]]) -> None:
    tune = tune_of(*phrases)
    assert NOTHING_TAKEN_UP.begun(tune, anything).wish(tune, 1.0) is None


def test_a_phrase_that_was_repeated_is_taken_up_from_its_beginning() -> None:
    tune = tune_of(FIGURE, FIGURE)
    assert obeying(NOTHING_TAKEN_UP.begun(tune, anything), tune, 8) == FIGURE


def test_a_phrase_that_began_as_another_did_is_taken_up_from_its_beginning() -> None:
    tune = tune_of([*FIGURE[:6], 60, 62], [*FIGURE[:6], 65, 64])
    assert obeying(NOTHING_TAKEN_UP.begun(tune, anything), tune, 6) == FIGURE[:6]


def test_a_phrase_is_answered_with_what_followed_it_the_last_time() -> None:
    tune = tune_of(FIGURE, OTHER, FIGURE)
    assert obeying(NOTHING_TAKEN_UP.begun(tune, anything), tune, 8) == OTHER


def test_in_the_middle_of_an_answer_three_notes_bring_back_the_fourth() -> None:
    tune, echo = tune_of(FIGURE), NOTHING_TAKEN_UP
    for number, pitch in enumerate(FIGURE[1:4]):
        assert echo.wish(tune, 1.0) is None, number
        echo = echo.after(pitch, tune, anything)
    wish = echo.wish(tune, 1.0)
    assert wish is not None
    assert (wish.pitch, wish.earliest < 0.25 < wish.latest) == (FIGURE[4], True)


def test_it_is_drawn_the_more_the_longer_it_agrees_and_the_more_memory_there_is() -> None:
    tune = tune_of(FIGURE, FIGURE)
    few, many = Echo(place=4, agreed=3), Echo(place=4, agreed=6)
    pulls = [echo.wish(tune, memory) for echo, memory in ((few, 0.3), (few, 1.0), (many, 1.0))]
    assert sorted({wish.bias for wish in pulls if wish}) == [wish.bias for wish in pulls if wish]
    assert many.wish(tune, 0.0) is None
    widths = [wish.latest - wish.earliest for memory in (0.2, 0.5, 1.0) if (wish := few.wish(tune, memory))]
    assert sorted(widths, reverse=True) == widths


def test_it_lets_go_of_a_long_figure_before_its_end() -> None:
    long = [int(pitch) for pitch in np.random.default_rng(3).permutation(np.arange(40, 100))]
    tune = tune_of(long, long)
    played = obeying(NOTHING_TAKEN_UP.begun(tune, anything), tune, 40)
    followed = next(number for number, pitch in enumerate(played) if pitch != long[number])
    assert 6 <= followed <= 12
    assert played[followed:] == [33] * (40 - followed)


def test_no_figure_comes_for_ever() -> None:
    """The player has played hardly anything else, and the answer does whatever it would like."""
    tune = tune_of(*[FIGURE] * 40)
    played = obeying(NOTHING_TAKEN_UP.begun(tune, anything), tune, 300, otherwise=FIGURE[0])
    begins = [number for number in range(300) if played[number : number + 4] == FIGURE[:4]]
    assert len(begins) <= 2


def test_what_may_not_be_played_is_taken_up_an_octave_away_or_not_at_all() -> None:
    tune = tune_of(OTHER, OTHER)
    lower = np.arange(128) < 61
    assert obeying(NOTHING_TAKEN_UP.begun(tune, lambda: lower), tune, 3) == [48, 50, 52]
    sharps = np.isin(np.arange(128) % 12, (1, 3, 6, 8, 10))
    assert NOTHING_TAKEN_UP.begun(tune, lambda: sharps).wish(tune, 1.0) is None


def test_what_is_moved_beyond_the_keyboard_is_not_wished_for() -> None:
    tune = tune_of([100, 101, 102, 120, 5, 5, 5], [100, 101, 102, 120, 5, 5, 5])
    high, low = Echo(place=3, agreed=6, shift=12), Echo(place=4, agreed=6, shift=-12)
    assert (high.wish(tune, 1.0), low.wish(tune, 1.0)) == (None, None)


def test_what_it_knows_of_an_endless_answer_is_bounded() -> None:
    rng = np.random.default_rng(1)
    tune = tune_of(*[[int(pitch) for pitch in rng.integers(60, 65, 16)] for _ in range(60)])
    echo = NOTHING_TAKEN_UP.begun(tune, anything)
    for pitch in rng.integers(60, 65, 2000):
        wish = echo.wish(tune, 1.0)
        echo = echo.after(wish.pitch if wish else int(pitch), tune, anything)
        assert len(echo.spent) <= PLACES
        assert len(echo.line) <= 8
