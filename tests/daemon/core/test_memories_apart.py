"""Players with a memory each: what one plays never colours what the other is answered, and nothing hangs."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes import FakeModel, Performance, Taste, off, on, played, spans, tread

from antiphon.core.due import Due
from antiphon.core.parameters import Parameters
from antiphon.core.session import Session
from antiphon.core.tape import Call, Kind, calls, ordered, packed, unpacked
from antiphon.core.taped import TapedSession
from antiphon.core.zones import COMMON, Role
from antiphon.music.events import Event, note_off
from antiphon.music.wire import encode

LIVELY = Taste(0.1, starts=2.0)
OURS = 60
"""The lowest note of ours; a player with memory m has those from 10 m on, below it."""

Said = tuple[float, int, bytes]
"""After so many seconds, in which memory, which message."""


class Band(Performance):
    """A performance with players who have memories of their own, and what of ours sounded for whom."""

    def __init__(self, **parameters: Any) -> None:  # of any parameter's type
        self.model = FakeModel(LIVELY)
        super().__init__(self.model, **parameters)
        self.sounded = defaultdict[int, list[Due]](list)
        self._known = defaultdict[int, set[tuple[float, bytes]]](set)
        self.foreign = list[Event]()

    def say(self, gap: float, memory: int, message: bytes) -> None:
        self.look(self.now + gap)
        before = self.session.whose
        self.keep(played(self.session.receive(message, self.now, Role.PLAYS, memory)), before)

    def keep(self, dues: Sequence[Due], whose: int | None = None) -> None:
        self.dues += dues
        whose = whose or self.session.whose
        self.sounded[whose] += dues
        self._known[whose] |= {(due.time, due.message[:2]) for due in dues}

    def look(self, moment: float) -> None:
        """Time passes, and every choice is looked at: what was it made upon?"""
        while (deadline := self.session.deadline) is not None and deadline <= moment:
            self.now, asked = max(self.now, deadline), len(self.model.bases)
            self.keep(played(self.session.advance(self.now)))
            self.foreign += [
                each.event
                for base in self.model.bases[asked:][:1]
                for each in base
                if each.event and not self.known(each.event)
            ]
        self.now = max(self.now, moment)

    def known(self, event: Event) -> bool:
        """Whether an event may be in the memory that is in force."""
        if event.pitch < OURS and event.kind is not event.kind.PEDAL:
            return event.pitch // 10 == self.session.whose
        return event.time > self.now or (event.time, encode(event)[:2]) in self._known[self.session.whose]


def phrase(memory: int, gap: float = 0.3) -> list[Said]:
    notes = [10 * memory + step for step in (0, 4, 7)]
    return [(gap, memory, make(note)) for note in notes for make in (on, off)]


APART: dict[str, Any] = {"lowest": OURS, "pedal": False, "mode": "reply"}
NOTES = st.tuples(
    st.sampled_from((0.0, 0.05, 0.4, 2.0, 5.0)), st.integers(1, 4), st.sampled_from((on, off)), st.integers(0, 3)
)


@settings(deadline=None, max_examples=25)
@given(st.lists(NOTES, max_size=16), st.sampled_from(("reply", "solo")))
def test_no_answer_is_made_upon_what_somebody_with_another_memory_played_or_was_answered(
    notes: list[Any], mode: str
) -> None:
    band = Band(**{**APART, "mode": mode})
    for gap, memory, make, key in notes:
        band.say(gap, memory, make(10 * memory + key))
    for memory, key in product(range(1, 5), range(4)):
        band.say(0.0, memory, off(10 * memory + key))
    for memory in (2, 1):
        for gap, player, message in phrase(memory):
            band.say(gap, player, message)
        band.look(band.now + 4.0)
    assert band.foreign == []
    assert len(band.model.bases) > 5
    band.close()
    spans(band.dues)


def test_each_of_two_who_play_in_turn_is_answered_from_all_that_they_played_and_were_answered() -> None:
    band = Band(**APART)
    for memory in (1, 2, 1, 2):
        for said in phrase(memory):
            band.say(*said)
        band.look(band.now + 12.0)
    theirs = [each.event for each in band.model.bases[-1] if each.event and each.event.pitch < OURS]
    assert [event.pitch for event in theirs if event.starts] == [20, 24, 27] * 2
    ours = [each.event for each in band.model.bases[-1] if each.event and each.event.pitch >= OURS]
    assert len([event for event in ours if event.time < band.now - 13.0]) > 4
    assert band.foreign == []


ANY = st.tuples(
    st.sampled_from((0.0, 0.0, 0.05, 0.8, 3.0)),
    st.integers(1, 4),
    st.one_of(
        st.tuples(st.sampled_from((0x80, 0x90)), st.integers(58, 62), st.integers(0, 127)).map(bytes),
        st.tuples(st.integers(0xB0, 0xB1), st.sampled_from((64, 123)), st.sampled_from((0, 127))).map(bytes),
        st.tuples(st.integers(0x80, 0x91), st.integers(36, 62), st.integers(0, 127)).map(bytes),
        st.sampled_from(("forget", "forget-all", "again", "another", "hold", "resume")),
        st.sampled_from(("reply", "duet", "harmony", "solo", "trade", "listen")),
        st.sampled_from(({"lock": "chord"}, {"transpose_in": 5}, {"second_channel": 2}, {"yield_within": 1.0})),
    ),
)


@settings(deadline=None, max_examples=80)
@given(st.lists(ANY, max_size=40))
def test_whatever_is_said_by_whom_nothing_hangs_and_every_memory_knows_that_all_is_up(said: list[Any]) -> None:
    band = Performance(FakeModel(LIVELY))

    def hear(message: bytes, memory: int) -> None:
        band.dues += played(band.session.receive(message, band.now, Role.PLAYS, memory))

    for gap, memory, what in said:
        band.until(band.now + gap)
        if isinstance(what, bytes):
            hear(what, memory)
        elif isinstance(what, dict) or what in ("reply", "duet", "harmony", "solo", "trade", "listen"):
            band.change(band.now, **(what if isinstance(what, dict) else {"mode": what}))
        else:
            band.act(band.now, what)
    for channel in range(16):
        hear(bytes((0xB0 | channel, 123, 0)), 1)
    band.change(band.now, mode="listen")
    band.until(band.now + 40.0)
    spans(band.dues)
    for memory in (1, 2, 3, 4, 1):
        hear(on(100), memory)
        hear(off(100), memory)
        band.until(band.now + 1.0)
        past = band.session.memory.past
        assert (past.keyboard.count.sum(), past.own.count.sum()) == (0, 0)
    band.close()
    spans(band.dues)


def test_a_key_that_one_holds_comes_up_where_it_went_down_and_keeps_nobody_else_waiting() -> None:
    band = Band(**APART)
    band.say(0.0, 1, on(10))
    for said in phrase(2):
        band.say(*said)
    band.look(band.now + 4.0)
    assert len(band.sounded[2]) > 2
    band.say(0.0, 1, off(10))
    band.look(band.now)
    rests = band.session.memory.apart[1].past
    assert (rests.last.event, rests.keyboard.count.sum()) == (note_off(band.now, 10), 0)


def test_forget_is_of_who_played_last_and_forget_all_of_everybody() -> None:
    band = Band(**APART)
    for memory in (1, 2, 2):
        for said in phrase(memory):
            band.say(*said)
        band.look(band.now + 12.0)
    common = band.session.memory.apart[1].past
    band.act(band.now, "forget")
    asked = len(band.model.bases)
    assert band.session.memory.apart[1].past is common
    for said in phrase(2):
        band.say(*said)
    band.look(band.now + 3.0)
    pitches = [each.event.pitch for each in band.model.bases[asked] if each.event and each.event.starts]
    assert [pitch for pitch in pitches if pitch < OURS] == [20, 24, 27] * 2
    band.act(band.now, "forget-all")
    assert (dict(band.session.memory.apart), band.session.memory.past.last.event) == ({}, None)


def test_another_is_another_answer_of_whose_turn_it_is() -> None:
    band = Band(**APART)
    for memory in (1, 2):
        for said in phrase(memory):
            band.say(*said)
        band.look(band.now + 12.0)
    band.say(0.1, 1, on(10))
    band.say(0.1, 1, off(10))
    band.act(band.now, "another")
    band.look(band.now + 5.0)
    assert (band.session.whose, band.foreign) == (1, [])
    band.close()
    spans(band.dues)


@pytest.mark.parametrize("mode", ["duet", "harmony", "trade"])
def test_where_all_play_at_once_all_are_heard_in_one_memory(mode: str) -> None:
    band = Performance(FakeModel(LIVELY), mode=mode)
    for number, memory in enumerate((1, 2, 3)):
        band.dues += played(band.session.receive(on(60 + number), band.now, Role.PLAYS, memory))
        band.until(band.now + 0.5)
    kept = band.session.memory
    assert (kept.whose, dict(kept.apart)) == (COMMON, {})
    assert {each.event.pitch for each in band.session.happened if not each.own} == {60, 61, 62}


def test_the_chord_is_whose_keys_are_down_whoever_is_answered() -> None:
    band = Band(**{**APART, "mode": "solo", "lock": "chord", "chord_below": 20, "chord_latch": False})
    for key in (12, 16, 19):
        band.say(0.1, 1, on(key))
    for said in phrase(2):
        band.say(*said)
    band.look(band.now + 5.0)
    began = band.now
    assert {due.message[1] % 12 for due in band.sounded[2] if due.message[0] == 0x90} == {0, 4, 7}
    band.say(0.0, 1, off(16))
    band.look(band.now + 8.0)
    later = [due for due in band.sounded[2] if due.message[0] == 0x90 and due.time > began]
    assert {due.message[1] % 12 for due in later} == {0, 7}


def test_a_performance_with_memories_apart_replays_the_same_to_the_byte() -> None:
    found = list[Call]()
    parameters = Parameters().changed(turn="pause")
    session = TapedSession(
        FakeModel(LIVELY), parameters, lambda frame, orders: found.append(Call(frame, tuple(orders))), 0.0, 0.015
    )
    now = 0.0
    for memory in (1, 2, 1, 3, 2):
        for gap, player, message in (*phrase(memory), (3.0, memory, tread(True)), (1.0, memory, tread(False))):
            now += gap
            while (deadline := session.deadline) is not None and deadline < now:
                session.advance(deadline)
            session.receive(message, now, Role.PLAYS, player)
    tape = packed(frame for call in found for frame in (call.frame, *ordered(call.orders)))
    again = Session(FakeModel(LIVELY), parameters, 0.0, 0.015)
    for call in calls(unpacked(tape)[0]):
        frame = call.frame
        if frame.kind is Kind.APART:
            assert tuple(again.receive(frame.payload[1:], frame.time, Role.PLAYS, frame.payload[0])) == call.orders
        elif frame.kind is Kind.HEARD:
            assert tuple(again.receive(frame.payload, frame.time)) == call.orders
        else:
            assert tuple(again.advance(frame.time)) == call.orders
    assert {call.frame.payload[0] for call in found if call.frame.kind is Kind.APART} == {2, 3}
    assert sum(len(call.orders) for call in found) > 40


def test_another_model_has_heard_the_last_of_everybody_and_the_memories_part_from_there() -> None:
    band = Band(**APART)
    for memory in (1, 2):
        for said in phrase(memory):
            band.say(*said)
        band.look(band.now + 12.0)
    other = FakeModel(LIVELY)
    band.session.switch("", None, other, "at once", band.now)
    band.until(band.now + 1.0)
    for memory in (1, 2, 1):
        for _, player, message in phrase(memory):
            band.until(band.now + 0.2)
            band.dues += played(band.session.receive(message, band.now, Role.PLAYS, player))
        band.until(band.now + 12.0)
    last = [each.event.pitch for each in other.bases[-1] if each.event and each.event.starts]
    assert [pitch for pitch in last if pitch < OURS] == [10, 14, 17, 20, 24, 27, 10, 14, 17, 10, 14, 17]
    band.close()
    spans(band.dues)
