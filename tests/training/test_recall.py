"""What is played again is found, in any transposition, and how long it is."""

import numpy as np
import pytest

from antiphon_training.recall import VARIED, Pitches, longest_runs, stretches


def composed(seed: int, notes: int = 400) -> Pitches:
    """Pitches that no other seed has in the same order for long: 25 choices, eight times, are 10**11."""
    return np.random.default_rng(seed).integers(50, 75, notes)


LEARNED = [composed(seed) for seed in range(20)]


@pytest.mark.parametrize("length", [8, 13, 100])
@pytest.mark.parametrize("transposed", [0, -7, 12])
def test_a_copy_in_any_transposition_is_found_with_its_length(length: int, transposed: int) -> None:
    played = composed(99, 300)
    played[50 : 50 + length] = LEARNED[7][200 : 200 + length] + transposed
    played[50 + length] = 1  # No chance that the copy goes on.
    played[49] = 2
    assert longest_runs([composed(98), played, composed(97)], LEARNED).tolist() == [0, length, 0]


def test_a_whole_piece_played_again_is_found_whole_and_no_run_goes_over_its_end() -> None:
    played = np.concatenate([LEARNED[3], LEARNED[4]])
    assert longest_runs([played, LEARNED[3]], LEARNED).tolist() == [400, 400]
    assert longest_runs([played], [np.concatenate(LEARNED)]).tolist() == [800]


def test_seven_notes_are_no_run() -> None:
    played = composed(96, 40)
    played[10:17] = LEARNED[0][:7]
    played[17], played[9] = 1, 2
    assert longest_runs([played], LEARNED).tolist() == [0]


def test_a_trill_is_a_run_but_no_varied_one() -> None:
    trill, played, learned = np.tile([70, 72], 40), composed(95, 300), composed(94, 300)
    played[100:180], learned[5:85] = trill, trill + 3
    played[200:220] = LEARNED[2][:20]
    assert longest_runs([played], [learned]).tolist() == [80]
    assert longest_runs([played], [learned], VARIED).tolist() == [0]
    assert longest_runs([played], [learned, LEARNED[2]], VARIED)[0] >= 20


def test_nothing_played_or_nothing_learned_is_no_run() -> None:
    none = np.zeros(0, np.int64)
    assert longest_runs([], LEARNED).tolist() == []
    assert longest_runs([none, LEARNED[0]], []).tolist() == [0, 0]
    assert longest_runs([none, LEARNED[0]], [none, LEARNED[0]]).tolist() == [0, 400]


def test_music_is_searched_in_whole_stretches() -> None:
    pieces = [np.arange(10), np.arange(3), np.arange(20, 24)]
    assert [part.tolist() for part in stretches(pieces, 4)] == [[0, 1, 2, 3], [4, 5, 6, 7], [20, 21, 22, 23]]
