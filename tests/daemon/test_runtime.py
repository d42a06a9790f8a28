"""Where a running Antiphon is found."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from antiphon import runtime
from antiphon.errors import RemoteError


def test_the_folder_is_systemds_else_the_sessions_else_a_temporary_one(tmp_path: Path) -> None:
    session = {"XDG_RUNTIME_DIR": str(tmp_path)}
    assert runtime.folder({"RUNTIME_DIRECTORY": "/run/antiphon:/run/other", **session}) == Path("/run/antiphon")
    assert runtime.folder(session) == tmp_path / "antiphon"
    gone = {"XDG_RUNTIME_DIR": str(tmp_path / "gone"), "TMPDIR": str(tmp_path)}
    assert runtime.folder(gone) == tmp_path / f"antiphon-{os.getuid()}"


def test_the_folder_is_known_where_no_file_can_be_written(tmp_path: Path) -> None:
    """Python's own way to the temporary files tries to write one, and raises on a disk that is full."""
    code = "from antiphon import runtime; print(runtime.folder({}))"
    done = subprocess.run(
        ["prlimit", "--fsize=0", sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True
    )
    assert done.stdout == f"/tmp/antiphon-{os.getuid()}\n"


def test_the_folder_is_made_for_this_user_alone(tmp_path: Path) -> None:
    runtime.make(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o755, 0o770])
def test_a_folder_that_others_may_look_into_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(mode)
    with pytest.raises(RemoteError, match="not a folder of yours alone"):
        runtime.make(tmp_path / "open")


def test_a_link_to_somebody_elses_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    with pytest.raises(RemoteError, match="not a folder of yours alone"):
        runtime.make(tmp_path / "link")


def test_what_somebody_else_may_have_put_there_is_not_spoken_to(tmp_path: Path) -> None:
    """In /tmp another user may have made the folder of ours before us."""
    for name in ("ours", "open", "theirs"):
        (tmp_path / name).mkdir(mode=0o700)
        (tmp_path / name / f"{os.getpid()}.sock").touch()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    ours = {os.getpid(): tmp_path / "ours" / f"{os.getpid()}.sock"}
    for where in ("open", "link"):
        with pytest.raises(RemoteError, match=f"{where}: is not a folder of yours alone"):
            runtime.running([tmp_path / where, tmp_path / "none"])
        assert runtime.running([tmp_path / "ours", tmp_path / where]) == ours
    assert runtime.running([tmp_path / "none"]) == {}


def test_a_folder_of_somebody_elses_is_not_spoken_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    assert runtime.running([tmp_path]) == {}
    us = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: us + 1)  # only root could give it away
    with pytest.raises(RemoteError, match="not a folder of yours alone"):
        runtime.running([tmp_path])


def test_only_what_lives_counts_as_running_and_the_rest_is_swept_away(tmp_path: Path) -> None:
    for name in (f"{os.getpid()}.sock", "999999999.sock", "other.sock", "notes.txt"):
        (tmp_path / name).touch()
    assert runtime.running([tmp_path]) == {os.getpid(): tmp_path / f"{os.getpid()}.sock"}
    runtime.sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [f"{os.getpid()}.sock", "notes.txt", "other.sock"]
    )
