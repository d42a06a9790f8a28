"""The mind, over a line: told everything once and in order, whatever it misses, however slow it is."""

import pytest
from tests.daemon.datagrams import Datagrams

from antiphon.core.due import Due, Order, Revoke
from antiphon.core.messages import Heard, packed, unpacked
from antiphon.lines import Line, pair
from antiphon.music.events import Seconds
from antiphon.stage.distant import AT_ONCE, DistantMind

NOW = Seconds(1.0)


class Stage:
    """A distant mind, and the moments at which it was found to have left."""

    def __init__(self) -> None:
        self.gone = 0
        self.mind = DistantMind(self._left)

    def _left(self) -> None:
        self.gone += 1

    def meet(self, after: int = 0) -> Line:
        """Another mind arrives; its end of the line."""
        here, there = pair()
        self.mind.meet(Line(here), after)
        return Line(there)

    def hear(self, *numbers: int) -> None:
        for number in numbers:
            self.mind.receive(note(number), NOW)


def note(number: int) -> bytes:
    return bytes((0x90, number % 128, 1 + number // 128 % 127))


def told(line: Line) -> list[Heard]:
    return [entry for parcel in line.received() for entry in unpacked(parcel) if isinstance(entry, Heard)]


def test_everything_is_told_once_in_order_with_its_number() -> None:
    stage = Stage()
    there = stage.meet()
    stage.hear(60, 61)
    assert stage.mind.deadline == AT_ONCE
    assert stage.mind.advance(NOW) == []
    stage.hear(62)
    stage.mind.advance(NOW)
    assert told(there) == [Heard(NOW, n, note(59 + n)) for n in (1, 2, 3)]
    assert stage.mind.deadline is None


def test_what_was_heard_while_no_mind_was_there_reaches_the_next() -> None:
    stage = Stage()
    first = stage.meet()
    stage.hear(*range(10))
    stage.mind.advance(NOW)
    first.close()
    stage.mind.orders()
    stage.hear(*range(10, 700))
    assert (stage.gone, stage.mind.deadline) == (1, None)
    second = stage.meet(after=7)
    stage.mind.advance(NOW)
    assert [heard.number for heard in told(second)] == list(range(8, 701))


def test_a_mind_that_does_not_listen_costs_no_waiting_and_hears_all_in_the_end() -> None:
    stage = Stage()
    there, count = stage.meet(), 20_000
    for number in range(count):
        stage.hear(number)
        stage.mind.advance(NOW)
    assert stage.mind.deadline == pytest.approx(NOW + 0.01)
    heard, now = told(there), 1.0
    while stage.mind.deadline is not None:
        now += 0.02
        stage.mind.advance(Seconds(now))
        heard += told(there)
    assert [one.number for one in heard] == list(range(1, count + 1))


def test_on_macos_a_mind_that_does_not_listen_is_tried_a_hundred_times_a_second_and_no_more() -> None:
    """Nothing tells there when a datagram has room again: whoever asked each time it could would do nothing else."""
    stage, (here, there) = Stage(), Datagrams.pair()
    stage.mind.meet(Line(here), 0)
    stage.hear(*range(5_000))
    now: float | None = 1.0
    while now is not None and now < 2.0 and here.tried < 1_000:
        stage.mind.advance(Seconds(now))
        now = stage.mind.deadline
    assert now == pytest.approx(2.0, abs=0.01)
    assert here.tried == pytest.approx(100, abs=10)
    heard = told(Line(there))
    while stage.mind.deadline is not None:
        stage.mind.advance(Seconds(2.0))
        heard += told(Line(there))
    assert [one.number for one in heard] == list(range(1, 5_001))


def test_no_more_is_kept_than_there_is_room_for_and_the_newest_is() -> None:
    stage = Stage()
    for number in range(50_000):
        stage.hear(number)
    there = stage.meet()
    heard = list[Heard]()
    for moment in range(1, 2000):
        stage.mind.advance(Seconds(moment))
        heard += told(there)
    assert [one.number for one in heard] == list(range(30_001, 50_001))


def test_orders_come_through_as_they_were_given() -> None:
    stage = Stage()
    there = stage.meet()
    orders: list[Order] = [Due(Seconds(2.0), note(60)), Revoke(Seconds(1.5))]
    for parcel in packed(orders):
        there.send(parcel)
    assert stage.mind.advance(NOW) == orders


def test_a_mind_that_left_is_noticed_once_and_its_last_orders_are_heard() -> None:
    stage = Stage()
    there = stage.meet()
    [parcel] = packed([Due(Seconds(2.0), note(60))])
    there.send(parcel)
    there.close()
    assert stage.mind.orders() == [Due(Seconds(2.0), note(60))]
    assert (stage.mind.orders(), stage.gone, stage.mind.line) == ([], 1, None)


def test_a_sysex_that_no_datagram_could_hold_is_not_told() -> None:
    stage = Stage()
    there = stage.meet()
    stage.mind.receive(bytes((0xF0, *[1] * 70_000, 0xF7)), NOW)
    stage.hear(60)
    stage.mind.advance(NOW)
    assert told(there) == [Heard(NOW, 1, note(60))]
