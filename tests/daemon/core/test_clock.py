"""A MIDI clock, followed: how near to its tempo and its beats, and what becomes of both when it stumbles."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from antiphon.core.clock import Clock
from antiphon.core.metre import Metre

Moments = NDArray[np.float64]
TICK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"
JITTER_S = 0.003


def steady(bpm: float, beats: float, begins: float = 5.0) -> Moments:
    return begins + np.arange(int(beats * 24), dtype=np.float64) * (2.5 / bpm)


def paced(tempo: Callable[[float], float], beats: float) -> Moments:
    """Ticks at a tempo (bpm) that is a function of the beat."""
    return np.concatenate([[0.0], np.cumsum([2.5 / tempo(tick / 24) for tick in range(int(beats * 24) - 1)])])


def jittered(moments: Moments, seed: int, jitter_s: float = JITTER_S) -> Moments:
    """Normal jitter, in order."""
    return np.maximum.accumulate(moments + np.random.default_rng(seed).normal(0, jitter_s, len(moments)))


def followed(arrivals: Iterable[float], clock: Clock | None = None) -> list[Clock]:
    found, clock = list[Clock](), clock or Clock()
    for moment in arrivals:
        clock = clock.after(TICK, float(moment))
        found.append(clock)
    return found


def metre(clock: Clock) -> Metre:
    assert clock.metre
    return clock.metre


def tempo(clock: Clock) -> float:
    return metre(clock).tempo_bpm


@settings(deadline=None, max_examples=60)
@given(bpm=st.floats(60, 200), seed=st.integers(0, 10**6))
def test_tempo_is_within_2_per_cent_after_two_beats_and_a_thousandth_after_16(bpm: float, seed: int) -> None:
    """With jitter of 3 ms (normal): at 200 bpm the deviation of the tempo after 16 beats is 0.019 %, so one of a
    million examples is off by a thousandth."""
    course = followed(jittered(steady(bpm, 18), seed))
    assert all(tempo(clock) == pytest.approx(bpm, rel=0.02) for clock in course[48:])
    assert tempo(course[384]) == pytest.approx(bpm, rel=0.001)


@settings(deadline=None, max_examples=40)
@given(bpm=st.floats(60, 200), seed=st.integers(0, 10**6))
def test_the_phase_is_within_a_millisecond_of_the_beat_for_most_and_never_off_by_the_jitter(
    bpm: float, seed: int
) -> None:
    moments = steady(bpm, 64)
    course = followed(jittered(moments, seed))
    off = np.array([clock.at for clock in course[384:]]) - moments[384:]
    assert np.percentile(np.abs(off), 50) < 0.001
    assert np.max(np.abs(off)) < JITTER_S


@pytest.mark.parametrize("frames", [64, 256, 1024])
@pytest.mark.parametrize("bpm", [60.0, 97.5, 120.0, 140.0, 200.0])
def test_ticks_that_come_in_the_periods_of_a_sound_card_are_within_one_and_a_millisecond(
    frames: int, bpm: float
) -> None:
    period, moments = frames / 48_000, steady(bpm, 80)
    course = followed(np.ceil(moments / period) * period)
    off = np.abs(np.array([clock.at for clock in course[384:]]) - moments[384:])
    assert np.percentile(off, 99) < period + 0.001
    assert tempo(course[-1]) == pytest.approx(bpm, rel=0.001 if period < 0.02 else 0.02)


@pytest.mark.parametrize(("first", "last", "beats"), [(100, 140, 16), (140, 100, 8), (60, 200, 32), (120, 126, 32)])
def test_a_ramp_is_followed_within_a_thirtieth_of_a_beat_and_its_end_is_found(
    first: float, last: float, beats: int
) -> None:
    moments = paced(lambda at: first + (last - first) * min(1.0, max(0.0, (at - 16) / beats)), 48 + beats)
    for seed in range(5):
        course = followed(jittered(moments, seed))
        late = np.array([c.at - at for c, at in zip(course, moments, strict=True)]) / np.gradient(moments) / 24
        assert np.percentile(np.abs(late[384:]), 99) < 1 / 30
        assert tempo(course[-1]) == pytest.approx(last, rel=0.002)


@pytest.mark.parametrize(("first", "last"), [(100, 140), (180, 90), (120, 123)])
def test_a_sudden_tempo_is_known_within_three_beats(first: float, last: float) -> None:
    for seed in range(5):
        course = followed(jittered(paced(lambda at: first if at < 20 else last, 40), seed))
        assert all(tempo(clock) == pytest.approx(last, rel=0.02) for clock in course[23 * 24 :])


@pytest.mark.parametrize("gap", [5, 24, 100, 480])
@pytest.mark.parametrize("bpm", [60.0, 120.0, 200.0])
def test_a_clock_that_was_cut_off_and_returns_is_on_the_same_beat(gap: int, bpm: float) -> None:
    moments = jittered(steady(bpm, 80), 3, 0.001)
    course = followed(np.concatenate([moments[:600], moments[600 + gap :]]))
    assert course[-1].ticks == len(moments) - 1
    assert tempo(course[600 + 48]) == pytest.approx(bpm, rel=0.005)


def test_ticks_that_were_held_up_and_come_in_a_burst_are_not_counted_twice() -> None:
    moments = steady(120, 20)
    held = moments.copy()
    held[200:206] = moments[206] - 1e-4
    course = followed(held)
    assert course[-1].ticks == 20 * 24 - 1
    assert tempo(course[-1]) == pytest.approx(120, rel=0.002)


def test_first_ticks_that_come_at_once_are_not_taken_for_a_tempo() -> None:
    moments = steady(97.0, 8)
    moments[0] = moments[1] - 2e-6
    course = followed(moments)
    assert course[-1].ticks == len(moments) - 1
    assert tempo(course[-1]) == pytest.approx(97.0, rel=0.01)


def test_a_clock_that_returns_with_another_tempo_is_followed() -> None:
    first = steady(120, 16)
    course = followed(steady(84, 16, first[-1] + 3.0), followed(first)[-1])
    assert tempo(course[-1]) == pytest.approx(84, rel=0.002)


def test_start_puts_the_next_tick_on_beat_0_and_song_position_where_it_says() -> None:
    clock = followed(steady(120, 4))[-1].after(START, 7.1)
    course = followed(steady(120, 4, 7.2), clock)
    assert [course[0].ticks, course[-1].ticks] == [0, 95]
    assert metre(course[-1]).moment_of(2.0) == pytest.approx(8.2, abs=0.002)
    elsewhere = course[-1].after(STOP, 9.3).after(b"\xf2\x08\x01", 9.4).after(CONTINUE, 9.5)
    assert followed(steady(120, 1, 9.6), elsewhere)[0].ticks == (8 + 128) * 6


def test_between_stop_and_continue_beats_stand_still_though_ticks_go_on() -> None:
    clock = followed(steady(120, 4), Clock().after(START, 4.9))[-1].after(STOP, 7.0)
    stopped = followed(steady(120, 4, 7.1), clock)[-1]
    assert (stopped.running, stopped.ticks) == (False, 95)
    going = followed(steady(120, 1, 9.2), stopped.after(CONTINUE, 9.15))
    assert (going[0].running, going[0].ticks) == (True, 96)


def test_the_first_tick_after_start_may_be_late() -> None:
    """jack_midi_clock takes up to 60 ms for it."""
    moments = steady(120, 20)
    moments[1:] += 0.04
    course = followed(moments)
    assert tempo(course[48]) == pytest.approx(120, rel=0.02)
    assert tempo(course[384]) == pytest.approx(120, rel=0.001)


def test_a_clock_without_ticks_has_gone_and_keeps_its_beats() -> None:
    clock = followed(steady(120, 8))[-1]
    assert clock.alive(clock.arrived + 0.9)
    assert not clock.alive(clock.arrived + 1.1)
    assert metre(clock).beat_of(5.0 + 10.0) == pytest.approx(20.0)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.sampled_from((0.0, 0.0, 0.001, 0.02, 0.5, 100.0)) | st.floats(0, 1e5),
            st.sampled_from((TICK, TICK, TICK, START, CONTINUE, STOP, b"\xf2\x7f\x7f", b"\xf2", b"", b"\x90\x3c\x40")),
        ),
        max_size=200,
    )
)
def test_whatever_comes_the_tempo_is_one_and_the_line_goes_forward(said: list[tuple[float, bytes]]) -> None:
    clock, now = Clock(), 0.0
    for gap, message in said:
        now += gap
        clock = clock.after(message, now)
        if clock.metre:
            assert 19.9 < clock.metre.tempo_bpm < 400.1
            assert np.isfinite(clock.at)
            assert clock.metre.moment_of(clock.metre.beat + 1) > clock.at
