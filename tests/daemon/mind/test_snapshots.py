"""The page sees what has changed, at most thirty times a second, and never costs the mind a moment."""

import json

import pytest
from tests.daemon.datagrams import Datagrams
from tests.fakes import FakeModel, Taste, off, on

from antiphon import loopback
from antiphon.core.parameters import Parameters
from antiphon.core.session import Session
from antiphon.lines import End, Line, pair
from antiphon.mind.snapshots import EVERY_S, MOST_NATS, Snapshots, picture

Ends = tuple[End, End]


@pytest.fixture
def ends() -> Ends:
    """Those of a line whose parcels are there as soon as they are sent."""
    if loopback.used():
        pytest.skip("what goes over loopback comes a little later; tests/daemon/test_loopback.py goes by that")
    return pair()


def performance(until: float = 0.6, doubt: float = 1.5) -> Session:
    session = Session(FakeModel(Taste(0.2, doubt=doubt)), Parameters())
    for moment, message in ((0.0, on(60)), (0.5, off(60))):
        session.receive(message, moment)
    while (deadline := session.deadline) is not None and deadline <= until:
        session.advance(deadline)
    return session


def test_what_was_played_and_what_is_planned_is_shown(ends: Ends) -> None:
    here, there = map(Line, ends)
    Snapshots(here).show(performance(5.0), 5.0)
    [shown] = [json.loads(parcel) for parcel in there.received()]
    assert (shown["time"], shown["turn"]) == (5.0, "playing")
    assert shown["played"][:2] == [[0.0, 0, 60, 64, False, 1.5], [0.5, 1, 60, 0, False, 1.5]]
    assert shown["events"] >= len(shown["played"]) > 2
    pressed = {pitch for _, kind, pitch, _, own, _ in shown["played"] if own and kind == 0}
    released = {pitch for _, kind, pitch, _, own, _ in shown["played"] if own and kind == 1}
    assert pressed - released <= set(shown["sounding"]) <= pressed


def test_however_surprising_an_event_is_it_is_a_number_that_can_be_drawn() -> None:
    for doubt, nats in ((float("inf"), MOST_NATS), (float("nan"), None), (-0.1, 0.0)):
        assert [row[5] for row in picture(performance(doubt=doubt), 1.0)["played"]] == [nats, nats]


def test_a_clock_is_shown_with_its_bar_and_beat_at_each_beat(ends: Ends) -> None:
    here, there = map(Line, ends)
    snapshots, session = Snapshots(here), Session(FakeModel(), Parameters())
    session.receive(b"\xfa", 0.99)
    for number in range(24 * 9 + 1):
        session.receive(b"\xf8", 1.0 + number / 40)
        snapshots.show(session, 1.0 + number / 40)
    shown = [json.loads(parcel) for parcel in there.received()]
    assert (shown[-1]["tempo"], shown[-1]["bar"], shown[-1]["clock"]) == (100.0, 3, "running")
    assert abs(shown[-1]["beat"] - 2) < 1e-3
    assert 8 <= len(shown) <= 12
    session.receive(b"\xfc", 6.5)
    snapshots.show(session, 6.6)
    assert json.loads(there.received()[0])["clock"] == "stopped"


def test_another_tempo_is_shown_at_once_though_nobody_plays(ends: Ends) -> None:
    here, there = map(Line, ends)
    snapshots, session = Snapshots(here), performance()
    snapshots.show(session, 1.0)
    session.change({"tempo": 90.0}, 1.5)
    snapshots.show(session, 1.5)
    assert [json.loads(parcel)["tempo"] for parcel in there.received()] == [120.0, 90.0]


def test_it_is_thinking_from_its_turn_until_its_first_note_sounds(ends: Ends) -> None:
    here, there = map(Line, ends)
    barred = Parameters().changed(turn="pause", pause=0.7, enter="bar")
    snapshots, session = Snapshots(here), Session(FakeModel(Taste(0.2)), barred)
    session.receive(on(60), 0.0)
    session.receive(off(60), 0.5)
    said, due, now = list[tuple[str, float]](), 0.0, 0.5
    while not said or said[-1][0] != "playing":
        due = session.due or due
        if (deadline := session.deadline) is not None and deadline <= now:
            session.advance(now)
        snapshots.show(session, now)
        said += [(shown["turn"], shown["time"]) for shown in map(json.loads, there.received())]
        now = max(now, min(session.deadline or float("inf"), snapshots.deadline))
    began = {word: next(time for each, time in said if each == word) for word, _ in said}
    assert list(began) == ["listening", "thinking", "playing"]
    assert due == pytest.approx(1.2)
    assert [began["thinking"], began["playing"]] == pytest.approx([due, 2.0], abs=2 * EVERY_S)


def test_nothing_is_shown_twice_and_nothing_more_often_than_thirty_times_a_second(ends: Ends) -> None:
    here, there = map(Line, ends)
    snapshots, session = Snapshots(here), performance()
    snapshots.show(session, 1.0)
    snapshots.show(session, 1.1)
    assert len(there.received()) == 1
    for number in range(100):
        session.receive(on(60 + number % 12), 1.2 + number / 1000)
        session.advance(1.2 + number / 1000)
        snapshots.show(session, 1.2 + number / 1000)
    assert len(there.received()) <= 1 + 0.1 / EVERY_S
    assert snapshots.deadline < 1.4


def test_one_who_does_not_look_is_shown_the_newest_later_and_never_waited_for(ends: Ends) -> None:
    here, there = ends
    snapshots, session, line = Snapshots(Line(here, 1)), performance(), Line(there)
    for number in range(2000):
        session.receive(on(60 + number % 12), 1.0 + number)
        session.advance(1.0 + number)
        snapshots.show(session, 1.0 + number)
    line.received()
    session.receive(on(90), 4000.0)
    session.advance(4000.0)
    for number in range(3):
        snapshots.show(session, 4000.0 + number)
    assert json.loads(line.received()[-1])["time"] >= 4000.0


def test_on_macos_one_who_does_not_look_is_tried_thirty_times_a_second_and_no_more() -> None:
    (here, _), session = Datagrams.pair(room=1), performance()
    snapshots, now = Snapshots(Line(here)), 1.0
    for number in range(3):  # one for which there is room, one that waits, one that is to come
        session.receive(on(60 + number), now + number)
        session.advance(now + number)
        snapshots.show(session, now + number)
    now, before = 4.0, here.tried
    while now < 5.0 and here.tried - before < 1_000:
        snapshots.show(session, now)
        now = snapshots.deadline
    assert now == pytest.approx(5.0, abs=EVERY_S)
    assert here.tried - before == pytest.approx(30, abs=3)


def test_without_a_page_nothing_is_waited_for() -> None:
    snapshots, session = Snapshots(None), performance()
    snapshots.show(session, 1.0)
    assert snapshots.deadline == float("inf")
    snapshots.leave()
