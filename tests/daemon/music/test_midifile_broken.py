"""A file that cannot be read is one clear line that names it, whatever is wrong with it."""

import os
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.errors import MidiFileError
from antiphon.music import midifile
from antiphon.music.events import Seconds
from antiphon.music.midifile import Track
from antiphon.music.wire import Timed

HEAD = bytes.fromhex("4D546864 00000006 0001 0002 00F0")
TEMPO = bytes.fromhex("4D54726B 00000011 00FF51030F4240 00FF59020000 00FF2F00")
NOTES = bytes.fromhex("4D54726B 00000014 00FF030161 00903C40 003E40 78803C00 00FF2F00")
GOOD = HEAD + TEMPO + NOTES


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("broken files") / "my piece.mid"


def track(body: bytes) -> bytes:
    return b"MTrk" + len(body).to_bytes(4, "big") + body


def complaint(path: Path) -> str:
    """What is said about a file that cannot be read."""
    with pytest.raises(MidiFileError) as error:
        midifile.read(path)
    return str(error.value)


def of(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return complaint(path)


def outcome(path: Path, data: bytes) -> list[Track]:
    """The tracks, or none and a proper complaint. Any other exception is a fault."""
    path.write_bytes(data)
    try:
        return midifile.read(path)
    except MidiFileError as error:
        complaint = str(error)
    assert complaint.startswith(f"{path}: not a readable MIDI file (")
    assert len(complaint.splitlines()) == 1
    return []


def test_the_file_that_the_others_are_broken_from_is_good(path: Path) -> None:
    path.write_bytes(GOOD)
    notes = [(0.0, "90 3C 40"), (0.0, "90 3E 40"), (0.5, "80 3C 00")]  # at 60 bpm
    assert midifile.read(path) == [
        Track("", ()),
        Track("a", tuple(Timed(Seconds(time), bytes.fromhex(message)) for time, message in notes)),
    ]


def test_a_file_cut_short_at_any_place_is_refused(path: Path) -> None:
    complaints = {of(path, GOOD[:length]) for length in range(len(GOOD))}
    assert complaints == {
        f"{path}: not a readable MIDI file ({reason}); export it again"
        for reason in ("it is empty", "it has no MIDI header", "it ends too early")
    }


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b"Dear diary, today I practised.\n", "it has no MIDI header"),
        (b"RIFF\x04\x00\x00\x00WAVE", "it has no MIDI header"),
        (HEAD[:10] + b"\x00\x00\x00\xf0", "it has no tracks"),
        (HEAD[:8] + b"\x00\x07" + HEAD[10:] + TEMPO + NOTES, "format 7 is unknown"),
        (b"MThd\x00\x00\x00\x02\x00\x01", "its header is too short"),
        (GOOD.replace(b"\x00\xf0", b"\x00\x00", 1), "its time division is 0"),
        (GOOD.replace(b"\x00\xf0", b"\xe7\x00", 1), "its time division is 0 ticks in each of 25 frames a second"),
        (GOOD.replace(b"\x00\xf0", b"\xff\x28", 1), "its time division is 40 ticks in each of 1 frames a second"),
        (GOOD.replace(b"\x00\x02\x00\xf0", b"\x00\x03\x00\xf0"), "it ends too early"),
        (GOOD.replace(b"\x00\x00\x00\x14", b"\x00\x00\x00\x13"), "it ends too early"),
        (GOOD.replace(b"\x00\x00\x00\x14", b"\x00\x00\x00\x15"), "it ends too early"),
        (GOOD.replace(b"\x00\x00\x00\x14", b"\xff\xff\xff\xff"), "it ends too early"),
        (GOOD.replace(b"MTrk", b"\xff\xff\xff\xff", 1), "it ends too early"),
        (GOOD.replace(b"\x00\x90\x3c\x40", b"\x00\xf4\x3c\x40"), "undefined status byte 0xf4"),
        (GOOD.replace(b"\x00\xff\x51\x03", b"\x00\xff\x51\x00"), "damaged data"),
        (GOOD.replace(b"\x00\x90\x3c\x40", b"\x00\x3c\x3c\x40"), "running status without last_status"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_file_is_refused_in_one_line_that_says_why(path: Path, data: bytes, reason: str) -> None:
    assert of(path, data) == f"{path}: not a readable MIDI file ({reason}); export it again"


@pytest.mark.parametrize(
    ("delta", "reason"),
    [
        ("90 80 80 80 00", "a delta time of more than four bytes"),
        ("FF" * 100 + "7F", "a delta time of more than four bytes"),
        ("FF" * 1_000_000 + "7F", "damaged data"),
    ],
    ids=["five bytes", "a hundred bytes", "a million bytes"],
)
def test_a_delta_time_that_no_file_can_hold_is_refused_at_once(path: Path, delta: str, reason: str) -> None:
    data = HEAD[:11] + b"\x01\x00\xf0" + track(bytes.fromhex(delta + "90 3C 40 00 FF 2F 00"))
    assert of(path, data) == f"{path}: not a readable MIDI file ({reason}); export it again"


def test_the_longest_delta_times_are_read(path: Path) -> None:
    body = bytes.fromhex("00 FF 51 03 FF FF FF" + "FF FF FF 7F 90 3C 40" * 3)
    path.write_bytes(HEAD[:11] + b"\x01\x00\x01" + track(body))
    assert midifile.read(path)[0].messages[-1].time == 3 * 0x0FFFFFFF * 0xFFFFFF / 1e6


def test_a_chunk_that_claims_gigabytes_takes_no_memory(path: Path) -> None:
    data = GOOD.replace(b"\x00\x00\x00\x14", b"\xff\xff\xff\xff")
    tracemalloc.start()
    of(path, data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert complaint(tmp_path / "gone.mid") == f"{tmp_path / 'gone.mid'}: no such file; check the name"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert complaint(tmp_path) == f"{tmp_path}: is a folder; name a .mid file in it"


@pytest.mark.skipif(sys.platform == "win32", reason="a chmod shuts nothing on Windows")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    secret = tmp_path / "secret.mid"
    secret.write_bytes(GOOD)
    secret.chmod(0)
    if os.access(secret, os.R_OK):  # root reads everything but a page that is not mapped
        secret = Path("/proc/self/mem")
    assert complaint(secret).startswith(f"{secret}: cannot be read (")


calm = settings(deadline=None, max_examples=300)
PLACES = st.integers(0, len(GOOD) - 1)


@calm
@given(st.lists(st.tuples(PLACES, st.integers(0, 255)), min_size=1, max_size=6))
def test_a_file_with_bytes_changed_is_read_or_refused(path: Path, changes: list[tuple[int, int]]) -> None:
    data = bytearray(GOOD)
    for place, byte in changes:
        data[place] = byte
    outcome(path, bytes(data))


@calm
@given(PLACES, PLACES, st.binary(max_size=20))
def test_a_file_with_a_piece_replaced_is_read_or_refused(path: Path, start: int, stop: int, piece: bytes) -> None:
    outcome(path, GOOD[:start] + piece + GOOD[stop:])


@calm
@given(st.binary(max_size=80), st.integers(-0x8000, 0x7FFF))
def test_a_track_of_any_bytes_is_read_or_refused_and_its_notes_end(path: Path, body: bytes, division: int) -> None:
    head = HEAD[:11] + b"\x01" + (division & 0xFFFF).to_bytes(2, "big")
    tracks = outcome(path, head + track(body))
    events = midifile.events(midifile.merged(tracks))
    assert sum(1 if event.starts else -1 for event in events) == 0


@calm
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(path: Path, data: bytes) -> None:
    outcome(path, data)
