"""The keyboard counts what is down, never changes behind a snapshot, and is what the network was trained on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.music import vocabulary
from antiphon.music.events import Event, Kind, Voice, note_off, note_on, pedal
from antiphon.music.keyboard import NEVER, TOUCH, Keyboard
from antiphon.music.vocabulary import KEYS, PEDAL_KEY, VOICES
from antiphon_training.dataset import Board, Performance

calm = settings(deadline=None)

PERFORMANCES = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(0, 5), st.integers(1, 127), st.sampled_from(Voice)), max_size=30
)
"""Steps of a performance: ms since the step before, which key, how hard, who."""


def after(*events: Event) -> Keyboard:
    keyboard = Keyboard.untouched()
    for event in events:
        keyboard = keyboard.after(event)
    return keyboard


def performed(steps: list[tuple[int, int, int, Voice]]) -> list[Event]:
    """A performance of the steps: a key that is up goes down; of one that is down, even velocities strike again."""
    events, down, ms = list[Event](), dict[tuple[Voice, int], int](), 0
    for wait, place, velocity, voice in steps:
        ms, key = ms + wait, (59 + place) if place else PEDAL_KEY
        held = down.get((voice, key), 0)
        starts = held == 0 or (velocity % 2 == 0 and key != PEDAL_KEY)
        down[voice, key] = held + (1 if starts else -1)
        events.append(vocabulary.event_of(ms / 1000, key + (0 if starts else KEYS), velocity, voice))
    return events


def test_an_untouched_keyboard_has_no_key_down_and_every_key_up_for_ever() -> None:
    ages = Keyboard.untouched().ages(0.0)
    assert ages.shape == (VOICES, KEYS)
    assert np.unique(ages).tolist() == [np.float32(NEVER - TOUCH)]


def test_keys_that_are_down_are_told_lowest_first_and_the_pedal_last() -> None:
    keyboard = after(pedal(0.0, True), note_on(0.0, 64, 80), note_on(0.1, 60, 80), note_on(0.2, 50, 80, Voice.LEAD))
    assert [keyboard.down(voice) for voice in Voice] == [[60, 64, PEDAL_KEY], [50], []]


def test_a_key_that_two_hands_share_is_up_when_both_have_left() -> None:
    once = after(note_on(0.0, 60, 80), note_on(0.1, 60, 80), note_off(0.2, 60))
    assert once.down(Voice.SOLO) == [60]
    assert once.after(note_off(0.3, 60)).down(Voice.SOLO) == []


def test_a_release_of_a_key_that_is_up_changes_nothing() -> None:
    keyboard = after(note_on(0.0, 60, 80))
    assert keyboard.after(note_off(1.0, 61)) is keyboard
    assert keyboard.after(note_off(1.0, 60, Voice.LEAD)) is keyboard


def test_ages_are_seconds_since_a_key_moved_above_0_where_down_and_below_where_up() -> None:
    ages = after(note_on(1.0, 60, 80), note_on(2.0, 62, 80), note_off(2.5, 62)).ages(3.0)[Voice.SOLO]
    np.testing.assert_allclose(ages[[60, 62]], [2.0 + TOUCH, -0.5 - TOUCH], rtol=1e-6)


def test_the_sign_of_an_age_of_nothing_still_says_down_or_up() -> None:
    ages = after(note_on(1.0, 60, 80), note_on(1.0, 62, 80), note_off(1.0, 62)).ages(1.0)[Voice.SOLO]
    assert ages[[60, 62]].tolist() == [np.float32(TOUCH), np.float32(-TOUCH)]


def test_a_moment_before_the_last_event_counts_as_that_moment() -> None:
    assert after(note_on(5.0, 60, 80)).ages(4.0)[Voice.SOLO, 60] == np.float32(TOUCH)


def test_a_keyboard_as_another_one_was_touched_keeps_what_is_down() -> None:
    mine = after(note_on(5.0, 60, 64), note_on(5.5, 62, 64), note_off(6.0, 62), pedal(6.5, True))
    passed = (note_on(1.0, 62, 64), note_off(1.5, 62), note_on(2.0, 64, 64), note_off(2.5, 64))
    other = after(*passed, note_on(3.0, 65, 64))
    both = mine.touched_as(other)
    assert both.down(Voice.SOLO) == [60, PEDAL_KEY]
    moved = {60: 5.0, 62: 1.5, 64: 2.5, 65: NEVER, 66: NEVER, PEDAL_KEY: 6.5}
    assert {key: both.touched[Voice.SOLO, key] for key in moved} == moved


@calm
@given(PERFORMANCES, st.integers(0, 29))
def test_what_follows_never_changes_a_keyboard_that_was(steps: list[tuple[int, int, int, Voice]], place: int) -> None:
    events = performed(steps)
    before = after(*events[:place])
    count, touched = before.count.copy(), before.touched.copy()

    later = before
    for event in events[place:]:
        later = later.after(event)

    assert np.array_equal(before.count, count)
    assert np.array_equal(before.touched, touched)


@calm
@given(PERFORMANCES)
def test_counts_are_starts_less_releases(steps: list[tuple[int, int, int, Voice]]) -> None:
    events = performed(steps)
    count = np.zeros((VOICES, KEYS), np.int16)
    for event in events:
        count[event.voice, vocabulary.key(event)] += 1 if event.starts else -1
    assert np.array_equal(after(*events).count, count)


@calm
@given(PERFORMANCES.filter(lambda steps: len(steps) > 1), st.integers(1, 12))
def test_the_keys_a_network_is_trained_on_are_those_of_a_keyboard(
    steps: list[tuple[int, int, int, Voice]], length: int
) -> None:
    events = performed(steps)
    board, performance = Board(1), performance_of(events)

    windows = [board.window([(performance, place)], length) for place in range(0, len(events), length)]

    # The input before the first event is the beginning of the piece, at the first event's moment.
    taught = np.concatenate([window.keys[0] for window in windows])[: len(events)]
    moments = [events[max(number - 1, 0)].time for number in range(len(events))]
    heard = np.stack([after(*events[:number]).ages(now) for number, now in enumerate(moments)])
    assert np.array_equal(taught, heard)


def performance_of(events: list[Event]) -> Performance:
    return Performance(
        ms=np.array([vocabulary.milliseconds(event.time) for event in events]),
        key=np.array([vocabulary.key(event) for event in events]),
        velocity=np.array([event.velocity for event in events]),
        voice=np.array([int(event.voice) for event in events]),
        dynamic=True,
        pedalled=True,
    )


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_start_owes_a_release(kind: Kind) -> None:
    starts = {Kind.NOTE_ON: note_on(0.0, 60, 1), Kind.NOTE_OFF: note_off(0.0, 60), Kind.PEDAL: pedal(0.0, True)}
    assert starts[kind].starts is (kind is not Kind.NOTE_OFF)
