"""What a performance remembers is a value: whoever keeps an earlier one finds it as it was, whatever came after."""

import numpy as np

from antiphon.core.trace import REMEMBERED, Trace


def grown(trace: Trace, first: int, last: int) -> Trace:
    """With moments `first` to `last` - 1, each followed by an event of its own number."""
    for number in range(first, last):
        trace = trace.at(np.full(3, number, np.float32)).followed_by(number % 100, number % 50)
    return trace


def told(trace: Trace) -> list[tuple[int, int]]:
    """Each moment's number, and the token that followed it."""
    return list(zip(trace.moments[:, 0].astype(int).tolist(), trace.followed[:, 1].tolist(), strict=True))


def test_a_moment_is_remembered_once_it_is_known_what_followed_it() -> None:
    trace = Trace.untouched(3)
    assert told(trace.followed_by(5, 60)) == []
    waiting = trace.at(np.ones(3, np.float32))
    assert told(waiting) == []
    after = waiting.followed_by(5, 60)
    assert (after.moments.tolist(), after.followed.tolist()) == ([[1.0, 1.0, 1.0]], [[5, 60]])
    assert told(trace) == []


def test_two_futures_of_one_past_do_not_know_of_each_other() -> None:
    past = grown(Trace.untouched(3), 0, 10)
    one, other = grown(past, 10, 14), grown(past, 20, 23)
    assert told(past) == [(n, n) for n in range(10)]
    assert told(one) == [(n, n) for n in range(14)]
    assert told(other) == [(n, n) for n in [*range(10), *range(20, 23)]]
    assert told(grown(one, 30, 31))[-2:] == [(13, 13), (30, 30)]


def test_the_oldest_is_forgotten_and_what_is_kept_stays_whole() -> None:
    trace = grown(Trace.untouched(3), 0, 5 * REMEMBERED + 7)
    assert len(trace.moments) == REMEMBERED
    assert trace.moments[:, 0].astype(int).tolist() == list(range(4 * REMEMBERED + 7, 5 * REMEMBERED + 7))
