"""Music that was before anybody plays is heard in chunks, ends when somebody plays, and leaves no key down."""

from pathlib import Path

import pytest
from tests.fakes import FakeModel

from antiphon.core.parameters import Parameters
from antiphon.core.session import Session
from antiphon.errors import MidiFileError
from antiphon.mind.primer import CHUNK, Primer, read
from antiphon.music import midifile
from antiphon.music.events import Event, note_off, note_on
from antiphon.music.midifile import Track
from antiphon.offline import PHRASE


def tune(notes: int) -> list[Event]:
    return [
        event
        for n in range(notes)
        for event in (note_on(10.0 + n * 0.2, 60 + n % 12, 70), note_off(10.1 + n * 0.2, 60 + n % 12))
    ]


def test_a_prime_is_heard_whole_a_chunk_at_a_time_and_ends_now() -> None:
    model, events = FakeModel(), tune(20)
    primer = Primer(model, events)
    pieces = 1
    while not primer.work():
        pieces += 1
    memory = primer.memory(500.0)
    assert pieces == -(-len(events) // CHUNK)
    assert (memory.past.count, memory.past.time, memory.phrase) == (len(events), 500.0, None)
    heard = [*model.heard(memory.past.state), memory.past.last]
    assert [one.event.pitch for one in heard if one.event] == [event.pitch for event in events]


def test_whoever_plays_in_the_middle_of_it_finds_every_key_let_go_of() -> None:
    model = FakeModel()
    primer = Primer(model, [note_on(n * 0.1, 40 + n, 70) for n in range(40)])
    primer.work()
    session = Session(model, Parameters(), 0.0)
    session.resume(primer.memory(5.0), [], 5.0)
    assert session.memory.past.keyboard.count.sum() == 0
    assert session.memory.past.count == 2 * CHUNK


def test_a_solo_goes_on_from_it_by_itself_and_a_reply_waits_for_a_phrase() -> None:
    for mode, plays in (("solo", True), ("reply", False)):
        model, primer = FakeModel(), Primer(FakeModel(), tune(4))
        primer = Primer(model, tune(4))
        primer.work()
        session = Session(model, Parameters().changed(mode=mode), 0.0)
        session.resume(primer.memory(5.0), [], 5.0)
        now, heard = 5.0, 0
        while session.deadline is not None and session.deadline <= 9.0 and now <= 9.0:
            now = max(now, float(session.deadline))
            heard += len(session.advance(now))
        assert (heard > 0) == plays, mode


def test_a_file_is_read_and_one_without_notes_is_refused(tmp_path: Path) -> None:
    assert sum(event.starts for event in read(PHRASE)) > 10
    midifile.write(tmp_path / "silent.mid", [Track("player", ())])
    with pytest.raises(MidiFileError, match="no notes in this file"):
        read(tmp_path / "silent.mid")
