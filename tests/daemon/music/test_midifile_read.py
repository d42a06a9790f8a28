"""Reading .mid files: every format, every clock, every name, in seconds."""

from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.music import midifile
from antiphon.music.events import Seconds, Voice, note_off, note_on, pedal
from antiphon.music.midifile import Track
from antiphon.music.wire import Timed

END = "00 FF 2F 00"
A_SECOND_OF_C = "00 90 3C 40 83 60 80 3C 00"
"""With 240 ticks a quarter at 120 bpm: 480 ticks."""


def smf(form: int, division: int, *tracks: str) -> bytes:
    """A file of a format and a division (signed), its tracks in hex."""
    bodies = [bytes.fromhex(track) for track in tracks]
    head = b"".join(number.to_bytes(2, "big") for number in (form, len(bodies), division & 0xFFFF))
    return chunk(b"MThd", head) + b"".join(chunk(b"MTrk", body) for body in bodies)


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "big") + body


def read(folder: Path, data: bytes) -> list[Track]:
    path = folder / "a file.mid"
    path.write_bytes(data)
    return midifile.read(path)


def times(track: Track) -> list[float]:
    return [round(timed.time, 6) for timed in track.messages]


def timed(*messages: tuple[float, str]) -> tuple[Timed, ...]:
    return tuple(Timed(Seconds(time), bytes.fromhex(message)) for time, message in messages)


def test_a_note_is_two_messages_with_their_seconds(tmp_path: Path) -> None:
    tracks = read(tmp_path, smf(0, 240, A_SECOND_OF_C + END))
    assert tracks == [Track("", timed((0.0, "90 3C 40"), (1.0, "80 3C 00")))]


def test_running_status_in_a_file_gives_whole_messages(tmp_path: Path) -> None:
    tracks = read(tmp_path, smf(0, 240, "00 90 3C 40 00 40 41 78 3C 00" + END))
    assert tracks[0].messages == timed((0.0, "90 3C 40"), (0.0, "90 40 41"), (0.25, "90 3C 00"))


def test_the_tracks_of_format_1_sound_together_by_one_tempo_map(tmp_path: Path) -> None:
    tempo = "81 70 FF 51 03 0F 42 40" + END  # 60 bpm from the first quarter on
    tracks = read(tmp_path, smf(1, 240, tempo, A_SECOND_OF_C + END, A_SECOND_OF_C + END))
    assert [times(track) for track in tracks] == [[], [0.0, 1.5], [0.0, 1.5]]


def test_a_tempo_may_change_on_any_track(tmp_path: Path) -> None:
    tempo = "81 70 FF 51 03 0F 42 40" + END
    tracks = read(tmp_path, smf(1, 240, A_SECOND_OF_C + END, tempo))
    assert times(tracks[0]) == [0.0, 1.5]


def test_of_several_tempos_at_one_tick_the_last_counts(tmp_path: Path) -> None:
    tempo = "00 FF 51 03 00 00 01 00 FF 51 03 0F 42 40" + END
    assert times(read(tmp_path, smf(1, 240, tempo, A_SECOND_OF_C + END))[1]) == [0.0, 2.0]


def test_the_patterns_of_format_2_sound_one_after_another_each_by_its_own_tempo(tmp_path: Path) -> None:
    slow = "00 FF 51 03 0F 42 40" + A_SECOND_OF_C + END
    tracks = read(tmp_path, smf(2, 240, slow, A_SECOND_OF_C + END))
    assert [times(track) for track in tracks] == [[0.0, 2.0], [2.0, 3.0]]


@pytest.mark.parametrize(("frames", "rate"), [(24, 24.0), (25, 25.0), (29, 30000 / 1001), (30, 30.0)])
def test_an_smpte_division_counts_frames_and_no_tempo_changes_it(tmp_path: Path, frames: int, rate: float) -> None:
    division = (-frames << 8) | 40
    tracks = read(tmp_path, smf(1, division, "00 FF 51 03 0F 42 40" + A_SECOND_OF_C + END))
    assert times(tracks[0]) == [0.0, round(480 / 40 / rate, 6)]


@pytest.mark.parametrize("name", ["left hand", "piano 🎹", "Фортепиано", "ピアノ", "Flöte", ""])
def test_a_name_in_utf_8_is_read_as_it_was_meant(tmp_path: Path, name: str) -> None:
    body = f"00 FF 03 {len(name.encode()):02X} {name.encode().hex()}" + END
    assert read(tmp_path, smf(1, 240, body)) == [Track(name, ())]


def test_a_name_that_is_not_utf_8_is_taken_for_latin_1(tmp_path: Path) -> None:
    assert read(tmp_path, smf(1, 240, "00 FF 03 05 46 6C F6 74 65" + END)) == [Track("Flöte", ())]


def test_the_name_of_the_file_may_hold_anything(tmp_path: Path) -> None:
    folder = tmp_path / "my music 🎶 музыка"
    folder.mkdir()
    assert read(folder, smf(0, 240, A_SECOND_OF_C + END))[0].messages[1].time == 1.0


