"""Zones: what comes is sorted by input, key and channel, and what was pressed in a zone is let go of in it."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes import FakeModel, Performance, Taste, off, on, spans, tread

from antiphon.core.due import Order
from antiphon.core.parameters import Parameters
from antiphon.core.session import Session
from antiphon.core.tape import Call, Kind, calls, ordered, packed, unpacked
from antiphon.core.taped import TapedSession
from antiphon.core.zones import Role, Sorted, Sorter, parse
from antiphon.errors import ParameterError
from antiphon.music.ledger import Ledger, owing

LIVELY = Taste(0.1, starts=2.0)
STEERING: dict[str, Any] = {"lock": "chord", "chord_below": 0}
BELOW: dict[str, Any] = {"mode": "solo", "lock": "chord", "chord_below": 60}
CHORD, NEXT = (48, 52, 55), (50, 53, 57)


def roles(sorter: Sorter, name: str, *messages: bytes) -> list[str]:
    return [each.role.value for message in messages for each in sorter.sort(message, name)]


def performance(**parameters: Any) -> Performance:  # of any parameter's type
    return Performance(FakeModel(LIVELY), **STEERING, **parameters)


def steer(one: Performance, moment: float, *messages: bytes) -> list[Order]:
    """Messages come from a zone of the harmony's own."""
    one.until(moment)
    return [order for message in messages for order in one.session.receive(message, moment, Role.HARMONY)]


def classes(one: Performance) -> list[tuple[float, int]]:
    """When which pitch classes of ours begin."""
    return [(due.time, due.message[1] % 12) for due in one.dues if due.message[0] == 0x90]


@pytest.mark.parametrize(
    ("line", "name", "message", "fits"),
    [
        ("in launchkey = harmony", "Launchkey MK3:out", on(60), True),
        ("in launchkey = harmony", "Casio:out", on(60), False),
        ("in nano | casio = harmony", "CASIO:out", on(60), True),
        ("keys 0..47 = harmony", "any", on(47), True),
        ("keys 0..47 = harmony", "any", on(48), False),
        ("keys 0..47 = harmony", "any", tread(True), False),
        ("on 10 = harmony", "any", on(60, channel=9), True),
        ("on 10 = harmony", "any", on(60), False),
        ("in my keys keys 0..47 on 2 = harmony", "My keys", on(40, channel=1), True),
        ("in my keys keys 0..47 on 2 = harmony", "My keys", on(40), False),
        ("in launchkey = harmony", "launchkey", tread(True), True),
        ("in launchkey = harmony", "launchkey", b"\xf8", False),
    ],
)
def test_what_is_in_a_zone_is_said_by_input_key_and_channel(line: str, name: str, message: bytes, fits: bool) -> None:
    assert roles(Sorter([parse(line)]), name, message) == ["harmony" if fits else "plays"]


def test_the_first_zone_that_fits_holds_and_one_may_be_heard_on_another_channel() -> None:
    sorter = Sorter(parse(line) for line in ("keys 0..47 = harmony", "in casio = plays as 2", "in casio = commands"))
    assert sorter.sort(on(40), "casio") == (Sorted(on(40), Role.HARMONY),)
    assert sorter.sort(on(60), "casio") == (Sorted(on(60, channel=1), Role.PLAYS),)
    assert sorter.sort(b"\xc0\x05", "casio") == (Sorted(b"\xc1\x05", Role.PLAYS),)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("= harmony", "say what is in it"),
        ("launchkey = harmony", "write for example"),
        ("in launchkey", "write for example"),
        ("in launchkey = harmonic", "'harmonic' is no role; there are: plays, harmony, commands"),
        ("keys 60..50 = harmony", "the lower one first"),
        ("keys 0..128 = harmony", "keys are 0 to 127"),
        ("on 17 = harmony", "channels are 1 to 16"),
        ("in a = plays as 0", "channels are 1 to 16"),
        ("in a = harmony as 2", "only what plays"),
        ("in a = commands with memory 2", "only what plays"),
        ("in a = plays with memory 0", "memories are 1 to 4"),
        ("in a = plays with memory 5", "memories are 1 to 4"),
        ("in a = plays with memory", "write for example"),
    ],
)
def test_what_is_no_zone_is_refused_and_said_why(line: str, why: str) -> None:
    with pytest.raises(ParameterError, match=why):
        parse(line)


def test_a_zone_is_written_as_it_is_read() -> None:
    for line in ("in a | b keys 3..9 on 2 = plays as 16", "keys 0..127 = commands", "on 1 = plays as 2 with memory 3"):
        assert parse(line).text == line


