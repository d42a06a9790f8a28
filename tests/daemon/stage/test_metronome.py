"""The clock that we send."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.core.clock import Clock
from antiphon.core.messages import Beat
from antiphon.music.events import Seconds
from antiphon.stage.metronome import Metronome

TICK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"


def beat(time: float, number: float, bpm: float = 120.0, runs: bool = True) -> Beat:
    return Beat(Seconds(time), number, 60 / bpm, 4, runs)


def sent(metronome: Metronome, until: float) -> list[tuple[float, bytes]]:
    found = list[tuple[float, bytes]]()
    while (moment := metronome.next) is not None and moment <= until:
        found += [(moment, message) for message in metronome.due(moment)]
    return found


def test_a_clock_starts_with_the_bar_and_ticks_24_times_a_beat() -> None:
    metronome = Metronome()
    assert metronome.follow(beat(10.0, 2.5), 10.0) == []
    found = sent(metronome, 11.75)
    assert [message for _, message in found] == [START, *[TICK] * 49]
    assert found[0][0] == pytest.approx(10.75)
    assert [later - at for (at, _), (later, _) in pairwise(found[1:])] == pytest.approx([0.5 / 24] * 48)


def test_who_follows_it_has_its_tempo_and_its_beats() -> None:
    metronome, clock = Metronome(), Clock()
    metronome.follow(beat(0.0, 0.0, 97.0), 0.0)
    for moment, message in sent(metronome, 20.0):
        clock = clock.after(message, moment)
    assert clock.metre
    assert clock.metre.tempo_bpm == pytest.approx(97)
    assert clock.metre.beat_of(15.0) == pytest.approx(15 * 97 / 60)


def test_another_tempo_goes_on_from_the_same_beat() -> None:
    metronome = Metronome()
    metronome.follow(beat(0.0, 0.0), 0.0)
    sent(metronome, 4.0)
    metronome.follow(beat(4.0, 8.0, 60.0), 4.0)
    found = sent(metronome, 6.0)
    assert {message for _, message in found} == {TICK}
    assert len(found) == 48


def test_it_stops_at_once_and_continues_at_a_bar_whose_place_it_says() -> None:
    metronome = Metronome()
    metronome.follow(beat(0.0, 0.0), 0.0)
    sent(metronome, 3.1)
    assert metronome.follow(beat(3.1, 6.2, runs=False), 3.1) == [STOP]
    assert metronome.next is None
    metronome.follow(beat(5.0, 10.0), 5.0)
    found = sent(metronome, 6.0)
    assert found[:3] == [(6.0, b"\xf2\x30\x00"), (6.0, CONTINUE), (6.0, TICK)]
    assert metronome.farewell() == [STOP]
    assert metronome.farewell() == []


def test_ticks_that_were_slept_through_are_not_sent_in_a_burst() -> None:
    metronome = Metronome()
    metronome.follow(beat(0.0, 0.0), 0.0)
    sent(metronome, 1.0)
    assert metronome.due(9.3) == []
    assert sent(metronome, 10.0)[:2] == [(10.0, b"\xf2\x50\x00"), (10.0, CONTINUE)]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(0, 3), st.floats(-5, 40000), st.sampled_from((30.0, 120.0, 400.0)), st.booleans())))
def test_whatever_the_beats_a_place_is_said_before_the_first_tick_after_a_stop(
    said: list[tuple[float, float, float, bool]],
) -> None:
    metronome, now, going = Metronome(), 0.0, False
    for gap, number, bpm, runs in said:
        messages = [message for _, message in sent(metronome, now + gap)]
        now += gap
        messages += metronome.follow(beat(now, number, bpm, runs), now)
        for message in messages:
            assert message != TICK or going
            going = message in (START, CONTINUE) or (going and message != STOP)
