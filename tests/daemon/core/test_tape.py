"""A tape as bytes, with a clock on it."""

import pytest
from tests.fakes import FakeModel, Taste, off, on

from antiphon.core.due import Order
from antiphon.core.parameters import Parameters
from antiphon.core.session import Session
from antiphon.core.tape import TICK, Call, Frame, Kind, calls, ordered, packed, unpacked
from antiphon.core.taped import TapedSession
from antiphon.music.events import Seconds


def heard(time: float, message: bytes) -> Frame:
    return Frame(Kind.HEARD, Seconds(time), 0, message)


def recorded(bpm: float) -> list[Call]:
    """A performance with a clock, and a player who pauses."""
    found = list[Call]()
    session = TapedSession(
        FakeModel(Taste(0.1, starts=2.0)),
        Parameters().changed(turn="pause", enter="beat", quantise=100),
        lambda frame, orders: found.append(Call(frame, tuple(orders))),
    )
    said = [(1.0 + n * 2.5 / bpm, TICK) for n in range(24 * 32)] + [(0.999, b"\xfa"), (15.0, b"\xfc")]
    said += [(2.0 + n * 0.3, on(60 + n)) for n in range(6)] + [(2.2 + n * 0.3, off(60 + n)) for n in range(6)]
    for at, message in sorted(said):
        while (deadline := session.deadline) is not None and deadline < at:
            session.advance(deadline)
        session.receive(message, at)
    return found


def replayed(tape: bytes) -> list[list[Order]]:
    session = Session(FakeModel(Taste(0.1, starts=2.0)), Parameters().changed(turn="pause", enter="beat", quantise=100))
    return [
        session.receive(call.frame.payload, call.frame.time)
        if call.frame.kind is Kind.HEARD
        else session.advance(call.frame.time)
        for call in calls(unpacked(tape)[0])
    ]


def test_ticks_in_a_row_are_eight_bytes_each_and_come_back_to_the_bit() -> None:
    ticks = [heard(0.1 + n / 48, TICK) for n in range(1000)]
    tape = packed(ticks)
    assert len(tape) == 21 + 8 * 1000
    assert unpacked(tape) == (ticks, len(tape))


def test_what_lies_between_ticks_stays_there() -> None:
    frames = [
        heard(0.1, TICK),
        heard(0.2, TICK),
        heard(0.2, on(60)),
        heard(0.3, TICK),
        Frame(Kind.ADVANCED, Seconds(1)),
    ]
    assert unpacked(packed(frames))[0] == frames


def test_a_run_of_ticks_that_was_cut_off_is_no_frame_and_what_is_before_it_is_whole() -> None:
    before = packed([heard(0.0, on(60))])
    tape = before + packed([heard(n / 48, TICK) for n in range(24)])
    assert unpacked(tape[:-3]) == ([heard(0.0, on(60))], len(before))


def test_a_performance_with_a_clock_is_replayed_the_same_to_the_byte() -> None:
    for bpm in (97.0, 140.3):
        performance = recorded(bpm)
        tape = packed(frame for call in performance for frame in (call.frame, *ordered(call.orders)))
        again = replayed(tape)
        assert [tuple(orders) for orders in again] == [call.orders for call in performance]
        assert sum(len(call.orders) for call in performance) > 10


@pytest.mark.parametrize("most", [4, 5, 12])
def test_a_tape_is_unpacked_to_so_many_frames_and_each_tick_is_one(most: int) -> None:
    """Two notes and ten ticks."""
    frames = [heard(0.0, on(60)), *(heard(n / 10, b"\xf8") for n in range(10)), heard(2.0, on(61))]
    tape = packed(frames)
    if most >= len(frames):
        assert unpacked(tape, most) == (frames, len(tape))
    else:
        with pytest.raises(ValueError, match=f"more than {most} entries"):
            unpacked(tape, most)
