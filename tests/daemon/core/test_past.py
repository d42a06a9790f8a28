"""How events are put behind one another, and who holds what."""

import numpy as np
from tests.fakes import FakeModel, Taste, noise, steering

from antiphon.core.past import Past, Played, after, beginning, imagine
from antiphon.music.events import Event, Voice, note_off, note_on, pedal

EVENTS = [note_on(5.0, 60, 64), note_on(5.25, 64, 64), note_off(6.0, 60), pedal(6.0, True), note_off(8.5, 64)]


def told(model: FakeModel, past: Past) -> list[tuple[float, Event | None]]:
    """What the model has heard by then, the last event included."""
    return [(heard.dt, heard.event) for heard in [*model.heard(past.state), past.last]]


def test_a_beginning_is_heard_as_one() -> None:
    model = FakeModel()
    past = beginning(model, 3.0)
    assert told(model, past) == [(0.0, None)]
    assert (past.time, past.count, past.own.down(Voice.SOLO)) == (3.0, 0, [])


def test_the_first_event_follows_the_beginning_without_a_gap() -> None:
    model = FakeModel()
    past = after(model, beginning(model, 0.0), [Played(EVENTS[0], False)])
    assert told(model, past) == [(0.0, None), (0.0, EVENTS[0])]


def test_events_are_the_same_in_one_piece_and_one_by_one() -> None:
    model = FakeModel()
    played = [Played(event, False) for event in EVENTS]
    whole, single = after(model, beginning(model, 0.0), played), beginning(model, 0.0)
    for event in played:
        single = after(model, single, [event])
    assert told(model, whole) == told(model, single)
    assert [gap for gap, _ in told(model, whole)] == [0.0, 0.0, 0.25, 0.75, 0.0, 2.5]
    assert (whole.time, whole.count) == (single.time, single.count) == (8.5, 5)


def test_any_number_of_events_costs_one_call_and_none_costs_none() -> None:
    model = FakeModel()
    past = beginning(model, 0.0)
    assert after(model, past, []) is past
    after(model, past, [Played(event, False) for event in EVENTS])
    assert model.calls == 1


def test_only_what_the_model_itself_plays_is_its_own() -> None:
    model = FakeModel()
    played = [Played(EVENTS[0], True), Played(EVENTS[1], False), Played(pedal(5.5, True), True)]
    past = after(model, beginning(model, 0.0), played)
    assert past.keyboard.down(Voice.SOLO) == [60, 64, 128]
    assert past.own.down(Voice.SOLO) == [60, 128]


def test_time_never_runs_backwards() -> None:
    model = FakeModel()
    past = after(
        model, beginning(model, 0.0), [Played(note_on(5.0, 60, 64), False), Played(note_on(4.0, 62, 64), False)]
    )
    assert past.time == 5.0
    assert past.last.dt == 0.0


def test_an_imagined_event_is_the_models_own_and_leaves_the_past_as_it_was() -> None:
    model = FakeModel(Taste(0.0, starts=1e9))
    past = after(model, beginning(model, 0.0), [Played(EVENTS[0], False)])
    event, then = imagine(model, past, steering([70], earliest=0.5), noise(1))
    assert (event.time, event.pitch) == (5.5, 70)
    assert (then.time, then.count, then.own.down(Voice.SOLO)) == (5.5, 2, [70])
    assert told(model, then) == [(0.0, None), (0.0, EVENTS[0]), (0.5, event)]
    assert (past.count, past.own.down(Voice.SOLO), past.keyboard.down(Voice.SOLO)) == (1, [], [60])


def test_an_imagined_past_and_a_real_one_of_the_same_events_are_the_same() -> None:
    model = FakeModel(Taste(0.0, starts=1e9))
    past = after(model, beginning(model, 0.0), [Played(EVENTS[0], False)])
    event, imagined = imagine(model, past, steering([70], earliest=0.5), noise(1))
    real = after(model, past, [Played(event, True)])
    assert told(model, real) == told(model, imagined)
    assert np.array_equal(real.own.count, imagined.own.count)
