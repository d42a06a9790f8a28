"""What the wire promises: whole messages out of any bytes, and exactly one release for every start."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from antiphon.music.events import Event, Voice, note_off, note_on, pedal
from antiphon.music.wire import LONGEST_SYSEX, Listener, Stream, encode, everything_off, whole

calm = settings(deadline=None)

MESSAGES = st.one_of(
    st.tuples(st.integers(0x80, 0xEF), st.integers(0, 127), st.integers(0, 127)),
    st.tuples(st.integers(0x90, 0x91), st.integers(58, 62), st.integers(0, 2)),
    st.tuples(st.integers(0xB0, 0xB1), st.sampled_from((64, 120, 121, 123, 127)), st.sampled_from((0, 63, 64, 127))),
    st.lists(st.integers(0, 255), max_size=5).map(tuple),
)
STREAMS = st.lists(MESSAGES, max_size=40).map(lambda messages: bytes(byte for m in messages for byte in m))
TIMES = st.floats(allow_nan=False)


def cut(*wire: str) -> list[str]:
    """What a Stream makes of pieces of hex, as hex."""
    stream = Stream()
    return [message.hex(" ") for piece in wire for message in stream.feed(bytes.fromhex(piece))]


def heard(*wire: str) -> list[Event]:
    """What a Listener hears in whole messages of hex, one a second from 0 s."""
    listener = Listener()
    return [event for now, message in enumerate(wire) for event in listener.hear(bytes.fromhex(message), float(now))]


@pytest.mark.parametrize(
    ("claim", "wire", "whole"),
    [
        ("running status", "90 3C 40 3E 41", ["90 3c 40", "90 3e 41"]),
        ("running status of one data byte", "C3 01 02", ["c3 01", "c3 02"]),
        ("a clock inside a message", "90 3C F8 40", ["f8", "90 3c 40"]),
        ("active sensing between messages keeps running status", "90 3C 40 FE 3E 40", ["90 3c 40", "fe", "90 3e 40"]),
        ("a clock inside a sysex", "F0 01 F8 02 F7", ["f8", "f0 01 02 f7"]),
        ("an empty sysex", "F0 F7", ["f0 f7"]),
        ("a sysex ends running status", "90 3C 40 F0 01 F7 3E 40", ["90 3c 40", "f0 01 f7"]),
        ("a status byte cuts a sysex short", "F0 01 90 3C 40", ["90 3c 40"]),
        ("a sysex inside a sysex", "F0 01 F0 02 F7", ["f0 02 f7"]),
        ("the end of no sysex", "90 3C F7 40 90 3E 40", ["90 3e 40"]),
        ("data before any status", "3C 40 90 3E 40", ["90 3e 40"]),
        ("a new status drops a message begun", "90 3C 80 3E 40", ["80 3e 40"]),
        ("a song position has two data bytes", "F2 01 02 03", ["f2 01 02"]),
        ("quarter frames and song selects have one", "F1 71 F3 05 06", ["f1 71", "f3 05"]),
        ("a tune request has none", "90 3C F6 40", ["f6"]),
        ("undefined common bytes are skipped with their data", "90 3C 40 F4 3E 40 F5 01", ["90 3c 40"]),
        ("undefined real-time bytes are as if not there", "90 3C F9 40 FD 3E 41", ["90 3c 40", "90 3e 41"]),
        ("start, continue, stop and reset pass", "FA FB FC FF", ["fa", "fb", "fc", "ff"]),
    ],
)
def test_a_stream_is_cut_by_the_rules_of_midi_1(claim: str, wire: str, whole: list[str]) -> None:
    assert cut(wire) == whole, claim


def test_a_message_may_come_in_pieces() -> None:
    assert cut("90", "3C", "", "40 3E", "40") == ["90 3c 40", "90 3e 40"]


def test_a_sysex_that_never_ends_is_dropped_and_the_next_message_is_heard() -> None:
    stream = Stream()

    flooded = [stream.feed(b"\xf0"), *(stream.feed(bytes(LONGEST_SYSEX // 4)) for _ in range(5))]

    assert flooded == [[]] * 6
    assert stream.feed(b"\xf7\x90\x3c\x40") == [b"\x90\x3c\x40"]


def test_the_longest_sysex_still_passes() -> None:
    whole = b"\xf0" + bytes(LONGEST_SYSEX) + b"\xf7"
    assert Stream().feed(whole) == [whole]


@calm
@given(STREAMS, st.lists(st.integers(0, 200)))
def test_chunking_does_not_change_what_a_stream_gives(data: bytes, places: list[int]) -> None:
    stream, borders = Stream(), sorted({0, *(min(place, len(data)) for place in places), len(data)})

    pieces = [data[start:stop] for start, stop in pairwise(borders)]
    in_pieces = [message for piece in pieces for message in stream.feed(piece)]

    assert in_pieces == Stream().feed(data)


@calm
@given(STREAMS)
def test_what_a_stream_gives_is_whole_and_gives_itself_again(data: bytes) -> None:
    messages = Stream().feed(data)

    assert [Stream().feed(message) for message in messages] == [[message] for message in messages]
    assert all(whole(message) for message in messages)


@pytest.mark.parametrize(
    "wire", ["", "3c40", "90", "903c", "903c4000", "903c80", "c0", "c00101", "f1", "f203", "f800", "f600"]
)
def test_what_is_no_message_is_known_as_that(wire: str) -> None:
    assert not whole(bytes.fromhex(wire))


@pytest.mark.parametrize(
    "wire", ["903c40", "c001", "d07f", "f101", "f20304", "f6", "f8", "f9", "f0", "f07e7f0601f7", "f07e"]
)
def test_a_message_and_a_part_of_a_sysex_are_known_as_that(wire: str) -> None:
    assert whole(bytes.fromhex(wire))


def test_a_note_on_with_velocity_0_is_a_note_off() -> None:
    assert heard("90 3C 40", "90 3C 00") == [note_on(0.0, 60, 64), note_off(1.0, 60)]


def test_a_note_off_that_nobody_owes_is_dropped() -> None:
    assert heard("80 3C 40", "90 3C 00") == []


def test_a_second_note_on_of_a_held_key_releases_it_first_and_leaves_nothing_behind() -> None:
    events = heard("90 3C 40", "90 3C 50", "80 3C 00", "80 3C 00")
    assert events == [note_on(0.0, 60, 64), note_off(1.0, 60), note_on(1.0, 60, 80), note_off(2.0, 60)]


def test_the_pedal_is_down_from_64_and_is_heard_once() -> None:
    events = heard("B0 40 3F", "B0 40 40", "B0 40 7F", "B0 40 3F", "B0 40 00")
    assert events == [pedal(1.0, True), pedal(3.0, False)]


def test_the_pedals_of_two_channels_are_one_pedal() -> None:
    assert heard("B0 40 7F", "B1 40 7F", "B0 40 00", "B1 40 00") == [pedal(0.0, True), pedal(3.0, False)]


def test_channels_are_kept_apart() -> None:
    events = heard("90 3C 40", "91 3C 50", "81 3C 00", "80 3C 00")
    assert events == [note_on(0.0, 60, 64), note_on(1.0, 60, 80), note_off(2.0, 60), note_off(3.0, 60)]


@pytest.mark.parametrize("number", [120, 123, 124, 125, 126, 127])
def test_all_notes_off_releases_what_its_channel_holds_and_no_other(number: int) -> None:
    events = heard("90 3C 40", "90 40 41", "91 43 42", "B0 40 7F", f"B0 {number:02X} 00")
    assert events[4:] == [note_off(4.0, 60), note_off(4.0, 64), pedal(4.0, False)]


def test_local_control_releases_nothing_and_a_reset_lifts_the_pedal_alone() -> None:
    assert heard("90 3C 40", "B0 40 7F", "B0 7A 00", "B0 79 00")[2:] == [pedal(3.0, False)]


def test_everything_else_is_no_event() -> None:
    assert (
        heard("", "F8", "C0 05", "E0 00 40", "A0 3C 40", "D0 10", "B0 42 7F", "F0 01 02 F7", "90 3C", "90 3C F8") == []
    )


def test_a_listener_holds_while_a_key_is_down_but_not_for_the_pedal() -> None:
    listener = Listener()

    holding = []
    for message in ("B0 40 7F", "90 3C 40", "80 3C 40"):
        listener.hear(bytes.fromhex(message), 0.0)
        holding.append(listener.holding)

    assert holding == [False, True, False]


@calm
@given(STREAMS, st.lists(TIMES, max_size=60))
@example(bytes.fromhex("90 3C 40 3C 41 B0 40 7F B1 40 7F"), [3.0, 1.0])
def test_after_silence_every_start_has_exactly_one_release(data: bytes, times: list[float]) -> None:
    listener, events = Listener(Voice.LEAD), list[Event]()

    for number, message in enumerate(Stream().feed(data)):
        events += listener.hear(message, times[number % len(times)] if times else 0.0)
    events += listener.silence(9.0)

    assert balance(events) == {}
    assert not listener.holding
    assert listener.silence(9.0) == []


def balance(events: list[Event]) -> dict[tuple[int, int], int]:
    """What is still down after events; a release that nobody owed fails at once."""
    down = dict[tuple[int, int], int]()
    for event in events:
        key = int(event.kind is pedal(0.0, True).kind), event.pitch
        down[key] = down.get(key, 0) + (1 if event.starts else -1)
        assert down[key] >= 0, f"{event} releases what was not down"
    return {key: count for key, count in down.items() if count}


@calm
@given(st.lists(st.lists(st.integers(0, 255), max_size=6).map(bytes), max_size=30))
def test_a_listener_takes_any_bytes_for_a_message(messages: list[bytes]) -> None:
    listener = Listener()
    events = [event for message in messages for event in listener.hear(message, 0.0)]
    assert balance(events + listener.silence(0.0)) == {}


@pytest.mark.parametrize(
    ("event", "wire"),
    [
        (note_on(1.0, 60, 100), "93 3c 64"),
        (note_off(1.0, 60), "83 3c 40"),
        (pedal(1.0, True), "b3 40 7f"),
        (pedal(1.0, False), "b3 40 00"),
    ],
)
def test_an_event_is_three_bytes_on_its_channel(event: Event, wire: str) -> None:
    assert encode(event, channel=3).hex(" ") == wire


@calm
@given(st.integers(0, 127), st.integers(1, 127), st.integers(0, 15), st.sampled_from(Voice))
def test_what_is_encoded_is_heard_again(pitch: int, velocity: int, channel: int, voice: Voice) -> None:
    played = [
        note_on(0.0, pitch, velocity, voice),
        pedal(0.0, True, voice),
        note_off(0.0, pitch, voice),
        pedal(0.0, False, voice),
    ]
    listener = Listener(voice)

    assert [again for event in played for again in listener.hear(encode(event, channel), 0.0)] == played


def test_everything_off_is_a_release_of_every_key_and_four_controls_on_every_channel() -> None:
    keys = {bytes((0x80 | channel, key, 64)) for channel in range(16) for key in range(128)}
    controls = {bytes((0xB0 | channel, number, 0)) for channel in range(16) for number in (123, 120, 121, 64)}
    assert sorted(everything_off()) == sorted(keys | controls)
