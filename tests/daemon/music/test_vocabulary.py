"""The numbers of the vocabulary: the grid of time covers every span once, and tokens are events."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.music import vocabulary
from antiphon.music.events import Event, Kind, Voice, note_off, note_on, pedal
from antiphon.music.vocabulary import EDGES_MS, KEYS, LONGEST_MS, PEDAL_KEY, TIME_BINS, TOKENS, WIDTHS_MS

calm = settings(deadline=None)

EVENTS = st.one_of(
    st.builds(note_on, st.floats(0, 1e6), st.integers(0, 127), st.integers(1, 127), st.sampled_from(Voice)),
    st.builds(note_off, st.floats(0, 1e6), st.integers(0, 127), st.sampled_from(Voice)),
    st.builds(pedal, st.floats(0, 1e6), st.booleans(), st.sampled_from(Voice)),
)


def test_every_millisecond_up_to_the_longest_lies_in_the_bin_whose_edges_hold_it() -> None:
    spans = np.arange(LONGEST_MS)
    bins = np.array([vocabulary.time_bin(int(ms)) for ms in spans])
    assert np.array_equal(np.bincount(bins, minlength=TIME_BINS)[:-1], WIDTHS_MS[:-1])
    assert np.all((EDGES_MS[bins] <= spans) & (spans < EDGES_MS[bins + 1]))


def test_everything_from_the_longest_on_is_the_last_bin() -> None:
    spans = (LONGEST_MS - 1, LONGEST_MS, 2 * LONGEST_MS, 10**9)
    assert [vocabulary.time_bin(ms) for ms in spans] == [TIME_BINS - 2, TIME_BINS - 1, TIME_BINS - 1, TIME_BINS - 1]


def test_bins_are_one_millisecond_wide_up_to_40_and_never_narrower_after() -> None:
    assert WIDTHS_MS[:40].tolist() == [1] * 40
    assert bool(np.all(WIDTHS_MS >= 1))


def test_the_widths_of_all_bins_but_the_last_reach_from_nothing_to_the_longest() -> None:
    assert int(WIDTHS_MS[:-1].sum()) == LONGEST_MS


def test_a_bin_spreads_its_mass_over_its_milliseconds_and_the_last_is_one_symbol() -> None:
    widths = [math.exp(vocabulary.log_width(bin_)) for bin_ in range(TIME_BINS)]
    np.testing.assert_allclose(widths, [*WIDTHS_MS[:-1], 1])


def test_the_noise_of_a_step_has_a_number_for_each_alternative_and_one_for_the_place_in_the_bin() -> None:
    assert vocabulary.NOISE == TIME_BINS + 1 + 3 + 258 + 128


@calm
@given(st.floats(-10, 1e6))
def test_a_span_is_rounded_to_the_nearest_millisecond_and_never_below_0(span: float) -> None:
    ms = vocabulary.milliseconds(span)
    assert ms >= 0
    assert abs(ms - max(span, 0) * 1000) <= 0.5


@calm
@given(EVENTS)
def test_a_token_and_a_velocity_are_the_event_again(event: Event) -> None:
    token = vocabulary.token(event)
    assert vocabulary.event_of(event.time, token, event.velocity, event.voice) == event


@calm
@given(st.integers(0, TOKENS - 1), st.integers(1, 127))
def test_an_event_is_its_token_again(token: int, velocity: int) -> None:
    event = vocabulary.event_of(0.0, token, velocity, Voice.SOLO)
    assert vocabulary.token(event) == token
    assert event.starts is (token < KEYS)


def test_the_pedal_is_the_last_key() -> None:
    assert [vocabulary.token(pedal(0.0, down)) for down in (True, False)] == [PEDAL_KEY, KEYS + PEDAL_KEY]
    assert vocabulary.event_of(0.0, PEDAL_KEY, 33, Voice.LEAD) == Event(
        pedal(0.0, True).time, Kind.PEDAL, 0, 127, Voice.LEAD
    )
