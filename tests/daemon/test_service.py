"""What is said of the log where systemd keeps none, and what is asked of the journal where it does."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="programs are stood in for by scripts of sh")

FOLLOWS = 'case "$*" in *--follow*) exec sleep 60;; esac\n'
"""journalctl that was asked to go on does, whatever there is."""
EMPTY = (
    f"echo No journal files were found. >&2\n{FOLLOWS}case \"$*\" in *--quiet*) ;; *) echo '-- No entries --';; esac\n"
)
"""journalctl of systemd 252 without a journal."""
SPEAKS = 'echo "$@"\n'
NO_SYSTEMD = "echo 'System has not been booted with systemd as init system' >&2\nexit 1\n"


@dataclass(frozen=True)
class Machine:
    """One that has these programs, and what our user has there."""

    folder: Path

    def have(self, name: str, script: str) -> None:
        """A program of that name."""
        program = self.folder / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\nPATH={os.defpath}\n{script}")
        program.chmod(0o755)

    def logs(self, *arguments: str) -> tuple[int, str, str]:
        """`antiphon service logs`: its status, and what it says; it has to end."""
        own = {"PATH": str(self.folder / "bin"), "XDG_STATE_HOME": str(self.folder), "COLUMNS": "200"}
        command = [sys.executable, "-m", "antiphon.cli.main", "service", "logs", *arguments]
        done = subprocess.run(command, env={**os.environ, **own}, capture_output=True, text=True, timeout=20)
        return done.returncode, done.stdout, done.stderr

    @property
    def log(self) -> Path:
        """Where `antiphon run` keeps one."""
        return self.folder / "antiphon" / "antiphon.log"


@pytest.fixture(params=["no journalctl", "no journal"])
def without(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    """A machine that systemd does not run."""
    machine = Machine(tmp_path)
    if request.param == "no journal":
        machine.have("journalctl", EMPTY)
        machine.have("systemctl", NO_SYSTEMD)
    return machine


@pytest.mark.parametrize("follow", [(), ("-f",)], ids=["once", "followed"])
def test_where_systemd_keeps_no_log_one_line_says_where_there_is_one(without: Machine, follow: tuple[str, ...]) -> None:
    without.log.parent.mkdir()
    without.log.write_text("listening\n")
    status, out, said = without.logs(*follow)
    expected = f"systemd keeps no log of antiphon.service here; what `antiphon run` said is in {without.log}"
    assert (status, out, said) == (1, "", f"antiphon: {expected}\n")


def test_where_nobody_keeps_a_log_that_is_said(without: Machine) -> None:
    expected = f"systemd keeps no log of antiphon.service here; nor has `antiphon run` left one in {without.log}"
    assert without.logs("-f") == (1, "", f"antiphon: {expected}\n")


def test_where_the_journal_has_something_of_it_that_is_shown(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.have("journalctl", SPEAKS)
    shown = "--no-pager --user-unit antiphon.service --output=short-iso --lines 7 --follow\n"
    assert machine.logs("-f", "-n", "7") == (0, shown, "")


def test_one_that_is_installed_and_has_said_nothing_yet_is_waited_for(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.have("journalctl", 'case "$*" in *--quiet*) ;; *) echo waits; exit 4;; esac\n')
    machine.have("systemctl", "echo loaded\n")
    assert machine.logs("-f") == (4, "waits\n", "")
