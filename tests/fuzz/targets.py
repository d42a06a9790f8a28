"""What bytes of no meaning are given to, and what has to hold whatever they are."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.fakes import FakeModel, Taste, played, spans

from antiphon.core.due import Due, Revoke
from antiphon.core.messages import packed, unpacked
from antiphon.core.parameters import Parameters
from antiphon.core.session import Session
from antiphon.music.events import Seconds
from antiphon.music.ledger import Ledger
from antiphon.music.wire import Listener, Stream
from antiphon.stage.voice import Voice

CORPUS: Final = Path(__file__).parent / "corpus"
"""What was once found, one file for each."""


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


TARGETS: Final[tuple[Callable[[bytes], None], ...]] = (
    heard_from_the_wire,
    taken_from_the_other_process,
    played_by_a_session,
    ordered_of_a_voice,
)
