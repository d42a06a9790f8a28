"""Beats and moments."""

from antiphon.core.metre import Metre
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
