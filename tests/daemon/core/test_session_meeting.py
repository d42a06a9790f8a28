"""In a duet you and we mean the same moment: what was to begin with your note comes just after it, and knows it."""

import pytest
from tests.fakes import FakeModel, Performance, Taste, off, on, onsets, played, spans

from antiphon.core.due import Due, Revoke
from antiphon.core.parameters import Parameters
from antiphon.core.session import Session
from antiphon.music.events import Kind, Seconds, Voice

SPARSE = Taste(20.0, starts=1e6, pedals=1e-9)
"""Of a model that plays a note every 20 s, or when it must."""


def about_to_play(**parameters: float) -> tuple[FakeModel, Performance, float]:
    """A duet in which a key is held, behind what it came in with, and when our next note is to begin."""
    model = FakeModel(SPARSE)
    performance = Performance(model, mode="duet", longest_rest=20.0, **parameters)
    performance.play(1.0, on(60))
    performance.until(2.5)
    performance.dues.clear()  # what it came in with
    (first, *_) = [event for event in performance.session.planned if event.kind is Kind.NOTE_ON]
    assert first.time > performance.now + 0.1
    return model, performance, first.time


@pytest.mark.parametrize("early_s", [0.0, 0.01, 0.029])
def test_a_note_that_was_to_begin_with_yours_comes_just_after_it_and_no_other(early_s: float) -> None:
    _, performance, begins = about_to_play()
    struck = begins - early_s
    performance.play(struck, on(67))
    performance.until(struck + 0.5)
    (at,) = onsets(performance.dues)
    assert struck + 0.002 <= at <= struck + 0.012 + 1e-9


def test_it_is_chosen_with_your_note_heard() -> None:
    model, performance, begins = about_to_play()
    performance.play(begins, on(67))
    performance.until(begins + 0.5)
    bases = [[each.event for each in base if each.event] for base in model.bases]
    forced = [base for base, steering in zip(bases, model.steerings, strict=True) if steering.latest < 0.013]
    (known,) = [[event.pitch for event in base if event.voice is Voice.LEAD] for base in forced]
    assert known == [60, 67]


def test_a_chord_of_yours_is_met_with_one_note() -> None:
    _, performance, begins = about_to_play()
    for number, pitch in enumerate((67, 71, 74)):
        performance.play(begins + number * 0.001, on(pitch))
    performance.until(begins + 0.5)
    (at,) = onsets(performance.dues)
    assert begins + 0.004 <= at <= begins + 0.012 + 1e-9


def test_what_was_to_begin_later_is_drawn_anew_and_not_owed() -> None:
    _, performance, begins = about_to_play()
    performance.play(begins - 0.04, on(67))
    performance.until(begins + 0.5)
    assert onsets(performance.dues) == []


def test_letting_go_of_a_key_owes_nothing() -> None:
    _, performance, begins = about_to_play()
    performance.play(begins - 0.01, off(60))
    performance.until(begins + 0.5)
    assert onsets(performance.dues) == []


def test_a_density_is_kept_even_so() -> None:
    _, performance, begins = about_to_play(density=0.25)
    for number in range(40):
        at = begins + number * 0.1
        performance.play(at, on(61 + number % 2))
        performance.play(at + 0.05, off(61 + number % 2))
    performance.until(begins + 4.0)
    assert len(onsets(performance.dues)) <= 4 * 0.25 + 3


def test_what_was_handed_out_already_is_taken_back_and_owed() -> None:
    session, now = Session(FakeModel(SPARSE), Parameters().changed(mode="duet", longest_rest=20.0), 0.0, 0.02), 1.0
    dues = played(session.receive(on(60), now))
    while (deadline := session.deadline) is not None and not onsets(dues):
        now = max(now, deadline)
        dues += played(session.advance(now))
    (begins,) = onsets(dues)
    orders = session.receive(on(67), begins - 0.01)
    assert orders == [Revoke(Seconds(begins - 0.01))]
    orders, now = [], begins - 0.01
    while (deadline := session.deadline) is not None and deadline < begins + 0.1:
        now = max(now, deadline)
        orders += session.advance(now)
    (at,) = onsets(each for each in orders if isinstance(each, Due))
    assert begins - 0.008 <= at <= begins + 0.002 + 1e-9


def test_however_often_you_meet_all_is_released() -> None:
    performance = Performance(FakeModel(Taste(0.05, starts=2.0)), mode="duet", go_on=1.0)
    at = 1.0
    for number in range(25):
        performance.play(at, on(60 + number % 5))
        performance.until(at + 0.01)
        planned = [event.time for event in performance.session.planned if event.kind is Kind.NOTE_ON]
        struck = max(at + 0.02, planned[0] if planned else 0.0)
        performance.play(struck, off(60 + number % 5))
        at = struck + 0.02
    performance.until(at + 5.0)
    assert len(spans(performance.dues)) > 25
