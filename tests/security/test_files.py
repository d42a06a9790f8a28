"""Files that strangers made, and folders that others can write in."""

import os
import stat
import zlib
from pathlib import Path

import mido
import pytest

from antiphon.cli import log
from antiphon.config.layers import configured
from antiphon.config.options import EVERY
from antiphon.core import tape
from antiphon.core.tape import Frame, Kind
from antiphon.errors import AntiphonError, MidiFileError, TakeError
from antiphon.mind import models, sharing
from antiphon.music import files, midifile
from antiphon.music.events import Seconds
from antiphon.notify import Systemd
from antiphon.outside import Outside
from antiphon.scribe.desk import Desk
from antiphon.takes import takefile
from antiphon.takes.limits import Limits


def lay_a_link(folder: Path, name: str) -> Path:
    """What another user can do in a shared folder, who guesses the name that a file has while it is written."""
    victim = folder / "victim"
    victim.write_text("precious")
    (folder / f".{name}.{os.getpid()}").symlink_to(victim)
    return victim


def test_a_link_laid_where_a_midi_file_is_about_to_be_written_is_not_followed(tmp_path: Path) -> None:
    victim = lay_a_link(tmp_path, "new.mid")
    files.put(tmp_path / "new.mid", b"MThd")
    assert victim.read_text() == "precious"
    assert (tmp_path / "new.mid").read_bytes() == b"MThd"
    assert not (tmp_path / "new.mid").is_symlink()


def test_a_link_laid_where_a_model_is_about_to_be_given_away_is_not_followed(tmp_path: Path) -> None:
    victim = lay_a_link(tmp_path, "me.antiphon")
    (tmp_path / ".me.antiphon.writing").symlink_to(victim)
    (tmp_path / "me.antiphon").symlink_to(victim)
    sharing.export(sharing.files("default"), tmp_path / "me.antiphon")
    assert victim.read_text() == "precious"
    assert not (tmp_path / "me.antiphon").is_symlink()
    assert sharing.opened(tmp_path / "me.antiphon") == sharing.files("default")


def test_a_link_laid_where_a_model_is_about_to_be_installed_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    (folder := models.own()).mkdir(parents=True)
    victim = lay_a_link(folder, "mine.onnx")
    for name in (".mine.json.writing", ".mine.onnx.writing", "mine.json"):
        (folder / name).symlink_to(victim)
    sharing.install(tmp_path / "mine.antiphon", sharing.files("default"), "mine")
    assert victim.read_text() == "precious"
    assert not (folder / "mine.json").is_symlink()


def test_a_link_laid_where_the_ready_file_is_about_to_be_written_is_not_followed(tmp_path: Path) -> None:
    victim = lay_a_link(tmp_path, "ready.json")
    outside = Outside(tmp_path / "ready.json", Systemd.found({}), lambda url: None)
    outside.ready({"pids": {"guard": 1}, "ports": {"in": [], "out": []}, "model": "default", "granted": "neither"})
    outside.close()
    assert victim.read_text() == "precious"


def test_the_folder_of_the_log_is_its_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    table = configured(None, {}).table("logging")
    log.begin(table)
    log.begin({**table, "file": False})  # as the other tests expect it
    assert stat.S_IMODE((tmp_path / "antiphon").stat().st_mode) == stat.S_IRWXU


def test_the_folder_of_takes_and_what_is_being_written_there_are_their_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    desk = Desk(folder, Limits(), lambda line: None)
    frames = [Frame(Kind.OPENED, Seconds(0.0), payload=b"{}"), Frame(Kind.HEARD, Seconds(1.0), payload=b"\x90\x3c\x50")]
    desk.take(tape.packed(frames), 1.0)
    [journal] = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IRWXU
    assert stat.S_IMODE(journal.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR


def test_a_midi_file_larger_than_any_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "endless.mid"
    with path.open("wb") as file:
        file.write(b"MThd")
        file.truncate(1 << 40)  # takes no room on the disk
    with pytest.raises(MidiFileError, match="are not read; cut it into pieces"):
        midifile.read(path)


def take_of(tape_: bytes, folder: Path) -> Path:
    folded = zlib.compress(tape_, 9)
    pieces = [b"\x7dantiphon take\x01" + folded[at : at + 30_000] for at in range(0, len(folded), 30_000)]
    track = mido.MidiTrack([mido.MetaMessage("sequencer_specific", data=tuple(piece)) for piece in pieces])
    file = mido.MidiFile(type=1)
    file.tracks.append(track)
    file.save(folder / "bomb.mid")
    return folder / "bomb.mid"


def test_a_take_that_unfolds_without_an_end_is_damaged(tmp_path: Path) -> None:
    """A few kilobytes of zlib can be gigabytes: what is unfolded has an end."""
    path = take_of(bytes(takefile._LARGEST + 1), tmp_path)
    assert path.stat().st_size < 1 << 20
    with pytest.raises(AntiphonError, match="damaged"):
        takefile.read(path)


def test_a_take_of_more_entries_than_any_is_damaged_and_they_are_not_made(tmp_path: Path) -> None:
    """Eight bytes of a tape are a tick, and a tick is two hundred bytes in memory."""
    ticks = tape.packed([Frame(Kind.TICKS, Seconds(0.0), 0, bytes(8 << 17))])
    path = take_of(tape.packed(tape.opening(0.0, {})) + ticks * (takefile._MOST // (1 << 17)), tmp_path)
    assert path.stat().st_size < 1 << 20
    with pytest.raises(TakeError, match=r"the take is damaged \(more than 4194304 entries\)"):
        takefile.read(path)


def test_nothing_that_a_configuration_sets_runs_a_program() -> None:
    """Were there such a key, a stranger's file could. `$EDITOR` is the environment's."""
    words = ("command", "exec", "hook", "script", "shell", "program", "plugin")
    assert [option.name for option in EVERY if any(word in option.name for word in words)] == []
