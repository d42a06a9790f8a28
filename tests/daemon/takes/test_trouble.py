"""What goes wrong around takes: torn tapes, full disks, folders not to be written, too much of it, and kill -9."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes import off, on

from antiphon.core import tape
from antiphon.core.due import Due
from antiphon.core.tape import Frame, Kind
from antiphon.errors import MidiFileError, TakeError
from antiphon.music.events import Seconds
from antiphon.scribe.desk import Desk
from antiphon.takes import journal, store, takefile
from antiphon.takes.journal import Journal
from antiphon.takes.limits import Limits
from antiphon.takes.performed import performed


def opened(now: float = 0.0) -> list[Frame]:
    return tape.opening(now, {"model": "none", "sha256": "0", "parameters": {}, "horizon": 0.0, "replays": True})


def played(first: float, notes: int = 4) -> list[Frame]:
    """A note every tenth of a second, each answered."""
    frames = list[Frame]()
    for number in range(notes):
        now = first + number / 10
        frames += [Frame(Kind.HEARD, Seconds(now), 0, on(60 + number % 12))]
        frames += [*tape.ordered([Due(Seconds(now + 0.01), on(40)), Due(Seconds(now + 0.05), off(40))])]
        frames += [Frame(Kind.HEARD, Seconds(now + 0.08), 0, off(60 + number % 12))]
    return frames


def a_tape(notes: int = 4) -> bytes:
    return tape.packed([*opened(), *played(1.0, notes)])


def onsets(path: Path) -> int:
    found = performed(takefile.read(path))
    assert found is not None
    return sum(t.message[0] & 0xF0 == 0x90 for t in [*found.player, *found.ours])


class Scribe:
    """A desk whose clock is said, and what it told people."""

    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        self.told = list[str]()
        self.folder = folder
        self._desk = Desk(folder, limits or Limits(silence_s=5.0), self.told.append)
        self._desk.take(tape.packed(opened()), 0.0)

    def hears(self, now: float, notes: int = 4) -> None:
        self._desk.take(tape.packed(played(now, notes)), now)

    def opens(self, now: float) -> None:
        self._desk.take(tape.packed(opened(now)), now)

    def leaves(self) -> list[Path]:
        self._desk.leave()
        self._desk.look(0.0)
        return sorted(self.folder.glob("*.mid"))


# a tape that an earlier scribe left


@pytest.mark.parametrize("cut", [1, 7, 20, 50, 137])
def test_a_torn_tape_becomes_the_take_of_its_whole_frames(tmp_path: Path, cut: int) -> None:
    (tmp_path / ".old.tape").write_bytes(a_tape(40)[:-cut])
    [path] = Scribe(tmp_path).leaves()
    assert 76 <= onsets(path) <= 80
    assert not (tmp_path / ".old.tape").exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 4096,
        b"no tape at all",
        os.urandom(4096),
        tape.packed(opened()),
        tape.packed(played(1.0)),
        tape.packed([Frame(Kind.OPENED, Seconds(0.0), 0, b"{"), *played(1.0)]),
        tape.packed([Frame(Kind.OPENED, Seconds(0.0), 0, b"[1]"), *played(1.0)]),
        tape.packed([Frame(Kind.OPENED, Seconds(0.0), 0, b'{"format": 1}'), *played(1.0)]),
        tape.packed([*opened(), Frame(Kind.HEARD, Seconds(float("nan")), 0, on(60)), *played(1.0)]),
        tape.packed([*opened(), Frame(Kind.HEARD, Seconds(1e300), 0, on(60)), *played(1.0)]),
        tape.packed([*opened(), Frame(Kind.HEARD, Seconds(1.0), 0, b"\x90\xff\xff"), *played(1.0)]),
        tape.packed([*opened(), Frame(Kind.HEARD, Seconds(1.0), 0, b""), *played(1.0)]),
        tape.packed([*opened(), Frame(Kind.CHANGED, Seconds(1.0), 0, b'{"tempo": "fast"}'), *played(1.0)]),
        tape.packed([*opened(), Frame(Kind.CHANGED, Seconds(1.0), 0, b'{"tempo": 0}'), *played(1.0)]),
        tape.packed([*opened(), Frame(Kind.CHANGED, Seconds(1.0), 0, b"\xff"), *played(1.0)]),
    ],
    ids=["empty", "zeros", "text", "noise", "no notes", "no head", "torn head", "list", "poor head", "nan", "never",
         "no midi", "no message", "no tempo", "tempo of 0", "no json"],
)  # fmt: skip
def test_a_tape_that_is_broken_is_met_once_and_never_ends_the_scribe(tmp_path: Path, data: bytes) -> None:
    (tmp_path / ".old.tape").write_bytes(data)
    scribe = Scribe(tmp_path)
    scribe.hears(1.0)
    made = scribe.leaves()
    assert made, scribe.told
    again = Scribe(tmp_path)
    assert again.leaves() == made
    assert again.told == []
    broken = sorted(tmp_path.glob("*.broken"))
    assert [path.read_bytes() for path in broken] in ([], [data])
    assert len(scribe.told) == len(broken)
    assert all(str(path) in told for path, told in zip(broken, scribe.told, strict=True))


def test_a_broken_tape_does_not_keep_the_others_back(tmp_path: Path) -> None:
    (tmp_path / ".a.tape").write_bytes(tape.packed([Frame(Kind.OPENED, Seconds(0.0), 0, b"{"), *played(1.0)]))
    (tmp_path / ".b.tape").write_bytes(a_tape())
    scribe = Scribe(tmp_path)
    assert scribe.leaves() == [tmp_path / "b.mid"]
    assert [told.partition(":")[0] for told in scribe.told] == [str(tmp_path / "a.tape.broken")]


def test_a_tape_that_somebody_writes_is_left_alone(tmp_path: Path) -> None:
    writer = Journal(tmp_path, "now")
    writer.add(a_tape())
    assert Scribe(tmp_path).leaves() == []
    writer.close(keep=True)
    assert Scribe(tmp_path).leaves() == [tmp_path / "now.mid"]


def test_a_folder_or_a_dangling_link_named_like_a_tape_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / ".folder.tape").mkdir()
    (tmp_path / ".link.tape").symlink_to(tmp_path / "nowhere")
    (tmp_path / ".old.tape").write_bytes(a_tape())
    assert Scribe(tmp_path).leaves() == [tmp_path / "old.mid"]


# a disk that takes no more


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 kB."""
    if os.getuid():
        pytest.skip("only root may mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_on_a_full_disk_it_is_said_once_and_goes_on_when_there_is_room(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(200_000))
    scribe = Scribe(small_disk)
    for second in range(40):
        scribe.hears(1.0 + second, notes=50)
    assert scribe.told == [
        f"{small_disk}: takes cannot be kept (No space left on device); playing goes on without them"
    ]
    ballast.unlink()
    scribe.hears(60.0, notes=50)
    scribe.hears(61.0, notes=50)
    [path] = scribe.leaves()
    found = performed(takefile.read(path))
    assert found is not None
    assert found.lost > 0
    assert any("entries are missing here" in mark.text for mark in found.marks)
    assert found.seconds > 60


def test_a_take_that_finds_no_room_at_its_end_is_made_at_the_next_start(small_disk: Path) -> None:
    scribe = Scribe(small_disk)
    scribe.hears(1.0, notes=300)
    used = sum(path.stat().st_size for path in small_disk.iterdir())
    (small_disk / "ballast").write_bytes(bytes(256 * 1024 - used - 8192))
    assert scribe.leaves() == []
    assert [told.split(": ", 1)[1] for told in scribe.told] == [
        "takes cannot be kept (No space left on device); playing goes on without them"
    ]
    (small_disk / "ballast").unlink()
    [path] = Scribe(small_disk).leaves()
    assert onsets(path) == 600


def test_where_a_file_may_not_grow_further_nothing_is_torn(tmp_path: Path) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer = Journal(tmp_path, "now")
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, before[1]))
        writer.add(a_tape())
        with pytest.raises(OSError, match="too large"):
            writer.add(a_tape() * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert writer.size % len(a_tape()) == 0
    assert writer.read() == a_tape() * (writer.size // len(a_tape()))
    assert writer.path.stat().st_size == writer.size
    writer.close(keep=False)


def test_a_folder_that_may_not_be_written_is_said_and_costs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    scribe = Scribe(tmp_path / "file" / "takes")
    scribe.hears(1.0)
    scribe.hears(20.0)
    assert scribe.leaves() == []
    [said] = scribe.told
    assert said.startswith(f"{tmp_path / 'file' / 'takes'}: takes cannot be kept (Not a directory)")


def test_a_folder_that_is_read_only_is_said(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    scribe = Scribe(small_disk)
    scribe.hears(1.0)
    assert scribe.leaves() == []
    [said] = scribe.told
    assert "(Read-only file system)" in said


# limits


def test_when_there_are_too_many_the_oldest_go_and_the_newest_stays(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"2026-01-0{number + 1}.mid").write_bytes(bytes(1000))
    gone = store.sweep(tmp_path, 2500, 0)
    assert [take.name for take in gone] == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert [take.name for take in store.listed(tmp_path)] == ["2026-01-04", "2026-01-05"]
    assert [take.name for take in store.sweep(tmp_path, 1, 0)] == ["2026-01-04"]


def test_takes_older_than_so_many_days_go(tmp_path: Path) -> None:
    for name, days in (("a", 9), ("b", 2), ("c", 20)):
        (tmp_path / f"{name}.mid").write_bytes(b"x")
        os.utime(tmp_path / f"{name}.mid", (0, time.time() - 86_400 * days))
    assert [take.name for take in store.sweep(tmp_path, 10**9, 7)] == ["a"]
    assert [take.name for take in store.listed(tmp_path)] == ["b", "c"]


def test_what_no_take_is_is_never_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "song.txt").write_bytes(bytes(10_000))
    (tmp_path / "a.mid").write_bytes(bytes(10))
    (tmp_path / "b.mid").write_bytes(bytes(10))
    assert [take.name for take in store.sweep(tmp_path, 15, 0)] == ["a"]
    assert (tmp_path / "song.txt").exists()


def test_a_tape_that_grows_too_long_is_cut_and_both_parts_are_takes(tmp_path: Path) -> None:
    scribe = Scribe(tmp_path, Limits(silence_s=5.0, longest_bytes=20_000))
    for second in range(12):
        scribe.hears(1.0 + second, notes=9)
        time.sleep(0.002)
    paths = scribe.leaves()
    assert len(paths) >= 1
    assert onsets(paths[0]) > 0


# a take that is read


def test_a_take_cut_anywhere_is_refused_by_name_and_its_notes_still_open(tmp_path: Path) -> None:
    whole = tmp_path / "whole.mid"
    takefile.write(whole, tape.calls(tape.unpacked(a_tape(40))[0]))
    data, cut = whole.read_bytes(), tmp_path / "cut.mid"
    for size in range(0, len(data), 97):
        cut.write_bytes(data[:size])
        with pytest.raises((TakeError, MidiFileError), match=str(cut)):
            takefile.read(cut)


def test_a_take_whose_tape_is_damaged_still_has_its_notes(tmp_path: Path) -> None:
    path = tmp_path / "take.mid"
    takefile.write(path, tape.calls(tape.unpacked(a_tape(40))[0]))
    data = bytearray(path.read_bytes())
    at = data.index(b"antiphon take") + 40
    data[at : at + 30] = bytes(30)
    path.write_bytes(data)
    with pytest.raises(TakeError, match="its notes can still be played"):
        takefile.read(path)
    found = takefile.opened(path)
    assert len([t for t in found.player if t.message[0] & 0xF0 == 0x90]) == 40
    assert len([t for t in found.ours if t.message[0] & 0xF0 == 0x90]) == 40


def test_whoever_recovers_while_a_tape_begins_leaves_it_alone(tmp_path: Path) -> None:
    recovering, troubles = [True], list[str]()

    def recover() -> None:
        while recovering:
            journal.recover(tmp_path, troubles.append)

    other = threading.Thread(target=recover)
    other.start()
    try:
        for number in range(300):
            tape_ = journal.Journal(tmp_path, f"take{number}")
            tape_.add(b"something")
            assert tape_.path.exists()
            tape_.close(keep=False)
    finally:
        recovering.clear()
        other.join()
    assert (troubles, list(tmp_path.iterdir())) == ([], [])


# kill -9

_WRITER = """
import sys, time
from pathlib import Path
from antiphon.core import tape
from antiphon.scribe.desk import Desk
from antiphon.takes.limits import Limits
from tests.daemon.takes.test_trouble import opened, played
desk = Desk(Path(sys.argv[1]), Limits(), print)
desk.take(tape.packed(opened(time.monotonic())), time.monotonic())
while True:
    now = time.monotonic()
    desk.take(tape.packed(played(now, 1)), now)
    print(now, flush=True)
    time.sleep(0.02)
"""


@pytest.mark.parametrize("after", [1, 40])
def test_killed_without_warning_it_loses_less_than_a_second(
    tmp_path: Path, after: int, until: Callable[[subprocess.Popen[str], int], float]
) -> None:
    with subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as writer:
        last = until(writer, after)
        writer.send_signal(signal.SIGKILL)
    assert list(tmp_path.glob("*.mid")) == []
    [path] = journal.recover(tmp_path)
    calls = takefile.read(path)
    assert last - max(call.frame.time for call in calls) < 1.0
    assert list(tmp_path.glob(".*.tape")) == []


@pytest.fixture
def until() -> Callable[[subprocess.Popen[str], int], float]:
    """Reads so many lines of a writer; returns the moment in the last."""

    def read(writer: subprocess.Popen[str], lines: int) -> float:
        assert writer.stdout is not None
        return [float(writer.stdout.readline()) for _ in range(lines)][-1]

    return read
