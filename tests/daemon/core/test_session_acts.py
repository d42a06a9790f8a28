"""Hold and resume, again, another, forget."""

import pytest
from tests.fakes import FakeModel, Performance, Taste, off, on, onsets, spans

from antiphon.core.due import Due
from antiphon.errors import ParameterError
from antiphon.music.events import Kind

LIVELY = Taste(0.1, starts=2.0)
PHRASE = [(0.0, on(60)), (0.4, off(60)), (0.5, on(64)), (1.0, off(64))]


def after_an_answer(until: float = 30.0) -> Performance:
    performance = Performance(FakeModel(LIVELY))
    performance.play_all(PHRASE)
    performance.until(until)
    return performance


def tune(dues: list[Due], start: float) -> list[tuple[float, bytes]]:
    return [(round(due.time - start, 6), due.message) for due in dues]


def test_hold_releases_at_once_and_nothing_is_played_until_resume() -> None:
    performance = after_an_answer(until=4.0)
    assert {due.time for due in performance.act(4.0, "hold")} == {4.0}
    performance.play_all([(5.0 + at, message) for at, message in PHRASE])
    assert performance.until(30.0) == []
    performance.act(30.0, "resume")
    performance.until(40.0)
    assert min(at for at in onsets(performance.dues) if at > 4.0) < 30.7
    spans(performance.dues)


@pytest.mark.parametrize("mode", ["solo", "harmony", "duet", "trade", "listen", "reply"])
def test_hold_holds_in_every_mode(mode: str) -> None:
    performance = Performance(FakeModel(LIVELY), mode=mode)
    performance.play(1.0, on(60))
    performance.act(2.0, "hold")
    performance.play(3.0, off(60), on(62), on(66))
    performance.play(4.0, off(62), off(66))
    assert performance.until(30.0) == []
    spans(performance.dues)


def test_again_is_the_same_answer_once_more() -> None:
    performance = after_an_answer()
    first = list(performance.dues)
    performance.act(30.0, "again")
    performance.until(60.0)
    assert tune(performance.dues[len(first) :], 30.0) == tune(first, 1.7)
    performance.act(60.0, "again")
    performance.until(90.0)
    assert tune(performance.dues[2 * len(first) :], 60.0) == tune(first, 1.7)


def test_another_is_another_answer_to_the_same_phrase_each_time() -> None:
    performance = after_an_answer()
    answers, at = [tune(performance.dues, 1.7)], 30.0
    for _ in range(3):
        before = len(performance.dues)
        performance.act(at, "another")
        performance.until(at + 30.0)
        answers.append(tune(performance.dues[before:], at))
        at += 30.0
    assert all(len(answer) > 20 for answer in answers)
    assert len({tuple(answer) for answer in answers}) == 4
    performance.act(at, "again")
    before = len(performance.dues)
    performance.until(at + 30.0)
    assert tune(performance.dues[before:], at) == answers[-1]


def test_another_answer_knows_the_phrase_and_not_the_first_answer() -> None:
    model = FakeModel(LIVELY)
    performance = Performance(model)
    performance.play_all(PHRASE)
    performance.until(30.0)
    asked = len(model.bases)
    performance.act(30.0, "another")
    performance.until(31.0)
    assert [each.token for each in model.bases[asked]] == [each.token for each in model.bases[0]]


def test_again_in_the_middle_begins_anew_and_nothing_hangs() -> None:
    performance = after_an_answer(until=4.0)
    performance.act(4.0, "again")
    performance.until(40.0)
    spans(performance.dues)


def test_what_you_hold_is_not_forgotten() -> None:
    performance = after_an_answer(until=4.0)
    performance.play(4.0, on(50))
    for name in ("again", "another", "forget", "forget-all"):
        performance.act(5.0, name)
        performance.until(5.0)
        past = performance.session.memory.past
        assert (past.keyboard.count - past.own.count)[0].nonzero()[0].tolist() == [50]
    performance.play(6.0, off(50))
    performance.until(6.0)
    assert (past.keyboard.count - past.own.count).sum() == 1
    performance.close()
    spans(performance.dues)


def test_forget_takes_the_last_phrase_and_its_answer_away_and_nothing_else() -> None:
    model = FakeModel(LIVELY)
    performance = Performance(model)
    performance.play_all(PHRASE)
    performance.until(30.0)
    known = [each.event for each in model.heard(performance.session.memory.past.state)]
    performance.play_all([(30.0 + at, message) for at, message in PHRASE])
    performance.until(35.0)
    performance.act(35.0, "forget")
    assert [each.event for each in model.heard(performance.session.memory.past.state)] == known
    assert performance.until(60.0) == []
    spans(performance.dues)


def test_forget_all_is_a_new_beginning() -> None:
    model = FakeModel(LIVELY)
    performance = Performance(model)
    performance.play_all(PHRASE)
    performance.until(4.0)
    performance.act(4.0, "forget-all")
    assert model.heard(performance.session.memory.past.state) == []
    performance.play_all([(5.0 + at, message) for at, message in PHRASE])
    performance.until(30.0)
    assert onsets(performance.dues)[-1] > 6.7
    spans(performance.dues)


def test_before_there_was_an_answer_there_is_none_to_repeat() -> None:
    performance = Performance(FakeModel())
    for name in ("again", "another", "forget", "forget-all", "hold", "resume"):
        assert performance.act(1.0, name) == []
    assert performance.until(30.0) == []


def test_an_act_nobody_knows_is_refused() -> None:
    with pytest.raises(ParameterError, match="no act named 'dance'; there are: hold, resume, again"):
        Performance(FakeModel()).act(1.0, "dance")


@pytest.mark.parametrize("name", ["hold", "again", "another", "forget", "forget-all"])
def test_what_ended_is_told_to_those_who_watch_whatever_is_forgotten_of_it(name: str) -> None:
    performance = after_an_answer(until=4.0)
    assert performance.act(4.0, name)
    performance.until(4.0)
    sounding, told = set[int](), [one.event for one in performance.session.happened if one.own]
    for event in told:
        (sounding.add if event.kind is Kind.NOTE_ON else sounding.discard)(event.pitch)
    assert len(told) > 2
    assert sounding == set()
