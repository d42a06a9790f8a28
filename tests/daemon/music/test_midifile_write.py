"""Writing .mid files: exact to the millisecond, the same bytes every time, whole or not at all."""

import os
import stat
import sys
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antiphon.errors import MidiFileError
from antiphon.music import midifile
from antiphon.music.events import Seconds
from antiphon.music.midifile import Track
from antiphon.music.wire import Timed

POSIX = pytest.mark.skipif(
    sys.platform == "win32", reason="a chmod shuts nothing on Windows, and folders say other words"
)

C_MAJOR = Track(
    "player", tuple(Timed(Seconds(0.125 * n), bytes((0x90, pitch, 80))) for n, pitch in enumerate((60, 64, 67)))
)


def complaint(path: Path) -> str:
    with pytest.raises(MidiFileError) as error:
        midifile.write(path, [C_MAJOR])
    return str(error.value)


def test_a_file_is_of_type_1_and_a_tick_is_a_millisecond(tmp_path: Path) -> None:
    path = tmp_path / "out.mid"

    midifile.write(path, [C_MAJOR, Track("Antiphon", ())])

    file = mido.MidiFile(path)
    assert (file.type, file.ticks_per_beat, [track.name for track in file.tracks]) == (
        1,
        500,
        ["", "player", "Antiphon"],
    )
    assert [message.time for message in file.tracks[1] if not message.is_meta] == [0, 125, 125]
    assert [message.tempo for message in file.tracks[0] if message.type == "set_tempo"] == [500_000]


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    name = draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
    message = st.one_of(
        st.tuples(st.integers(0x80, 0xBF), st.integers(0, 127), st.integers(0, 127)).map(bytes),
        st.tuples(st.integers(0xC0, 0xDF), st.integers(0, 127)).map(bytes),
        st.lists(st.integers(0, 127), max_size=200).map(lambda data: b"\xf0" + bytes(data) + b"\xf7"),
    )
    rows = draw(st.lists(st.tuples(st.integers(0, 100_000_000), message), max_size=10))
    return Track(
        name, tuple(Timed(Seconds(ms / 1000), message) for ms, message in sorted(rows, key=lambda row: row[0]))
    )


@settings(deadline=None)
@given(st.lists(tracks(), max_size=4))
def test_what_is_written_is_read_again_exact_to_the_millisecond(
    tmp_path_factory: pytest.TempPathFactory, written: list[Track]
) -> None:
    path = tmp_path_factory.mktemp("round") / "trip.mid"

    midifile.write(path, written)
    _, *again = midifile.read(path)

    assert [track.name for track in again] == [track.name for track in written]
    assert in_ms(again) == in_ms(written)


def in_ms(tracks: list[Track]) -> list[list[tuple[int, bytes]]]:
    return [[(round(timed.time * 1000), timed.message) for timed in track.messages] for track in tracks]


def test_times_are_rounded_once_and_do_not_drift(tmp_path: Path) -> None:
    third = Track("x", tuple(Timed(Seconds(n / 3), b"\x90\x3c\x40") for n in range(3000)))

    midifile.write(tmp_path / "x.mid", [third])

    assert in_ms(midifile.read(tmp_path / "x.mid"))[1] == in_ms([third])[0]


def test_the_same_music_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.mid", "two.mid"):
        midifile.write(tmp_path / name, [C_MAJOR])
    assert (tmp_path / "one.mid").read_bytes() == (tmp_path / "two.mid").read_bytes()


def test_a_name_that_no_encoding_knows_is_written_with_question_marks(tmp_path: Path) -> None:
    midifile.write(tmp_path / "x.mid", [Track("caf\udce9", ())])
    assert midifile.read(tmp_path / "x.mid")[1].name == "caf?"


def test_system_messages_that_a_file_cannot_hold_are_left_out_and_cost_no_time(tmp_path: Path) -> None:
    wire = [(0.5, "F8"), (1.0, "90 3C 40"), (1.5, "F2 01 02"), (1.75, "FE"), (2.0, "F0 01 F7"), (2.5, "F6")]
    midifile.write(tmp_path / "x.mid", [Track("x", tuple(Timed(Seconds(at), bytes.fromhex(one)) for at, one in wire))])
    assert in_ms(midifile.read(tmp_path / "x.mid"))[1] == [(1000, b"\x90\x3c\x40"), (2000, b"\xf0\x01\xf7")]


def test_an_old_file_is_replaced_and_nothing_else_is_left_in_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "моя музыка 🎶.mid"
    path.write_text("an old take")

    midifile.write(path, [C_MAJOR])

    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    assert midifile.read(path)[1] == C_MAJOR


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "link.mid").symlink_to(tmp_path / "take.mid")

    midifile.write(tmp_path / "link.mid", [C_MAJOR])

    assert (tmp_path / "link.mid").is_symlink()
    assert midifile.read(tmp_path / "take.mid")[1] == C_MAJOR


def test_a_device_is_written_to_and_not_replaced() -> None:
    midifile.write(Path(os.devnull), [C_MAJOR])
    assert not stat.S_ISREG(Path(os.devnull).stat().st_mode)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's own")
def test_a_full_disk_is_said_in_one_line() -> None:
    expected = "/dev/full: cannot write here (No space left on device); choose another --output"
    assert complaint(Path("/dev/full")) == expected


def test_a_folder_that_does_not_exist_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "out.mid"
    assert complaint(path) == f"{path}: cannot write here (No such file or directory); choose another --output"
    assert list(tmp_path.iterdir()) == []


@POSIX
def test_a_folder_as_output_stays_a_folder(tmp_path: Path) -> None:
    (tmp_path / "out.mid").mkdir()
    assert complaint(tmp_path / "out.mid").startswith(f"{tmp_path}/out.mid: cannot write here (Is a directory)")
    assert [found.name for found in tmp_path.iterdir()] == ["out.mid"]


def test_a_file_as_folder_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert complaint(tmp_path / "file" / "out.mid").startswith(f"{tmp_path / 'file' / 'out.mid'}: cannot write here (")


@POSIX
def test_a_folder_that_takes_no_files_is_said_in_one_line_and_the_old_file_stays(tmp_path: Path) -> None:
    folder, old = tmp_path / "shut", b"an old take"
    folder.mkdir()
    (folder / "out.mid").write_bytes(old)
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):  # root writes everywhere but into the kernel's own folders
        assert complaint(Path("/proc/out.mid")).startswith("/proc/out.mid: cannot write here (")
    else:
        assert complaint(folder / "out.mid").startswith(f"{folder}/out.mid: cannot write here (")
    folder.chmod(0o700)
    assert [(found.name, found.read_bytes()) for found in folder.iterdir()] == [("out.mid", old)]


def test_a_write_that_fails_halfway_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "out.mid"
    path.write_bytes(b"an old take")
    resource = pytest.importorskip("resource", reason="a limit for files is POSIX's")
    limit = resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    long = Track("long", tuple(Timed(Seconds(n / 10), b"\x90\x3c\x40") for n in range(limit)))

    signal = pytest.importorskip("signal")
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with pytest.raises(MidiFileError):
            midifile.write(path, [long])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)

    assert [(found.name, found.read_bytes()) for found in tmp_path.iterdir()] == [("out.mid", b"an old take")]
