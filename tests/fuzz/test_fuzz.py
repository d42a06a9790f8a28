"""Bytes of no meaning, by the thousand: refused or heard, never worse. ANTIPHON_FUZZ_EXAMPLES asks for more of them.

What was once found is kept in `corpus`, one file for each, and tried first.
"""

import os
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes import FakeModel, Taste, played, spans

from antiphon.core.due import Due, Revoke
from antiphon.core.messages import Heard, packed, unpacked
from antiphon.core.parameters import Parameters
from antiphon.core.session import Session
from antiphon.music.events import Seconds
from antiphon.music.ledger import Ledger
from antiphon.music.wire import Listener, Stream
from antiphon.stage.voice import Voice

EXAMPLES: Final = int(os.environ.get("ANTIPHON_FUZZ_EXAMPLES", "200"))
CORPUS: Final = sorted((Path(__file__).parent / "corpus").glob("*.hex"))
_STATUS: Final = st.sampled_from([*range(0x80, 0x100)])
_BYTES: Final = st.lists(
    st.one_of(st.binary(max_size=6), st.builds(lambda status, data: bytes((status, *data)), _STATUS, st.binary()))
).map(b"".join)
fuzzed = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def heard_from_the_wire(data: bytes) -> None:
    """Whatever comes along a wire, each start has one release, and what is whole is well-formed."""
    stream, listener, events = Stream(), Listener(), []
    for message in stream.feed(data):
        assert message[0] >= 0x80
        assert all(byte < 0x80 for byte in message[1 : -1 if message[0] == 0xF0 else None])
        events += listener.hear(message, 1.0)
    events += listener.silence(2.0)
    down = set[tuple[int, int]]()
    for event in events:
        key = (int(event.kind), 0) if event.kind == 2 else (0, event.pitch)
        assert 0 <= event.pitch <= 127
        down = down | {key} if event.starts else down - {key}
    assert not down


def taken_from_the_other_process(data: bytes) -> None:
    """A parcel of no meaning is refused as a whole; what is understood can be said again."""
    try:
        entries = list(unpacked(data))
    except ValueError:
        return
    again = [entry for parcel in packed(entries) for entry in unpacked(parcel)]
    assert len(again) == len(entries)


def played_by_a_session(data: bytes) -> None:
    """The bytes are a performance: each gives how long to wait, and the message after it."""
    session, dues, now = Session(FakeModel(Taste(0.2)), Parameters()), list[Due](), 0.0
    for at in range(0, len(data) - 3, 4):
        now += data[at] / 64
        while (deadline := session.deadline) is not None and deadline <= now:
            dues += played(session.advance(max(0.0, deadline)))
        dues += played(session.receive(data[at + 1 : at + 4], now))
    dues += played(session.close(now))
    spans(dues)


def ordered_of_a_voice(data: bytes) -> None:
    """The bytes are orders: whatever they are, nothing is owed behind the farewell."""
    ours, passed = Ledger(), Ledger()
    sent = list[bytes]()
    voice = Voice(sent.append, ours, passed)
    for at in range(0, len(data) - 4, 5):
        now, message = Seconds(at / 50), data[at + 2 : at + 5]
        match data[at] % 4:
            case 0:
                voice.take([Due(Seconds(now + (data[at + 1] - 64) / 256), message)])
            case 1:
                voice.take([Revoke(Seconds(now + (data[at + 1] - 128) / 256))])
            case 2:
                voice.pass_on(message)
        voice.play_due(now)
    owed = Ledger()
    for message in [*sent, *voice.farewell()]:
        owed.note(message)
    assert owed.owed() == []


TARGETS: Final = (heard_from_the_wire, taken_from_the_other_process, played_by_a_session, ordered_of_a_voice)


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_what_was_found_once_is_found_no_more(file: Path) -> None:
    for target in TARGETS:
        target(bytes.fromhex(file.read_text()))


@fuzzed
@given(_BYTES)
def test_any_bytes_on_the_wire(data: bytes) -> None:
    heard_from_the_wire(data)


@fuzzed
@given(
    st.one_of(
        _BYTES, st.builds(lambda n, m: next(iter(packed([Heard(Seconds(0.0), n, m)]))), st.integers(0, 9), _BYTES)
    )
)
def test_any_bytes_from_another_process(data: bytes) -> None:
    taken_from_the_other_process(data)


@fuzzed
@given(st.binary(max_size=240))
def test_any_bytes_played_to_a_session(data: bytes) -> None:
    played_by_a_session(data)


@fuzzed
@given(st.binary(max_size=300))
def test_any_bytes_ordered_of_a_voice(data: bytes) -> None:
    ordered_of_a_voice(data)
