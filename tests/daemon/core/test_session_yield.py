"""Yielding: what happens when the player plays while an answer is under way."""

from collections import Counter

import pytest
from tests.fakes import FakeModel, Performance, Taste, off, on, onsets, spans, tread

from antiphon.core.due import Due
from antiphon.music.events import Seconds
from antiphon.music.ledger import Ledger

PHRASE = [(0.0, on(60)), (0.4, off(60)), (0.5, on(64)), (1.0, off(64))]


def answering(taste: Taste | None = None, until: float = 4.0, **parameters: float) -> Performance:
    performance = Performance(FakeModel(taste or Taste(gap_s=0.05, starts=3.0)), **parameters)
    performance.play_all(PHRASE)
    performance.until(until)
    assert performance.session.answering
    return performance


def sounding(dues: list[Due]) -> list[bytes]:
    """The releases that are still owed."""
    ledger = Ledger()
    for due in dues:
        ledger.note(due.message)
    return ledger.owed()


def test_a_note_of_the_players_ends_the_answer_at_once() -> None:
    performance = answering()
    owed = sounding(performance.dues)
    assert len(owed) > 1
    follows = performance.play(4.0, on(72))
    assert Counter(follows) == Counter(Due(Seconds(4.0), message) for message in owed)
    assert not performance.session.answering


def test_yielding_lifts_the_pedal_that_is_its_own() -> None:
    performance = answering(Taste(gap_s=0.05, pedals=1e9), liveliness=0.0, longest_note=20.0)
    while tread(False) not in sounding(performance.dues):
        performance.until(performance.now + 0.01)
    follows = performance.play(performance.now, on(72))
    assert Due(Seconds(performance.now), tread(False)) in follows


def test_yielding_never_releases_what_the_player_holds() -> None:
    performance = answering(Taste(gap_s=0.05, starts=3.0), pedal=False, highest=71)
    performance.play(4.0, tread(True))
    performance.until(5.0)
    follows = performance.play(5.0, on(72))
    assert off(72) not in [due.message for due in follows]
    assert tread(False) not in [due.message for due in performance.dues]
    spans(performance.dues)


def test_nothing_that_was_composed_is_heard_after_yielding() -> None:
    performance = answering()
    performance.play(4.0, on(72))
    assert performance.until(60.0) == []
    assert onsets(performance.dues)[-1] <= 4.0


def test_the_phrase_that_interrupted_is_answered_in_its_turn() -> None:
    performance = answering()
    performance.play_all([(4.0, on(72)), (4.5, off(72))])
    assert performance.until(5.1) == []
    assert 5.2 < onsets(performance.until(7.0))[0] < 6.5
    performance.until(60.0)
    spans(performance.dues)


def test_a_note_that_comes_after_the_pause_before_the_answer_is_composed_prevents_it() -> None:
    performance = Performance(FakeModel())
    performance.play_all(PHRASE)
    performance.until(1.69)
    assert performance.session.receive(on(72), 1.71) == []
    performance.now = 1.71
    assert performance.until(30.0) == []


@pytest.mark.parametrize("down", [True, False])
def test_a_pedal_of_the_players_in_the_middle_of_an_answer_leaves_it_going(down: bool) -> None:
    performance = Performance(FakeModel(Taste(gap_s=0.05, starts=3.0)))
    performance.play_all([(0.0, tread(not down)), *PHRASE])
    performance.until(4.0)
    performance.play(4.0, tread(down))
    assert len(onsets(performance.until(7.0))) > 3
    performance.until(31.0)
    assert not performance.session.answering
    spans(performance.dues)


def test_pedalling_through_the_whole_answer_loses_no_release() -> None:
    performance = Performance(FakeModel(Taste(gap_s=0.05, starts=3.0)))
    performance.play_all(PHRASE)
    for number in range(400):
        performance.play(1.0 + number * 0.07, tread(number % 2 == 0))
    performance.until(40.0)
    assert not performance.session.answering
    assert len(onsets(performance.dues)) > 10
    spans(performance.dues)


def test_a_pedal_after_the_last_note_was_composed_still_lets_the_answer_end() -> None:
    performance = Performance(FakeModel(Taste(gap_s=0.05, starts=3.0)), reply_longest=2.0, reply_shortest=2.0)
    performance.play_all(PHRASE)
    performance.until(3.65)
    performance.play(3.65, tread(True))
    performance.until(30.0)
    assert not performance.session.answering
    spans(performance.dues)


@pytest.mark.parametrize("tenth", range(0, 250, 3))
def test_closing_at_any_moment_releases_everything(tenth: int) -> None:
    performance = Performance(FakeModel(Taste(gap_s=0.1, starts=2.0)))
    phrase = [moment for moment in PHRASE if moment[0] <= tenth / 10]
    performance.play_all(phrase)
    performance.until(tenth / 10)
    performance.close()
    spans(performance.dues)
    assert performance.close() == []


def test_closing_says_the_releases_are_due_now() -> None:
    performance = answering()
    owed = sounding(performance.dues)
    assert Counter(performance.close()) == Counter(Due(Seconds(4.0), message) for message in owed)
