"""Whose turn it is: when an answer begins, and when it is over."""

import pytest
from tests.fakes import FakeModel, Performance, Taste, off, on, onsets, spans, tread

PHRASE = [(0.5, on(60)), (0.9, off(60)), (1.0, on(64)), (1.5, off(64))]


def after_a_phrase(taste: Taste | None = None, **parameters: float) -> Performance:
    performance = Performance(FakeModel(taste), **parameters)
    performance.play_all(PHRASE)
    return performance


@pytest.mark.parametrize("pause", [0.1, 0.7, 4.0])
def test_an_answer_begins_once_the_pause_is_over_and_not_before(pause: float) -> None:
    performance = after_a_phrase(Taste(gap_s=0.0), pause=pause)
    assert performance.until(1.5 + pause - 0.001) == []
    assert performance.until(1.5 + pause + 0.001)[0].time == pytest.approx(1.5 + pause)


def test_without_a_phrase_nothing_is_ever_played() -> None:
    performance = Performance(FakeModel())
    assert performance.until(100.0) == []
    assert performance.session.deadline is None


def test_a_held_key_holds_the_answer_back() -> None:
    performance = Performance(FakeModel())
    performance.play(0.0, on(60), on(64))
    performance.play(0.3, off(64))
    assert performance.until(60.0) == []
    performance.play(60.0, off(60))
    assert onsets(performance.until(62.0))[0] > 60.7


def test_a_key_held_on_another_channel_holds_the_answer_back_too() -> None:
    performance = Performance(FakeModel())
    performance.play(0.0, on(60), on(60, channel=5))
    performance.play(0.3, off(60))
    assert performance.until(30.0) == []


def test_the_pedal_alone_does_not_begin_a_phrase() -> None:
    performance = Performance(FakeModel())
    performance.play_all([(0.0, tread(True)), (1.0, tread(False)), (2.0, tread(True))])
    assert performance.until(60.0) == []


def test_a_pedal_that_stays_down_does_not_hold_the_answer_back() -> None:
    performance = Performance(FakeModel())
    performance.play_all([(0.0, tread(True)), *PHRASE])
    assert onsets(performance.until(3.5))


def test_what_is_no_note_neither_begins_a_phrase_nor_delays_an_answer() -> None:
    other = [b"\xf8", b"\xfe", b"\xb0\x01\x40", b"\xe0\x00\x40", b"\xc0\x05", b"\xf0\x01\xf7", off(60), b""]
    quiet = Performance(FakeModel())
    quiet.play(0.0, *other)
    assert quiet.until(20.0) == []
    disturbed, undisturbed = after_a_phrase(), after_a_phrase()
    for tick in range(300):
        disturbed.play(2.0 + tick / 24, *other)
    undisturbed.until(20.0)
    disturbed.until(20.0)
    assert disturbed.dues == undisturbed.dues


def test_each_phrase_has_one_answer() -> None:
    performance = after_a_phrase()
    performance.until(40.0)
    first = len(performance.dues)
    assert performance.until(80.0) == []
    performance.play_all([(time + 80, message) for time, message in PHRASE])
    performance.until(120.0)
    assert len(performance.dues) > first
    spans(performance.dues)


@pytest.mark.parametrize(
    "taste",
    [
        Taste(gap_s=20.0),
        Taste(gap_s=2.0, starts=1e-9),
        Taste(gap_s=0.01, starts=1e-9),
        Taste(pedals=1e9),
        Taste(gap_s=0.0),
        Taste(starts=1e9),
    ],
    ids=["slow", "slow and would rather release", "would rather release", "would rather pedal", "hasty", "grows"],
)
def test_a_reply_begins_within_2_s_and_brings_8_notes_in_6_s_whatever_the_model_likes(taste: Taste) -> None:
    performance = after_a_phrase(taste)
    performance.until(60.0)
    begun = onsets(performance.dues)
    assert begun[0] < 1.5 + 2.0
    assert begun[7] <= begun[0] + 6.0


@pytest.mark.parametrize("gap_s", [0.0, 0.02, 0.2, 2.0, 20.0])
@pytest.mark.parametrize("starts", [1e-9, 1.0, 1e9])
def test_an_answer_ends_by_itself_within_30_s_with_all_released(gap_s: float, starts: float) -> None:
    performance = after_a_phrase(Taste(gap_s, starts))
    performance.until(1.5 + 30.0)
    assert not performance.session.answering
    assert performance.session.deadline is None
    assert spans(performance.dues)


def test_an_answer_is_as_long_as_the_phrase_within_its_bounds() -> None:
    bounds = {"reply_shortest": 3.0, "reply_longest": 8.0, "pause": 1.0}
    ends = []
    for length in (0.5, 5.0, 60.0):
        performance = Performance(FakeModel(Taste(gap_s=0.05)), **bounds)
        performance.play_all([(0.0, on(60)), (length, off(60))])
        performance.until(120.0)
        ends.append(max(onsets(performance.dues)) - length - 1.0)
    assert ends == pytest.approx([3.0, 5.0, 8.0], abs=0.5)


def test_the_deadline_is_the_moment_of_the_next_work() -> None:
    session = Performance(FakeModel(), pause=2.0).session
    deadlines = [session.deadline]
    for moment, message in ((1.0, on(60)), (1.5, off(60))):
        session.receive(message, moment)
        deadlines.append(session.deadline)
        session.advance(moment)
        deadlines.append(session.deadline)
    assert deadlines == [None, 1.0, None, 1.5, 3.5]


def test_work_before_the_deadline_changes_nothing() -> None:
    performance = after_a_phrase()
    performance.until(1.6)
    assert performance.session.advance(1.7) == []
    assert performance.session.deadline == pytest.approx(2.2)
