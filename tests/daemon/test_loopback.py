"""Lines over loopback: what holds of lines holds of them, and nobody gets in who does not know the key."""

import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from antiphon import loopback
from antiphon.lines import Control, End, Keyed, Line, first_word
from antiphon.loopback import Door, call

Ends = tuple[End, End]


@pytest.fixture
def ends() -> Iterator[Ends]:
    door = Door()
    caller = call(door.key)
    yield door, caller
    caller.close()
    door.close()


@pytest.fixture
def words(ends: Ends) -> tuple[Control, Control]:
    return Keyed(ends[0]), Keyed(ends[1])


def come(line: Line, count: int) -> list[bytes]:
    """So many parcels, waited for as the daemon waits."""
    parcels = list[bytes]()
    while len(parcels) < count and line.open:
        assert select.select([line], (), (), 5.0)[0], f"only {len(parcels)} of {count} came"
        parcels += line.received()
    return parcels


def until(done: Callable[[], bool]) -> None:
    """Ask again until it is."""
    last_moment = time.monotonic() + 5.0
    while not done():
        assert time.monotonic() < last_moment, "not in time"


def flushed(line: Line) -> bool:
    """Whether all that waited could be sent; nothing is said to it."""
    assert line.received() == []
    line.flush()
    return not line.congested


def said(control: Control) -> list[str]:
    """What is said next."""
    found = list[str]()
    while not found and control.open:
        assert select.select([control], (), (), 5.0)[0], "nothing was said"
        found = [word["what"] for word, _ in control.heard()]
    return found


def test_windows_has_them_and_others_where_a_test_asks_for_them() -> None:
    assert [loopback.used(platform, {}) for platform in ("win32", "linux", "darwin")] == [True, False, False]
    assert loopback.used("linux", {loopback.VARIABLE: "loopback"})


def test_of_many_parcels_in_a_burst_none_is_lost_nor_overtaken_by_another(ends: Ends) -> None:
    host, caller = map(Line, ends)
    parcels = [number.to_bytes(4, "big") * (1 + number % 50) for number in range(8000)]
    for parcel in parcels:
        caller.send(parcel)
    heard = list[bytes]()
    while len(heard) < len(parcels):
        assert select.select([host], (), (), 5.0)[0]
        heard += host.received()
        caller.flush()
    assert (heard, caller.congested) == (parcels, False)


def test_a_parcel_larger_than_there_is_room_for_arrives_whole(ends: Ends) -> None:
    host, caller = map(Line, ends)
    parcels = [bytes(range(256)) * (1 << 16), b"behind it"]
    for parcel in parcels:
        caller.send(parcel)
    assert caller.congested
    heard = list[bytes]()
    while len(heard) < len(parcels):
        assert select.select([host], (), (), 5.0)[0]
        heard += host.received()
        caller.flush()
    assert heard == parcels


def test_what_was_let_go_of_half_sent_is_ended_before_the_next_begins(ends: Ends) -> None:
    host, caller = Line(ends[0]), Line(ends[1], 1)
    caller.send(large := bytes(1 << 24))
    caller.send(b"instead of the rest of it")
    heard = list[bytes]()
    while len(heard) < 2:
        assert select.select([host], (), (), 5.0)[0]
        heard += host.received()
        caller.flush()
    assert heard == [large, b"instead of the rest of it"]


def test_what_is_sent_before_the_other_side_calls_waits_for_it() -> None:
    host = Line(door := Door())
    host.send(b"one")
    host.send(b"two")
    assert (host.congested, host.open) == (True, True)
    caller = Line(call(door.key))
    assert select.select([host], (), (), 5.0)[0]
    assert host.received() == []
    host.flush()
    assert come(caller, 2) == [b"one", b"two"]
    host.close()
    caller.close()


def test_select_tells_of_every_word_also_when_only_the_first_is_taken(words: tuple[Control, Control]) -> None:
    guard, child = words
    guard.say("play", thru=False)
    guard.say("change")
    child.say("beat")
    assert said(guard) == ["beat"]
    assert first_word(child) == ({"what": "play", "thru": False}, [])
    assert said(child) == ["change"]


@pytest.mark.parametrize("leaves", ["host", "caller"])
def test_a_side_that_has_gone_is_noticed_and_what_it_said_last_is_heard(ends: Ends, leaves: str) -> None:
    host, caller = map(Line, ends)
    host.send(b"hello")
    caller.send(b"hello")
    assert come(host, 1) == [b"hello"]
    host.flush()
    goes, stays = (host, caller) if leaves == "host" else (caller, host)
    goes.send(b"farewell")
    goes.close()
    heard = come(stays, 10)
    assert (heard[-1], stays.open) == (b"farewell", False)
    stays.send(b"anyone?")
    assert stays.received() == []


