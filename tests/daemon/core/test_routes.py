"""Two keyboards, transposition both ways, and a channel for each voice."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes import FakeModel, Performance, Taste, off, on, spans, tread

from antiphon.core.ear import UNHEARD
from antiphon.core.parameters import Parameters
from antiphon.core.routes import sent
from antiphon.core.steering import allowed
from antiphon.music.events import Voice, note_on

LIVELY = Taste(0.1, starts=2.0)


def performance(**parameters: Any) -> Performance:  # of any parameter's type
    return Performance(FakeModel(LIVELY), **parameters)


def heard(one: Performance) -> list[tuple[int, int, Voice]]:
    """Kind, pitch and voice of all that was heard of the player."""
    return [(int(p.event.kind), p.event.pitch, p.event.voice) for p in one.session.happened if not p.own]


def test_what_is_played_is_heard_transposed_and_comes_up_as_it_went_down() -> None:
    one = performance(mode="listen", transpose_in=5)
    one.play(1.0, on(60))
    one.change(1.1, transpose_in=-7)
    one.play(1.2, on(64))
    one.play(1.3, off(60), off(64))
    one.until(2.0)
    assert [(kind, pitch) for kind, pitch, _ in heard(one)] == [(0, 65), (0, 57), (1, 65), (1, 57)]


def test_a_key_struck_again_after_transposing_ends_what_it_was_before() -> None:
    one = performance(mode="listen")
    one.play(1.0, on(60))
    one.change(1.1, transpose_in=2)
    one.play(1.2, on(60))
    one.play(1.3, off(60))
    one.until(2.0)
    assert [(kind, pitch) for kind, pitch, _ in heard(one)] == [(0, 60), (1, 60), (0, 62), (1, 62)]


def test_a_key_transposed_beyond_all_notes_is_not_heard_and_ends_nothing() -> None:
    one = performance(mode="listen", transpose_in=12)
    one.play(1.0, on(120), on(108))
    one.play(1.5, off(120))
    one.until(2.0)
    assert [(kind, pitch) for kind, pitch, _ in heard(one)] == [(0, 120)]


def test_what_is_held_is_told_as_it_was_played_and_can_be_let_go_of_so() -> None:
    one = performance(mode="reply", transpose_in=5)
    one.play(1.0, on(60), tread(True))
    assert [message[:2] for message in one.session.held] == [on(60)[:2], tread(True)[:2]]
    again = performance(mode="reply", transpose_in=5)
    one.until(2.0)
    again.session.resume(one.session.memory, one.session.held, 2.0)
    for message in again.session.held:
        again.now = 2.0
        again.session.receive(
            bytes((message[0] & 0xEF if message[0] & 0xF0 == 0x90 else message[0], message[1], 0)), 2.0
        )
    assert again.session.held == []


def test_what_it_plays_sounds_transposed_and_ends_when_that_is_turned() -> None:
    low, high = performance(mode="solo"), performance(mode="solo", transpose_out=7)
    low.until(10.0)
    high.until(10.0)
    assert [(d.time, d.message[1] + 7) for d in low.dues if d.message[0] == 0x90] == [
        (d.time, d.message[1]) for d in high.dues if d.message[0] == 0x90
    ]
    high.change(10.0, transpose_out=-3)
    high.until(20.0)
    high.close()
    assert spans(high.dues)


def test_notes_beyond_the_keyboard_sound_in_the_octave_that_is_there() -> None:
    one = performance(mode="solo", lowest=100, highest=108, transpose_out=48, pedal=False)
    one.until(20.0)
    one.close()
    assert all(message[1] <= 127 for message in (due.message for due in one.dues))
    assert {(key - 48) % 12 for key, _, _ in spans(one.dues)} <= {key % 12 for key in range(100, 109)}


@pytest.mark.parametrize(("role", "channel"), [("lead", 5), ("accompany", 9)])
def test_each_voice_of_ours_has_its_channel(role: str, channel: int) -> None:
    one = performance(mode="duet", role=role, lead_channel=5, accompaniment_channel=9)
    one.play(1.0, on(60))
    one.until(5.0)
    one.close()
    assert {due.message[0] & 0x0F for due in one.dues} == {channel - 1}
    spans(one.dues)


def test_two_keyboards_are_two_voices_and_the_answer_is_in_the_first_one_s() -> None:
    one = performance(second_channel=2)
    one.play(1.0, on(72), on(48, channel=1))
    one.play(1.5, off(72), off(48, channel=1))
    one.until(6.0)
    assert heard(one) == [
        (0, 72, Voice.LEAD),
        (0, 48, Voice.ACCOMPANIMENT),
        (1, 72, Voice.LEAD),
        (1, 48, Voice.ACCOMPANIMENT),
    ]
    assert {p.event.voice for p in one.session.happened if p.own} == {Voice.LEAD}


def test_a_key_held_while_a_second_keyboard_is_declared_comes_up_in_its_voice() -> None:
    one = performance(mode="listen")
    one.play(1.0, on(60, channel=1))
    one.change(1.5, second_channel=2)
    one.play(2.0, off(60, channel=1))
    one.until(3.0)
    assert heard(one) == [(0, 60, Voice.SOLO), (1, 60, Voice.SOLO)]


TURNS = st.sampled_from(
    (
        {"transpose_in": 7},
        {"transpose_in": -40},
        {"transpose_out": 12},
        {"transpose_out": -48},
        {"second_channel": 2},
        {"second_channel": 0},
        {"lead_channel": 3},
        {"channel": 4},
        {"mode": "duet"},
        {"mode": "solo"},
        {"mode": "reply"},
    )
)
KEYS = st.tuples(st.sampled_from((on, off)), st.integers(55, 58) | st.integers(0, 127), st.integers(0, 1))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from((0.0, 0.1, 1.0)), KEYS | TURNS | st.booleans()), max_size=30))
def test_whatever_is_turned_while_keys_are_down_nothing_hangs_on_either_side(said: list[Any]) -> None:
    one, now, down = performance(), 1.0, set[tuple[int, int]]()
    for gap, what in said:
        now += gap
        if isinstance(what, dict):
            one.change(now, **what)
        elif isinstance(what, bool):
            one.play(now, tread(what))
        else:
            one.play(now, what[0](what[1], channel=what[2]))
            down = down | {what[1:]} if what[0] is on else down - {what[1:]}
    one.play(now + 0.1, *[off(key, channel) for key, channel in down], tread(False))
    one.until(now + 2.0)
    one.close()
    spans(one.dues)
    assert one.session.held == []


@pytest.mark.parametrize("shift", [-48, -29, 0, 31, 48])
@pytest.mark.parametrize(("low", "high"), [(0, 127), (21, 108), (0, 14), (100, 127), (60, 60), (100, 108)])
def test_no_two_notes_that_may_be_played_sound_as_the_same_key_and_an_octave_is_left(
    shift: int, low: int, high: int
) -> None:
    parameters = Parameters().changed(transpose_out=shift, lowest=low, highest=high)
    may = [int(pitch) for pitch in np.flatnonzero(allowed(parameters, UNHEARD))]
    keys = [sent(note_on(0.0, pitch, 64, Voice.SOLO), parameters)[1] for pitch in may]
    assert len(set(keys)) == len(may) >= min(12, high - low + 1)
