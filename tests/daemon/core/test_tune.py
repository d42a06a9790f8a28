"""The player's notes as they are kept: numbered, bounded, and never changed under whoever holds them."""

import numpy as np

from antiphon.core.tune import KEPT, UNPLAYED, Tune


def played(pitches: list[int], gap: float = 0.25, every: int = 4) -> Tune:
    """One note each `gap` seconds, every fourth of which opens a phrase."""
    tune = UNPLAYED
    for number, pitch in enumerate(pitches):
        tune = tune.after(pitch, gap, number % every == 0)
    return tune


def test_notes_are_found_by_their_numbers() -> None:
    tune = played([60, 64, 67, 65, 62])
    assert (tune.count, tune.first, tune.pitches.tolist()) == (5, 0, [60, 64, 67, 65, 62])
    assert [tune.opening(number) for number in range(5)] == [True, False, False, False, True]
    assert (tune.pitch(3), tune.gap(3), tune.gap(4)) == (65, 0.25, 0.25)


def test_the_oldest_are_forgotten_and_the_numbers_stay() -> None:
    pitches = [int(pitch) for pitch in np.random.default_rng(1).integers(128, size=3 * KEPT + 7)]
    tune = played(pitches)
    assert (tune.count, tune.first) == (len(pitches), len(pitches) - KEPT)
    assert tune.pitches.tolist() == pitches[-KEPT:]
    assert tune.pitch(tune.first) == pitches[-KEPT]


def test_two_futures_of_one_tune_do_not_meet() -> None:
    tune = played([60, 64])
    one, other = tune.after(67, 0.5, False), tune.after(50, 0.1, False).after(51, 0.1, False)
    assert (tune.pitches.tolist(), one.pitches.tolist()) == ([60, 64], [60, 64, 67])
    assert other.pitches.tolist() == [60, 64, 50, 51]


def test_a_tune_taken_back_goes_on_as_if_the_rest_had_not_been() -> None:
    tune = played([60, 64, 67, 65, 62])
    back = tune.until(3)
    assert back == played([60, 64, 67])
    assert back.after(70, 0.25, False).pitches.tolist() == [60, 64, 67, 70]
    assert tune.pitches.tolist() == [60, 64, 67, 65, 62]
    assert tune.until(0) == UNPLAYED
    assert tune.until(9) is tune


def test_a_tune_is_made_again_of_what_it_holds() -> None:
    tune = played(list(range(100)) * 50)
    assert Tune.of(tune.count, tune.pitches, tune.gaps) == tune
    assert tune != tune.until(tune.count - 1)
    assert Tune.of(0, UNPLAYED.pitches, UNPLAYED.gaps) == UNPLAYED