def test_what_is_down_when_the_zones_become_others_comes_up_where_it_went_down() -> None:
    sorter = Sorter()
    assert roles(sorter, "keys", on(60), tread(True)) == ["plays", "plays"]
    sorter.zones = (parse("in keys = harmony"),)
    assert roles(sorter, "keys", on(62), off(60), tread(False), off(62)) == ["harmony", "plays", "plays", "harmony"]
    assert roles(sorter, "keys", tread(True), off(60)) == ["harmony", "harmony"]


def test_what_is_played_in_a_zone_is_of_its_memory_and_all_else_of_the_common_one() -> None:
    sorter = Sorter([parse("in casio = Plays as 2  with Memory 3"), parse("on 1 = plays with memory 1")])
    assert sorter.sort(on(60), "Casio") == (Sorted(on(60, channel=1), Role.PLAYS, 3),)
    assert sorter.sort(on(61), "other") == (Sorted(on(61), Role.PLAYS, 1),)
    sorter.zones = (parse("in casio = plays with memory 2"),)
    assert sorter.sort(on(60), "Casio") == (
        Sorted(off(60, channel=1)[:2] + b"\0", Role.PLAYS, 3),
        Sorted(on(60), Role.PLAYS, 2),
    )


def test_a_key_struck_again_in_another_zone_is_let_go_of_in_the_one_before() -> None:
    sorter = Sorter([parse("in keys = plays as 3")])
    sorter.sort(on(60), "keys")
    sorter.zones = ()
    assert sorter.sort(on(60), "keys") == (Sorted(b"\x82\x3c\x00", Role.PLAYS), Sorted(on(60), Role.PLAYS))
    assert sorter.sort(off(60), "keys") == (Sorted(off(60), Role.PLAYS),)


def test_all_notes_off_ends_what_is_down_in_every_zone() -> None:
    sorter = Sorter([parse("keys 0..47 = harmony"), parse("keys 48..59 = plays as 2")])
    for key in (40, 50, 70):
        sorter.sort(on(key), "keys")
    ended = sorter.sort(b"\xb0\x7b\x00", "keys")
    assert set(ended) == {
        Sorted(b"\xb0\x7b\x00", Role.PLAYS),
        Sorted(b"\xb0\x7b\x00", Role.HARMONY),
        Sorted(b"\xb1\x7b\x00", Role.PLAYS),
    }
    assert roles(sorter, "keys", b"\xb0\x7b\x00") == ["plays"]


LINES = ("in a = harmony", "in b = plays as 2", "keys 0..60 = harmony", "on 1 = commands", "keys 61..127 = plays as 5")
SAID = st.tuples(st.sampled_from("ab"), st.sampled_from((on, off)), st.integers(58, 63), st.integers(0, 1)) | st.lists(
    st.sampled_from(LINES), max_size=2
)


@settings(deadline=None, max_examples=200)
@given(st.lists(SAID, max_size=40))
def test_whatever_becomes_of_the_zones_what_was_pressed_in_one_is_let_go_of_there(said: list[Any]) -> None:
    sorters = {name: Sorter() for name in "ab"}
    books = {role: Ledger() for role in Role}
    heard = Counter[tuple[Role, int, int]]()

    def hear(name: str, message: bytes) -> None:
        for one in sorters[name].sort(message, name):
            books[one.role].note(one.message)
            heard[one.role, one.message[0] & 0x0F, one.message[1]] += 1 if owing(one.message) else -1

    down = set[tuple[str, int, int]]()
    for what in said:
        if isinstance(what, list):
            for sorter in sorters.values():
                sorter.zones = tuple(parse(line) for line in what)
        elif (what[1] is on) != ((what[0], what[2], what[3]) in down):
            down ^= {(what[0], what[2], what[3])}
            hear(what[0], what[1](what[2], channel=what[3]))
    for name, key, channel in down:
        hear(name, off(key, channel))
    assert [book.owed() for book in books.values()] == [[], [], []]
    assert set(heard.values()) <= {0}


def test_what_is_held_in_a_zone_of_the_harmony_s_own_is_the_lock_and_neither_phrase_nor_heard() -> None:
    one = performance()
    steer(one, 0.0, *(on(key) for key in CHORD))
    one.until(5.0)
    assert (one.dues, list(one.session.happened), one.session.memory.phrase) == ([], [], None)
    one.play(5.0, on(72))
    one.play(5.5, off(72))
    one.until(9.0)
    steer(one, 9.0, *(off(key) for key in CHORD), *(on(key) for key in NEXT))
    one.until(30.0)
    assert {key for at, key in classes(one) if at <= 9.0} == {0, 4, 7}
    assert {key for at, key in classes(one) if at > 9.0} == {2, 5, 9}
    assert {p.event.pitch for p in one.session.happened if not p.own} == {72}


