"""What the model hears: both sides, in order, with the right gaps and keys; and that thinking ahead changes nothing."""

from collections.abc import Sequence

import pytest
from tests.fakes import FakeModel, Performance, Taste, off, on, onsets, tread

from antiphon.core.due import Due
from antiphon.core.model import Heard, Steering
from antiphon.core.parameters import Parameters
from antiphon.core.plan import CHUNK
from antiphon.core.rehearsal import rehearse
from antiphon.core.session import Session
from antiphon.music.events import Event, Seconds, Voice, note_off, note_on, pedal
from antiphon.music.keyboard import Keyboard
from antiphon.music.wire import Timed, encode

PHRASE = [(0.5, on(60, 70)), (0.75, tread(True)), (1.0, on(64, 80)), (1.0, off(60)), (2.0, off(64))]
LIVELY = Taste(gap_s=0.05, starts=3.0)


def heard_first(model: FakeModel) -> list[Heard]:
    """What the first choice was made upon."""
    return model.bases[0]


def retold(heard: Sequence[Heard]) -> list[Event | None]:
    return [each.event for each in heard]


def keys(heard: Sequence[Heard]) -> list[list[int]]:
    return [each.keyboard.down(Voice.SOLO) for each in heard]


def test_the_model_hears_a_beginning_and_then_the_phrase_with_gaps_and_keys() -> None:
    model = FakeModel()
    performance = Performance(model)
    performance.play_all(PHRASE)
    performance.until(3.0)
    heard = heard_first(model)
    assert retold(heard) == [
        None,
        note_on(0.5, 60, 70),
        pedal(0.75, True),
        note_on(1.0, 64, 80),
        note_off(1.0, 60),
        note_off(2.0, 64),
    ]
    assert [each.dt for each in heard] == [0.0, 0.0, 0.25, 0.25, 0.0, 1.0]
    assert keys(heard) == [[], [60], [60, 128], [60, 64, 128], [64, 128], [128]]


def test_the_model_hears_its_own_answer_where_it_fell_between_the_players_phrases() -> None:
    model = FakeModel(LIVELY)
    performance = Performance(model)
    performance.play_all(PHRASE)
    performance.until(40.0)
    own = list(performance.dues)
    performance.play_all([(time + 40, message) for time, message in PHRASE if message[0] != 0xB0])
    asked = len(model.bases)
    performance.until(43.5)
    events = [event for event in retold(model.bases[asked]) if event]
    assert [Due(event.time, encode(event)) for event in events[5:-4]] == own
    assert [event.time for event in events[-4:]] == [40.5, 41.0, 41.0, 42.0]
    rebuilt, previous = Keyboard.untouched(), events[0].time
    for each in model.bases[asked][1:]:
        assert each.event is not None
        rebuilt = rebuilt.after(each.event)
        assert each.dt == pytest.approx(each.event.time - previous, abs=1e-6)
        assert each.keyboard.down(Voice.SOLO) == rebuilt.down(Voice.SOLO)
        previous = each.event.time


def test_the_model_hears_the_releases_by_which_it_yielded_and_nothing_it_only_imagined() -> None:
    model = FakeModel(LIVELY)
    performance = Performance(model)
    performance.play_all(PHRASE)
    performance.until(5.0)
    performance.play_all([(5.0, on(72)), (5.5, off(72))])
    asked = len(model.bases)
    performance.until(7.0)
    events = [event for event in retold(model.bases[asked]) if event]
    own = [Due(event.time, encode(event)) for event in events[5:-2]]
    assert own == [due for due in performance.dues if due.time <= 5.0]
    assert events[-2:] == [note_on(5.0, 72, 64), note_off(5.5, 72)]


def test_an_answer_knows_how_long_the_silence_before_it_was() -> None:
    model = FakeModel()
    performance = Performance(model, pause=3.0)
    performance.play_all(PHRASE)
    performance.until(10.0)
    first: Steering = model.steerings[0]
    assert first.earliest == pytest.approx(3.0)


def test_a_burst_costs_receive_no_model_and_nothing_of_it_is_lost_or_reordered() -> None:
    model = FakeModel()
    performance = Performance(model)
    burst = [message for number in range(5000) for message in (on(number % 128, 1 + number % 127), off(number % 128))]
    follows = performance.play(1.0, *burst)
    assert (follows, model.calls) == ([], 0)
    for _ in range(-(-len(burst) // CHUNK)):
        before = model.calls
        assert performance.session.deadline == 1.0
        performance.session.advance(1.0)
        assert model.calls - before <= 1
    assert performance.session.deadline == pytest.approx(1.7)
    performance.until(2.0)
    heard = [event for event in retold(heard_first(model)) if event]
    assert [encode(event) for event in heard] == burst


def test_no_piece_of_work_asks_the_model_more_than_twice() -> None:
    model = FakeModel(LIVELY)
    session = Session(model, Parameters())
    for moment, message in PHRASE:
        session.receive(message, moment)
    while (deadline := session.deadline) is not None:
        before = model.calls
        session.advance(max(2.0, deadline))
        assert model.calls - before <= 2


def performed(step_s: float | None, **parameters: float) -> list[Due]:
    """A performance with an answer in full, one with pedalling in it, and one interrupted."""
    performance = Performance(FakeModel(LIVELY), **parameters)
    performance.play_all(PHRASE, step_s)
    performance.play_all([(40 + time, message) for time, message in PHRASE], step_s)
    performance.play_all([(45.03, tread(False)), (46.5, tread(True)), (47.77, on(50)), (48.0, off(50))], step_s)
    performance.play(90.0, on(10), step_s=step_s)
    performance.close()
    return performance.dues


@pytest.mark.parametrize("step_s", [0.01, 0.13, 5.0])
def test_how_often_the_session_is_looked_after_does_not_change_the_music(step_s: float) -> None:
    assert performed(step_s) == performed(None)


def test_the_same_playing_and_seed_give_the_same_answer_and_another_seed_another() -> None:
    first, again, other = performed(None, seed=5), performed(None, seed=5), performed(None, seed=6)
    assert first == again
    assert first != other
    assert len(onsets(first)) > 20


def test_what_was_played_before_changes_the_answer() -> None:
    first, other = Performance(FakeModel(LIVELY)), Performance(FakeModel(LIVELY))
    first.play_all(PHRASE)
    other.play_all([(0.1, on(20)), (0.2, off(20)), *PHRASE])
    first.until(20.0)
    other.until(20.0)
    assert [due.message for due in first.dues] != [due.message for due in other.dues]


def test_a_rehearsal_is_the_same_session_to_the_byte() -> None:
    live = Performance(FakeModel(LIVELY))
    live.play_all(PHRASE)
    live.until(32.0)
    player = [Timed(Seconds(time), message) for time, message in PHRASE]
    assert rehearse(Session(FakeModel(LIVELY), Parameters().changed(turn="pause")), player) == live.dues
