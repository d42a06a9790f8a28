"""A recorded player in virtual time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import FakeModel, Taste, off, on, onsets, spans, tread

from antiphon.core.due import Due
from antiphon.core.parameters import Parameters
from antiphon.core.rehearsal import LONGEST_END_S, rehearse, settled, zoned
from antiphon.core.session import Session
from antiphon.core.zones import Role, Sorted, parse
from antiphon.music.events import Seconds
from antiphon.music.ledger import Ledger
from antiphon.music.wire import Timed


def timed(*played: tuple[float, bytes]) -> list[Timed]:
    return [Timed(Seconds(time), message) for time, message in played]


def answered(*played: tuple[float, bytes], taste: Taste | None = None, **parameters: float) -> list[Due]:
    return rehearse(Session(FakeModel(taste), Parameters().changed(turn="pause", **parameters)), timed(*played))


def test_each_pause_is_answered_in_its_place_and_the_end_is_a_pause_like_any_other() -> None:
    dues = answered((0.0, on(60)), (0.5, off(60)), (40.0, on(64)), (41.0, off(64)))
    assert all(1.2 <= due.time <= 40.0 or due.time >= 41.7 for due in dues)
    assert min(onsets(dues)) < 2.5
    assert any(moment > 41.7 for moment in onsets(dues))
    spans(dues)


def test_what_is_heard_is_in_order_of_time() -> None:
    dues = answered((0.0, on(60)), (0.5, off(60)), (5.0, on(64)), (5.5, off(64)))
    assert dues == sorted(dues, key=lambda due: due.time)


def test_the_last_reply_is_cut_where_it_would_last_longer_than_the_end_of_a_rehearsal() -> None:
    dues = answered((0.0, on(60)), (0.5, off(60)), pause=10.0, reply_shortest=25.0, reply_longest=25.0)
    assert 30.0 < max(due.time for due in dues) <= 0.5 + LONGEST_END_S
    spans(dues)


def test_nobody_playing_is_answered_with_silence() -> None:
    assert answered() == []
    assert answered((3.0, tread(True)), (9.0, tread(False))) == []


@pytest.mark.parametrize("taste", [Taste(0.0), Taste(0.0, 1e-9), Taste(0.0, pedals=1e9), Taste(20.0)])
def test_a_rehearsal_ends_whatever_the_model_likes(taste: Taste) -> None:
    spans(answered((0.0, on(60)), (0.5, off(60)), taste=taste, reply_longest=1.0, reply_shortest=1.0))


def test_a_message_at_the_moment_of_an_answer_comes_first() -> None:
    assert answered((0.0, on(60)), (0.5, off(60)), (1.0, on(60)), taste=Taste(0.0), pause=0.5) == []


def test_a_recording_that_ends_has_let_go_of_everything() -> None:
    hanging = timed((0.0, on(60)), (0.5, tread(True, 3)), (1.0, on(62, channel=3)), (2.0, off(60)), (3.0, on(72)))
    let_go = timed((3.0, off(72)), (3.0, off(62, 3)), (3.0, tread(False, 3)))
    assert settled(hanging) == [*hanging, *let_go]


def test_what_is_played_on_several_inputs_is_heard_in_zones_and_let_go_of_there() -> None:
    zones = [parse("in left = harmony"), parse("in pads = commands"), parse("in right = plays as 2")]
    [low, pad, high, end] = timed((0.0, on(48)), (0.5, on(36)), (1.0, on(72)), (2.0, off(72)))
    heard = zoned([("Left", low), ("pads", pad), ("Right", high), ("Right", end)], zones)
    assert heard == [
        (0.0, Sorted(on(48), Role.HARMONY)),
        (0.5, Sorted(on(36), Role.COMMANDS)),
        (1.0, Sorted(on(72, channel=1), Role.PLAYS)),
        (2.0, Sorted(off(72, channel=1), Role.PLAYS)),
        (2.0, Sorted(off(48), Role.HARMONY)),
        (2.0, Sorted(off(36), Role.COMMANDS)),
    ]


def test_a_recording_without_debts_stays_as_it_is() -> None:
    assert settled([]) == []
    whole = timed((0.0, on(60)), (1.0, on(60, velocity=0)), (2.0, b"\xc0\x05"), (3.0, b"\xf0\x01\xf7"))
    assert settled(whole) == whole


@given(st.lists(st.tuples(st.integers(0x80, 0xEF), st.integers(0, 127), st.integers(0, 127)).map(bytes), max_size=40))
def test_whatever_hangs_is_released_at_the_last_moment(messages: list[bytes]) -> None:
    player = settled([Timed(Seconds(float(number)), message) for number, message in enumerate(messages)])
    ledger = Ledger()
    for each in player:
        ledger.note(each.message)
    assert ledger.owed() == []
    assert all(each.time == float(len(messages) - 1) for each in player[len(messages) :])