@pytest.mark.parametrize("latch", [True, False])
def test_a_harmony_of_its_own_is_latched_as_any_other(latch: bool) -> None:
    one = performance(mode="solo", chord_latch=latch)
    steer(one, 0.0, on(48))
    steer(one, 3.0, off(48))
    one.until(20.0)
    keys = {key for at, key in classes(one) if at > 3.0}
    assert (keys == {0}) is latch


@pytest.mark.parametrize("latch", [True, False])
@pytest.mark.parametrize("beside", [True, False])
def test_keys_that_are_down_say_the_chord_also_once_all_is_forgotten(beside: bool, latch: bool) -> None:
    one = performance(mode="solo", chord_latch=latch) if beside else Performance(FakeModel(LIVELY), **BELOW)
    press = (lambda at, *said: steer(one, at, *said)) if beside else one.play
    press(0.0, *(on(key) for key in CHORD))
    one.act(5.0, "forget-all")
    one.until(20.0)
    assert {key for at, key in classes(one) if at > 5.0} == {0, 4, 7}
    press(20.0, *(off(key) for key in CHORD))
    one.act(20.5, "forget-all")
    one.until(40.0)
    assert len({key for at, key in classes(one) if at > 20.5}) > 3
    one.close()
    assert spans(one.dues)


def test_the_chord_on_one_keyboard_and_the_tune_on_another_share_keys_and_channel_and_nothing_hangs() -> None:
    one = performance(mode="duet")
    steer(one, 0.0, on(60), on(64))
    one.play(1.0, on(60))
    steer(one, 1.5, off(60))
    assert [message[1] for message in one.session.held] == [60]
    assert [message[1] for message in one.session.beside] == [64]
    one.play(2.0, off(60))
    steer(one, 2.5, b"\xb0\x7b\x00")
    assert (one.session.held, one.session.beside) == ([], [])
    one.until(20.0)
    one.close()
    assert spans(one.dues)


def test_what_was_held_for_the_harmony_is_known_when_it_is_turned_to_be_the_lock() -> None:
    one = Performance(FakeModel(LIVELY), mode="solo")
    steer(one, 0.5, *(on(key) for key in CHORD))
    one.change(1.0, **STEERING)
    one.until(20.0)
    assert {key for at, key in classes(one) if at > 1.0} == {0, 4, 7}


def test_what_commands_is_neither_music_nor_on_the_tape() -> None:
    told = list[Kind]()
    session = TapedSession(FakeModel(LIVELY), Parameters(), lambda frame, orders: told.append(frame.kind))
    assert session.receive(on(60), 1.0, Role.COMMANDS) == []
    assert (session.held, told) == ([], [])


def test_a_performance_with_a_harmony_of_its_own_replays_the_same_to_the_byte() -> None:
    found = list[Call]()
    parameters = Parameters().changed(mode="duet", **STEERING)
    session = TapedSession(
        FakeModel(LIVELY), parameters, lambda frame, orders: found.append(Call(frame, tuple(orders)))
    )
    said = [(0.5 + n, on(key), Role.HARMONY) for n, key in enumerate((*CHORD, *NEXT))]
    said += [
        (1.1 + n * 0.3 + late, make(70 + n), Role.PLAYS) for n in range(9) for make, late in ((on, 0.0), (off, 0.2))
    ]
    for at, message, role in sorted(said, key=lambda each: each[0]):
        while (deadline := session.deadline) is not None and deadline < at:
            session.advance(deadline)
        session.receive(message, at, role)
    tape = packed(frame for call in found for frame in (call.frame, *ordered(call.orders)))
    again = Session(FakeModel(LIVELY), parameters)
    kinds = {Kind.HEARD: Role.PLAYS, Kind.STEERED: Role.HARMONY}
    for call in calls(unpacked(tape)[0]):
        frame = call.frame
        if frame.kind in kinds:
            assert tuple(again.receive(frame.payload, frame.time, kinds[frame.kind])) == call.orders
        else:
            assert tuple(again.advance(frame.time)) == call.orders
    assert sum(call.frame.kind is Kind.STEERED for call in found) == 6
    assert sum(len(call.orders) for call in found) > 10
