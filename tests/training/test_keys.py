"""The key of a piece, and everything in one key."""

from collections.abc import Sequence

import numpy as np
import pytest

from antiphon_training.keys import in_one_key, key_of
from antiphon_training.reading import RECORD, Records

TUNE = [0, 4, 7, 5, 2, 4, 0, 11, 0, 7, 9, 5, 4, 2, 0, 0]
"""A tune in C major, pitch classes of even notes."""
SAD = [9, 0, 4, 2, 11, 0, 9, 8, 9, 4, 5, 2, 0, 11, 9, 9]
"""And one in A minor."""


def played(pitches: Sequence[int]) -> Records:
    rows = [row for n, pitch in enumerate(pitches) for row in ((400 * n, pitch, 80, 0), (400 * n + 390, pitch, 0, 0))]
    return np.array([(0, 128, 127, 0), *rows, (9000, 128, 0, 0)], RECORD)


@pytest.mark.parametrize("tonic", range(12))
def test_the_key_of_a_tune_is_found_wherever_it_is_moved(tonic: int) -> None:
    assert key_of(played([48 + tonic + pitch for pitch in TUNE])) == (tonic, False)
    assert key_of(played([48 + tonic + pitch for pitch in SAD])) == ((tonic + 9) % 12, True)


@pytest.mark.parametrize("tonic", range(12))
def test_in_one_key_all_tunes_are_in_c_and_all_sad_ones_in_a(tonic: int) -> None:
    for tune in (TUNE, SAD):
        before = played([55 + tonic + pitch for pitch in tune])
        after = in_one_key(before)
        assert key_of(after) == ((0, False) if tune is TUNE else (9, True))
        moved = after["key"].astype(int) - before["key"]
        assert set(moved[before["key"] < 128].tolist()) <= set(range(-6, 7))
        assert len(set(moved[before["key"] < 128].tolist())) == 1
        assert moved[before["key"] == 128].tolist() == [0, 0]


def test_what_would_leave_the_keyboard_is_moved_by_an_octave_less() -> None:
    for low in (1, 115):
        after = in_one_key(played([low + pitch for pitch in TUNE]))
        keys = after["key"][after["key"] != 128]
        assert key_of(after) == (0, False)
        assert keys.max() - keys.min() == 11


def test_no_notes_are_in_no_key_and_stay_as_they_are() -> None:
    pedals = played([])
    assert in_one_key(pedals).tolist() == pedals.tolist()
