"""Messages come out at their moment, in order, and what is taken back does not."""

from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.due import Due
from antiphon.music.events import Seconds
from antiphon.stage.queue import DueQueue

FOREVER = Seconds(1e9)


def _due(time: float, message: str) -> Due:
    return Due(Seconds(time), bytes.fromhex(message))


def _queue(*dues: Due) -> DueQueue:
    queue = DueQueue()
    for due in dues:
        queue.push(due)
    return queue


_DUES = st.lists(
    st.builds(
        lambda time, kind, key, value: Due(Seconds(time), bytes((kind, key, value))),
        st.integers(0, 5),
        st.sampled_from((0x80, 0x90, 0xB0)),
        st.sampled_from((60, 64)),
        st.sampled_from((0, 100)),
    )
)


@given(_DUES)
def test_messages_come_out_by_time_and_those_of_one_time_in_the_order_they_came(dues: list[Due]) -> None:
    assert _queue(*dues).pop_due(FOREVER) == sorted(dues, key=lambda due: due.time)


def test_only_what_is_due_comes_out() -> None:
    queue = _queue(_due(2.0, "904040"), _due(1.0, "903c40"))
    assert (queue.next, queue.pop_due(Seconds(0.999))) == (1.0, [])
    assert queue.pop_due(Seconds(1.0)) == [_due(1.0, "903c40")]
    assert (queue.next, queue.pop_due(Seconds(2.5)), queue.next) == (2.0, [_due(2.0, "904040")], None)


@given(_DUES, st.integers(0, 6))
def test_of_what_is_taken_back_nothing_comes_out_and_of_the_rest_everything(dues: list[Due], after: int) -> None:
    queue = _queue(*dues)
    queue.revoke(Seconds(after))
    assert queue.pop_due(FOREVER) == sorted((due for due in dues if due.time <= after), key=lambda due: due.time)
