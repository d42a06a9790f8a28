"""What an answer lets the model do at each step, and that it comes to an end by itself."""

from collections.abc import Iterator
from itertools import takewhile

import numpy as np
import pytest
from tests.fakes import FakeModel, Taste

from antiphon.core.answer import RING_S, Answer
from antiphon.core.model import FOREVER_S, TIME, TOKEN, VELOCITY, VOICE, Steering
from antiphon.core.parameters import Parameters
from antiphon.core.past import Past, Played, after, beginning
from antiphon.music.events import Event, Kind, Seconds, Voice, note_off, note_on, pedal
from antiphon.music.vocabulary import KEYS, PEDAL_KEY

PLAYER = [note_on(9.0, 60, 64), pedal(9.1, True), note_off(9.5, 60)]


def past(model: FakeModel, events: list[Event] | None = None) -> Past:
    return after(model, beginning(model, 0.0), [Played(event, False) for event in events or PLAYER])


def from_10(length: float = 6.0, **changes: object) -> Answer:
    return Answer(Seconds(10.0), Seconds(10.0 + length), Seconds(10.0 + length + RING_S), **changes)  # type: ignore[arg-type]  # fields of several types


def played(model: FakeModel, answer: Answer, parameters: Parameters | None = None) -> Iterator[Event]:
    now, parameters = past(model, [PLAYER[0], PLAYER[2]]), parameters or Parameters()
    while (following := answer.next(model, now, parameters)) is not None:
        event, now, answer = following
        yield event


def first_steering(parameters: Parameters | None = None, **changes: object) -> Steering:
    model = FakeModel()
    from_10(**changes).next(model, past(model), parameters or Parameters())  # type: ignore[arg-type]  # as above
    return model.steerings[0]


def test_the_first_event_comes_after_the_silence_and_the_first_note_within_half_a_second_of_it() -> None:
    steering = first_steering()
    assert (steering.earliest, steering.latest) == pytest.approx((0.5, 1.0))


def test_without_liveliness_the_model_may_wait_as_long_as_it_likes() -> None:
    for steering in (first_steering(lively=False), first_steering(Parameters().changed(liveliness=0.0))):
        assert (steering.earliest, steering.latest) == pytest.approx((0.5, FOREVER_S))


def test_when_a_note_is_wanted_at_once_nothing_else_is_chosen() -> None:
    model = FakeModel(Taste(20.0, starts=1e-6, pedals=1e6))
    events = takewhile(lambda event: event.time < 15.0, played(model, from_10(), Parameters().changed(liveliness=4.0)))
    urgent = [event for event, s in zip(events, model.steerings, strict=False) if s.latest - s.earliest < 0.03]
    assert len(urgent) > 3
    assert {event.kind for event in urgent} == {Kind.NOTE_ON}


def test_keys_in_range_may_go_down_unless_somebody_holds_them() -> None:
    tokens = first_steering(Parameters().changed(lowest=40, highest=42)).tokens
    assert np.flatnonzero(tokens).tolist() == [40, 41, 42]
    model = FakeModel()
    answer = from_10(lively=False)
    answer.next(model, past(model, [note_on(9.0, 41, 64)]), Parameters().changed(lowest=40, highest=42))
    assert np.flatnonzero(model.steerings[0].tokens).tolist() == [40, 42, PEDAL_KEY]


def test_what_only_the_player_holds_is_the_last_thing_to_be_released() -> None:
    bias = first_steering().bias
    assert np.flatnonzero(bias).tolist() == [PEDAL_KEY + KEYS]
    assert bias.min() <= -1e3


def test_only_the_sole_voice_plays() -> None:
    assert np.flatnonzero(first_steering().voices).tolist() == [Voice.SOLO]


def test_each_temperature_goes_to_its_head() -> None:
    parameters = Parameters().changed(temperature=0.5, time_temperature=0.6, velocity_temperature=0.7, top_p=0.8)
    steering = first_steering(parameters)
    assert steering.top_p == 0.8
    assert steering.temperature[[TIME, VOICE, TOKEN, VELOCITY]].tolist() == pytest.approx([0.6, 1.0, 0.5, 0.7])


def test_no_note_begins_once_it_is_to_be_quiet_and_none_sounds_once_it_is_over() -> None:
    for gap_s in (0.0, 0.1, 1.0):
        events = list(played(FakeModel(Taste(gap_s, starts=1e9)), from_10()))
        assert max(event.time for event in events if event.starts) < 16.0
        assert max(event.time for event in events) <= 19.0
        assert sum(event.starts for event in events) * 2 == len(events)


def test_a_limit_is_met_exactly_and_all_is_released() -> None:
    endless = Seconds(np.inf)
    for taste in (Taste(), Taste(0.0), Taste(5.0), Taste(starts=1e-9), Taste(pedals=1e9), Taste(starts=1e9)):
        answer = Answer(Seconds(10.0), endless, endless, lively=False, limit=25)
        events = list(played(FakeModel(taste), answer))
        assert sum(event.kind is Kind.NOTE_ON for event in events) == 25
        assert sum(event.starts for event in events) * 2 == len(events)


def test_a_model_that_only_wants_the_pedal_comes_to_play_notes_all_the_same() -> None:
    events = list(played(FakeModel(Taste(pedals=1e9)), from_10(30.0, lively=False)))
    treads = "".join("p" if event.kind is Kind.PEDAL else "n" for event in events if event.starts)
    assert "n" in treads[:-1]
    assert treads.count("p") > 16
    assert "p" * 9 not in treads


def test_a_model_for_which_no_time_passes_ends_after_a_bounded_number_of_events() -> None:
    events = list(played(FakeModel(Taste(0.0)), from_10(3.0)))
    assert 300 < len(events) < 64 + 3 * 200 + 2 * KEYS
    assert sum(event.time == 10.0 for event in events) <= 64 + 1


def test_composing_changes_neither_the_answer_nor_the_past_it_started_from() -> None:
    model, answer = FakeModel(), from_10()
    now = past(model)
    first = answer.next(model, now, Parameters())
    again = answer.next(model, now, Parameters())
    assert first is not None
    assert again is not None
    assert first[0] == again[0]
    assert first[2] == again[2]
    assert (now.count, now.time, now.own.down(Voice.SOLO)) == (3, 9.5, [])