def test_one_who_calls_where_nobody_is_any_more_finds_the_line_left() -> None:
    (door := Door()).close()
    caller = Line(call(door.key))
    assert (caller.received(), caller.open) == ([], False)


@pytest.mark.parametrize("says", [b"", b"\0" * 16, b"\0" * 8, b"GET / HTTP/1.1\r\n\r\n"])
def test_a_stranger_is_told_nothing_and_keeps_nobody_out(says: bytes) -> None:
    host = Line(door := Door())
    host.send(b"secret")
    with socket.create_connection(("127.0.0.1", int(door.key.partition(":")[0])), 5.0) as stranger:
        stranger.sendall(says)
        assert select.select([host], (), (), 5.0)[0]
        assert host.received() == []
        caller = Line(call(door.key))
        until(lambda: flushed(host))
        assert come(caller, 1) == [b"secret"]
        try:
            told = stranger.recv(100)
        except ConnectionResetError:
            told = b""
        assert told == b""
    host.close()
    caller.close()


def test_more_strangers_than_are_let_in_keep_nobody_out_either() -> None:
    host = Line(door := Door())
    port = int(door.key.partition(":")[0])
    strangers = list[socket.socket]()
    for _ in range(40):
        strangers.append(socket.create_connection(("127.0.0.1", port), 5.0))
        host.received()
    caller = Line(call(door.key))
    caller.send(b"it is me")
    heard = list[bytes]()

    def heard_it() -> bool:  # asked at each beat in the daemon, for select tells of a stranger who says nothing yet
        heard.extend(host.received())
        return bool(heard)

    until(heard_it)
    assert heard == [b"it is me"]
    for stranger in strangers:
        stranger.close()
    host.close()
    caller.close()


def test_nothing_is_believed_of_one_who_took_the_door_of_another() -> None:
    door = Door()
    with socket.create_server(("127.0.0.1", 0)) as impostor:
        caller = Line(call(f"{impostor.getsockname()[1]}:{door.key.partition(':')[2]}"))
        taken, _ = impostor.accept()
        with taken:
            taken.sendall(b"\0" * 16 + b"\0\0\0\4play")
            assert (come(caller, 1), caller.open) == ([], False)
    door.close()
    caller.close()


def test_of_two_callers_with_the_key_one_is_heard() -> None:
    host = Line(door := Door())
    first = Line(call(door.key))
    first.send(b"first")
    assert come(host, 1) == [b"first"]
    second = Line(call(door.key))
    assert (second.received(), second.open, host.open) == ([], False, True)
    for line in (first, second, host):
        line.close()


def test_an_end_that_is_opened_as_a_word_is_heard_is_called_at_by_whoever_gets_the_key() -> None:
    doors = Door(), Door()
    guards = [Keyed(door) for door in doors]
    mind, page = (Keyed(call(door.key)) for door in doors)
    guards[0].say("page", [lambda key: guards[1].say("mind", [key])], new=True)
    select.select([guards[0]], (), (), 5.0)
    guards[0].heard()
    word, [given] = first_word(mind)
    assert (word, isinstance(given, Door)) == ({"what": "page", "new": True}, True)
    until(lambda: guards[0].heard() == [] and guards[1].heard() == [])
    mine = Line.of(given)
    until(lambda: not guards[0].heard() and bool(select.select([page], (), (), 0)[0]))
    guards[1].heard()
    word, [key] = first_word(page)
    assert (word, isinstance(key, str)) == ({"what": "mind"}, True)
    theirs = Line.of(key)
    theirs.send(b"through")
    assert come(mine, 1) == [b"through"]
    for end in (*guards, mind, page, mine, theirs):
        end.close()


def test_one_that_has_not_called_when_it_is_dismissed_finds_nobody() -> None:
    guard = Keyed(door := Door())
    guard.dismiss()
    child = Keyed(call(door.key))
    with pytest.raises(SystemExit) as left:
        first_word(child)
    assert (left.value.code, guard.open) == (0, False)


MEMORY = """
import sys
from antiphon.memory import taken
taken(sys.stdin.readline().strip())[3] = 7
"""


@pytest.mark.skipif(sys.platform == "darwin", reason="Windows has names for memory, Linux a /proc to stand in for them")
def test_memory_is_handed_over_by_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(loopback.VARIABLE, "loopback")
    from antiphon.memory import Memory, taken

    memory = Memory("test", 4096)
    subprocess.run([sys.executable, "-c", MEMORY], input=f"{memory.given}\n", text=True, check=True)
    assert taken(memory.given)[:4].tolist() == [0, 0, 0, 7]
    memory.close()
