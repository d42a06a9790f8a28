"""The units as they are shipped, as systemd's own tools judge them."""

import os
import subprocess
from pathlib import Path

import pytest

from antiphon.service import FOLDERS, Unit, text

pytestmark = pytest.mark.systemd

MOST = 20
"""Tenths of systemd's measure of exposure that the system unit may have."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Both units as shipped, but for a command that is there."""
    [shipped] = [folder for folder in FOLDERS if folder.is_dir()]
    for unit in shipped.iterdir():
        lines = unit.read_text().splitlines()
        commands = [line for line in lines if line.startswith("Exec")]
        assert commands == ["ExecStart=antiphon run", "ExecReload=/bin/kill -HUP $MAINPID"]
        installed = "\n".join("ExecStart=/bin/true" if line.startswith("ExecStart=") else line for line in lines)
        (tmp_path / unit.name).write_text(installed)
    (tmp_path / "antiphon@musician.service").write_text((tmp_path / "antiphon@.service").read_text())
    return tmp_path


def analyze(folder: Path, *arguments: str) -> tuple[int, str, str]:
    env = {**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    done = subprocess.run(["systemd-analyze", *arguments], cwd=folder, env=env, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_nothing_in_the_units_is_unknown_to_systemd(folder: Path) -> None:
    assert analyze(folder, "--user", "verify", "./antiphon.service") == (0, "", "")
    assert analyze(folder, "verify", "./antiphon@musician.service") == (0, "", "")


def test_a_key_that_does_not_exist_would_be_noticed(folder: Path) -> None:
    unit = folder / "antiphon.service"
    unit.write_text(unit.read_text().replace("LimitCORE=0", "LimitKORE=0"))
    assert "LimitKORE" in analyze(folder, "--user", "verify", "./antiphon.service")[2]


def test_the_system_unit_is_little_exposed(folder: Path) -> None:
    status, said, _ = analyze(
        folder, "security", "--offline=true", f"--threshold={MOST}", "./antiphon@musician.service"
    )
    print(said.strip().splitlines()[-1])
    assert status == 0, said


def test_a_path_with_blanks_and_signs_is_written_so_that_systemd_takes_it(folder: Path) -> None:
    python = folder / "my venv 100%" / "py$thon"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    for unit in (Unit(), Unit("musician")):
        (folder / unit.name).write_text(text(unit, str(python)))
    assert analyze(folder, "--user", "verify", "./antiphon.service") == (0, "", "")
    assert analyze(folder, "verify", "./antiphon@musician.service") == (0, "", "")