@pytest.mark.parametrize(
    ("kind", "meta"),
    [
        ("a key signature that does not exist", "59 02 0B 05"),
        ("an empty key signature", "59 00"),
        ("an SMPTE offset of no frame rate", "54 05 FF 00 00 00 00"),
        ("a short time signature", "58 01 04"),
        ("a short sequence number", "00 01 01"),
        ("a channel prefix without a channel", "20 00"),
        ("a kind that nobody knows", "0A 02 01 02"),
    ],
)
def test_a_meta_message_that_no_note_depends_on_spoils_neither_notes_nor_times(
    tmp_path: Path, kind: str, meta: str
) -> None:
    # mido alone refuses the first six, and reads the note after the last one a second too early.
    tracks = read(tmp_path, smf(0, 240, f"83 60 FF {meta}" + A_SECOND_OF_C + END))
    assert times(tracks[0]) == [1.0, 2.0], kind


def test_chunks_of_other_kinds_are_skipped(tmp_path: Path) -> None:
    head, tail = smf(0, 240, A_SECOND_OF_C + END)[:14], smf(0, 240, A_SECOND_OF_C + END)[14:]
    assert times(read(tmp_path, head + chunk(b"XFIH", b"any") + tail + b"rubbish")[0]) == [0.0, 1.0]


def test_a_header_may_be_longer_than_six_bytes(tmp_path: Path) -> None:
    plain = smf(0, 240, A_SECOND_OF_C + END)
    assert times(read(tmp_path, chunk(b"MThd", plain[8:14] + b"more") + plain[14:])[0]) == [0.0, 1.0]


def test_a_midi_file_in_a_riff_wrapper_is_read(tmp_path: Path) -> None:
    inside = smf(0, 240, A_SECOND_OF_C + END)
    riff = b"RIFF" + (12 + len(inside)).to_bytes(4, "little") + b"RMIDdata" + len(inside).to_bytes(4, "little")
    assert times(read(tmp_path, riff + inside)[0]) == [0.0, 1.0]


def test_a_sysex_is_read_whole_and_is_nobody_s_note(tmp_path: Path) -> None:
    tracks = read(tmp_path, smf(0, 240, "00 F0 03 01 02 F7" + A_SECOND_OF_C + END))
    assert tracks[0].messages[0] == Timed(Seconds(0.0), bytes.fromhex("F0 01 02 F7"))
    assert midifile.events(tracks[0].messages) == [note_on(0.0, 60, 64), note_off(1.0, 60)]


def test_overlapping_notes_of_one_pitch_are_all_released() -> None:
    played = timed((0.0, "90 3C 40"), (1.0, "90 3C 50"), (2.0, "80 3C 00"), (3.0, "80 3C 00"))
    assert midifile.events(played, Voice.LEAD) == [
        note_on(0.0, 60, 64, Voice.LEAD),
        note_off(1.0, 60, Voice.LEAD),
        note_on(1.0, 60, 80, Voice.LEAD),
        note_off(2.0, 60, Voice.LEAD),
    ]


def test_what_a_file_leaves_hanging_is_released_with_its_last_message() -> None:
    played = timed((0.0, "90 3C 40"), (1.0, "B0 40 7F"), (2.0, "C0 01"))
    assert midifile.events(played)[2:] == [note_off(2.0, 60), pedal(2.0, False)]


def test_merged_tracks_are_in_order_of_time_and_ends_come_before_beginnings() -> None:
    right = Track("right", timed((0.0, "90 3C 40"), (1.0, "90 3C 50"), (1.0, "80 3C 00"), (2.0, "80 3C 00")))
    left = Track("left", timed((0.5, "91 30 40"), (1.0, "81 30 00")))
    assert midifile.merged([right, left]) == list(
        timed(
            (0.0, "90 3C 40"),
            (0.5, "91 30 40"),
            (1.0, "80 3C 00"),
            (1.0, "81 30 00"),
            (1.0, "90 3C 50"),
            (2.0, "80 3C 00"),
        )
    )


def test_a_note_of_no_length_still_ends_after_it_begins() -> None:
    played = timed((1.0, "90 3C 40"), (1.0, "80 3C 00"), (9.0, "C0 01"))
    assert midifile.events(midifile.merged([Track("", played)])) == [note_on(1.0, 60, 64), note_off(1.0, 60)]


NOTES = st.lists(
    st.tuples(st.integers(0, 0x0FFFFFFF), st.integers(0x80, 0xEF), st.integers(0, 127), st.integers(0, 127)),
    max_size=20,
)


@settings(deadline=None, max_examples=50)
@given(st.lists(NOTES, min_size=1, max_size=3), st.integers(1, 0x7FFF))
def test_messages_and_their_ticks_are_those_that_were_written(
    tmp_path_factory: pytest.TempPathFactory, notes: list[list[tuple[int, ...]]], division: int
) -> None:
    tracks = [[mido.Message.from_bytes(whole(note[1:]), time=note[0]) for note in track] for track in notes]
    path = tmp_path_factory.mktemp("read") / "x.mid"
    mido.MidiFile(type=1, ticks_per_beat=division, tracks=[mido.MidiTrack(track) for track in tracks]).save(path)

    messages = [[timed.message for timed in track.messages] for track in midifile.read(path)]
    seconds = [track.messages[-1].time if track.messages else 0.0 for track in midifile.read(path)]

    assert messages == [[bytes(message.bytes()) for message in track] for track in tracks]
    assert seconds == pytest.approx([sum(m.time for m in track) / division / 2 for track in tracks])


def whole(message: tuple[int, ...]) -> tuple[int, ...]:
    return message[:2] if 0xC0 <= message[0] < 0xE0 else message
