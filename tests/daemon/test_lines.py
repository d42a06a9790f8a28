"""Lines carry everything in order, never wait, and say when the other side has gone."""

import os
import socket
from collections.abc import Iterator

import pytest
from tests.daemon.datagrams import Datagrams

from antiphon.lines import Control, Line, first_word, pair

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    both = pair()
    yield both
    for end in both:
        end.close()


def test_parcels_arrive_whole_and_in_order(ends: Ends) -> None:
    here, there = map(Line, ends)
    parcels = [bytes((n,)) * (1 + 200 * n) for n in range(200)]
    for parcel in parcels:
        here.send(parcel)
    heard = there.received()
    while here.congested:
        here.flush()
        heard += there.received()
    assert heard == parcels


def test_what_there_is_no_room_for_waits_in_order_and_never_blocks(ends: Ends) -> None:
    here, there = map(Line, ends)
    parcels = [n.to_bytes(4, "big") * 2000 for n in range(500)]
    for parcel in parcels:
        here.send(parcel)
    assert here.congested
    heard = list[bytes]()
    while len(heard) < len(parcels):
        heard += there.received()
        here.flush()
    assert (heard, here.congested) == (parcels, False)


def test_of_what_waits_no_more_is_kept_than_was_agreed(ends: Ends) -> None:
    here, there = Line(ends[0], 3), Line(ends[1])
    while not here.congested:
        here.send(bytes(1000))
    for number in range(10):
        here.send(bytes((number,)))
    there.received()
    here.flush()
    assert there.received() == [bytes((7,)), bytes((8,)), bytes((9,))]


def test_a_side_that_has_gone_is_noticed_by_whoever_listens_or_sends(ends: Ends) -> None:
    here = Line(ends[0])
    ends[1].close()
    here.send(b"anyone?")
    assert not here.open
    assert here.received() == []


def test_what_was_said_before_leaving_is_still_heard(ends: Ends) -> None:
    here, there = map(Line, ends)
    here.send(b"farewell")
    here.close()
    assert (there.received(), there.open) == ([b"farewell"], False)


@pytest.mark.parametrize("told_after", [False, True], ids=["unread", "and told more"])
def test_last_words_are_heard_of_one_who_left_without_reading_all_it_was_told(ends: Ends, told_after: bool) -> None:
    guard, child = map(Control, ends)
    guard.say("play")
    child.say("notice", why="something is amiss")
    child.say("failed", why="no such file")
    child.close()
    if told_after:
        guard.say("state")
    assert [word["what"] for word, _ in guard.heard()] == ["notice", "failed"]
    assert not guard.open


def test_parcels_are_heard_of_one_who_left_without_reading_all_it_was_sent(ends: Ends) -> None:
    here, there = map(Line, ends)
    here.send(b"heard")
    there.send(b"answer")
    there.close()
    here.send(b"more")
    assert (here.received(), here.open) == ([b"answer"], False)


def test_words_bring_files_along(ends: Ends) -> None:
    guard, child = map(Control, ends)
    reading, writing = os.pipe()
    guard.say("take", [writing], number=7)
    os.close(writing)
    [(word, [file])] = child.heard()
    assert isinstance(file, int)
    os.write(file, b"through")
    os.close(file)
    assert (word, os.read(reading, 100)) == ({"what": "take", "number": 7}, b"through")
    os.close(reading)


def test_a_word_to_one_who_has_gone_is_no_error(ends: Ends) -> None:
    guard = Control(ends[0])
    ends[1].close()
    guard.say("stop")
    guard.say("stop")
    assert (guard.open, guard.heard()) == (False, [])


def test_a_word_to_one_who_does_not_listen_never_blocks(ends: Ends) -> None:
    guard = Control(ends[0])
    for _ in range(10_000):
        guard.say("beat", more="x" * 1000)
    assert guard.open


def test_the_first_word_is_waited_for_and_the_others_stay_for_later(ends: Ends) -> None:
    guard, child = map(Control, ends)
    guard.say("play", thru=False)
    guard.say("stop")
    assert first_word(child) == ({"what": "play", "thru": False}, [])
    assert [word["what"] for word, _ in child.heard()] == ["stop"]


@pytest.mark.parametrize("last", ["stop", None])
def test_one_who_stands_by_leaves_when_told_to_or_when_the_guard_has_gone(ends: Ends, last: str | None) -> None:
    guard, child = map(Control, ends)
    if last:
        guard.say(last)
    guard.close()
    with pytest.raises(SystemExit) as left:
        first_word(child)
    assert left.value.code == 0


@pytest.fixture
def datagrams() -> tuple[Datagrams, Datagrams]:
    return Datagrams.pair()


def test_on_macos_last_words_are_heard_and_then_that_the_other_side_has_gone(
    datagrams: tuple[Datagrams, Datagrams],
) -> None:
    here, there = map(Line, datagrams)
    there.send(b"farewell")
    there.close()
    assert (here.received(), here.open) == ([b"farewell"], False)


def test_on_macos_whoever_sends_learns_that_the_other_side_has_gone_whatever_was_said_before(
    datagrams: tuple[Datagrams, Datagrams],
) -> None:
    here, there = map(Line, datagrams)
    there.close()
    datagrams[0].reset = False  # somebody else was told
    here.send(b"anyone?")
    assert not here.open


def test_on_macos_what_there_is_no_room_for_waits_in_order(datagrams: tuple[Datagrams, Datagrams]) -> None:
    here, there = map(Line, datagrams)
    parcels = [bytes((n,)) for n in range(10)]
    for parcel in parcels:
        here.send(parcel)
    heard = there.received()
    assert (len(heard), here.congested, here.open) == (4, True, True)
    while here.congested:
        here.flush()
        heard += there.received()
    assert heard == parcels


def test_both_ends_have_room_to_send_and_to_hear(ends: Ends) -> None:
    usual = socket.socketpair()
    for room in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        assert [
            end.getsockopt(socket.SOL_SOCKET, room) > usual[0].getsockopt(socket.SOL_SOCKET, room) for end in ends
        ] == [True, True]
    for end in usual:
        end.close()
