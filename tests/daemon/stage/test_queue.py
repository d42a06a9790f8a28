"""Messages come out at their moment, in order, and what is taken back never costs a release."""

from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.due import Due
from antiphon.music.events import Seconds
from antiphon.music.ledger import Ledger
from antiphon.stage.queue import DueQueue

FOREVER = Seconds(1e9)


def _due(time: float, message: str) -> Due:
    return Due(Seconds(time), bytes.fromhex(message))


def _queue(*dues: Due) -> DueQueue:
    queue = DueQueue()
    queue.push(dues)
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


def test_a_note_taken_back_goes_with_its_own_release() -> None:
    queue = _queue(_due(1.0, "903c40"), _due(1.5, "803c40"), _due(2.0, "f8"))
    assert queue.revoke(lambda due: due.message[0] == 0x90) == [_due(1.0, "903c40"), _due(1.5, "803c40")]
    assert queue.pop_due(FOREVER) == [_due(2.0, "f8")]


def test_the_release_of_a_note_that_sounds_already_is_never_taken_back() -> None:
    queue = _queue(_due(1.0, "803c40"), _due(1.2, "903c40"), _due(1.5, "803c40"), _due(1.6, "b04000"))
    queue.revoke(lambda due: True)
    assert queue.pop_due(FOREVER) == [_due(1.0, "803c40"), _due(1.6, "b04000")]


@given(_DUES, st.integers(0, 6), st.integers(0, 5))
def test_taking_back_leaves_no_more_owed_than_was_owed_without_it(dues: list[Due], heard: int, cut: int) -> None:
    played, untouched = _queue(*dues), _queue(*dues)
    before = played.pop_due(Seconds(heard))
    played.revoke(lambda due: due.time >= cut)
    with_cut = _owed([*before, *played.pop_due(FOREVER)])
    without = _owed(untouched.pop_due(FOREVER))
    assert all(with_cut.count(release) <= without.count(release) for release in with_cut)


def _owed(dues: list[Due]) -> list[bytes]:
    ledger = Ledger()
    for due in dues:
        ledger.note(due.message)
    return ledger.owed()
