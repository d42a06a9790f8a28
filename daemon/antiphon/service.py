"""Antiphon as a service of systemd: its unit written with the interpreter's true path, enabled, started, taken away.

Says what it does line by line. Starts nothing but systemd's own commands, and never asks for a password.
"""

import getpass
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from antiphon import places
from antiphon.errors import ServiceError

if sys.platform != "win32":
    import pwd

_PACKAGE: Final = Path(__file__).resolve().parent
FOLDERS: Final = (_PACKAGE / "systemd", _PACKAGE.parents[1] / "systemd")
"""Where the units that are shipped lie: inside the package, or beside it in a checkout."""
_SYSTEM: Final = Path("/etc/systemd/system")
_USER_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_NO_BUS: Final = ("Failed to connect to bus", "not been booted with systemd")


@dataclass(frozen=True, slots=True)
class Unit:
    """Our unit: the user's own, or, where `user` is given, the system's for that user."""

    user: str | None = None

    @property
    def template(self) -> str:
        """What the file is called."""
        return "antiphon@.service" if self.user else "antiphon.service"

    @property
    def name(self) -> str:
        """What systemd calls it."""
        return f"antiphon@{self.user}.service" if self.user else self.template

    @property
    def path(self) -> Path:
        """Where the file is written."""
        if self.user:
            return _SYSTEM / self.template
        return places.config() / "systemd" / "user" / self.template

    @property
    def manager(self) -> list[str]:
        """Which systemd: an option for its commands."""
        return [] if self.user else ["--user"]


def text(unit: Unit, interpreter: str = sys.executable) -> str:
    """The unit that is shipped, with the command that runs this very Antiphon."""
    for folder in FOLDERS:
        if (shipped := folder / unit.template).is_file():
            ours = f"ExecStart={quoted(interpreter)} -m antiphon.cli.main run"
            lines = shipped.read_text(encoding="utf-8").splitlines()
            return "\n".join(ours if line.startswith("ExecStart=") else line for line in lines) + "\n"
    raise ServiceError(f"{unit.template} is missing from this installation; install Antiphon again")


def quoted(path: str) -> str:
    """A path as ExecStart= takes it (systemd.service(5), "Command lines")."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"' if re.search(r"""[\s"';\\]""", path) else escaped


def install(unit: Unit, linger: bool = False) -> Iterator[str]:
    """Write, enable and start the unit. Raises ServiceError."""
    _known(unit)
    _asked(unit, "show-environment")  # or files would be left where no systemd is
    wanted = text(unit)
    there = unit.path.read_text(encoding="utf-8") if unit.path.exists() else None
    changed = there != wanted
    if changed:
        _write(unit.path, wanted)
    yield f"{unit.path}: {'written' if there is None else 'brought up to date' if changed else 'is as it should be'}"
    yield f"  it runs {sys.executable}: run this again when that moves"
    _asked(unit, "daemon-reload")
    _asked(unit, "enable", unit.name)
    yield f"{unit.name}: starts {'with the machine' if unit.user else 'when you log in'}"
    if linger and not unit.user:
        _called("loginctl", "enable-linger", _me())
        yield "linger: it starts with the machine and stays when you log out (`loginctl disable-linger` undoes it)"
    running = _call(unit, "is-active", "--quiet", unit.name).returncode == 0
    _asked(unit, "restart" if running and changed else "start", unit.name)
    yield f"{unit.name}: {_said(unit) or 'runs'}"


def uninstall(unit: Unit) -> Iterator[str]:
    """Stop, disable and remove the unit; no fault where it is not there. Raises ServiceError."""
    _known(unit)
    if not unit.path.exists():
        yield f"{unit.path}: is not there; nothing to do"
        return
    _asked(unit, "disable", "--now", unit.name)
    yield f"{unit.name}: stopped and disabled"
    if unit.user and (others := sorted(_SYSTEM.glob("*.wants/antiphon@*.service"))):
        yield f"{unit.path}: stays for {', '.join(other.name for other in others)}"
        return
    try:
        unit.path.unlink()
    except OSError as error:
        raise ServiceError(f"{unit.path}: cannot be removed ({error.strerror})") from error
    _asked(unit, "daemon-reload")
    _call(unit, "reset-failed", unit.name)
    yield f"{unit.path}: removed"


def status(unit: Unit) -> tuple[str, int]:
    """What it is doing, in one line, and systemctl's exit status for that: 0 where it runs, 3 where not."""
    _known(unit)
    state = _asked(unit, "show", "--property=LoadState,ActiveState,StatusText,NRestarts", unit.name)
    found = dict(line.partition("=")[::2] for line in state.splitlines())
    if found.get("LoadState") != "loaded":
        return f"{unit.name}: not installed; `antiphon service install` does that", 3
    restarts = f", restarted {found['NRestarts']} times" * (found.get("NRestarts", "0") != "0")
    doing = f": {found['StatusText']}" if found.get("StatusText") else ""
    return f"{unit.name}: {found['ActiveState']}{restarts}{doing}", 0 if found["ActiveState"] == "active" else 3


def reload(unit: Unit) -> str:
    """Let it read its configuration again; what it said of that is in its log. Raises ServiceError."""
    _known(unit)
    _asked(unit, "reload", unit.name)
    return f"{unit.name}: reads its configuration again; `antiphon service logs` says what came of it"


def logs(unit: Unit, lines: int, follow: bool, log: Path) -> int:
    """Show its journal; journalctl's exit status. Raises ServiceError where systemd keeps none of it, and says where
    `antiphon run` keeps `log`."""
    _known(unit)
    source = ["--unit", unit.name] if unit.user else ["--user-unit", unit.name]
    journal = [shutil.which("journalctl") or "", "--no-pager", *source]
    if not (journal[0] and (_kept(journal) or _installed(unit))):
        raise ServiceError(f"systemd keeps no log of {unit.name} here; {_elsewhere(unit, log)}")
    options = ["--output=short-iso", "--lines", str(lines), *(["--follow"] if follow else [])]
    return subprocess.run([*journal, *options], check=False).returncode


def _kept(journal: Sequence[str]) -> bool:
    """Whether the journal has anything of it. Without one, `journalctl --follow` would wait for ever."""
    last = [*journal, "--quiet", "--output=cat", "--lines", "1"]
    return bool(subprocess.run(last, capture_output=True, check=False).stdout)


def _installed(unit: Unit) -> bool:
    """Whether there is a systemd that knows it: then the journal may have something yet."""
    if not shutil.which("systemctl"):
        return False
    return _call(unit, "show", "--property=LoadState", "--value", unit.name).stdout.strip() == "loaded"


def _elsewhere(unit: Unit, log: Path) -> str:
    if unit.user:
        return f"`antiphon service logs`, as {unit.user}, says where `antiphon run` keeps one"
    if log.exists():
        return f"what `antiphon run` said is in {log}"
    return f"nor has `antiphon run` left one in {log}"


def _said(unit: Unit) -> str:
    return _asked(unit, "show", "--property=StatusText", "--value", unit.name).strip()


def _known(unit: Unit) -> None:
    if unit.user is None:
        return
    if not _USER_NAME.fullmatch(unit.user):
        raise ServiceError(f"{unit.user!r} is no user's name")
    if sys.platform != "win32":
        try:
            pwd.getpwnam(unit.user)
        except KeyError:
            raise ServiceError(f"there is no user {unit.user!r}; `sudo adduser {unit.user}` makes one") from None


def _asked(unit: Unit, *command: str) -> str:
    return _printed(["systemctl", *command], _call(unit, *command))


def _called(*command: str) -> str:
    done = subprocess.run([_program(command[0]), *command[1:]], capture_output=True, text=True, check=False)
    return _printed(list(command), done)


def _call(unit: Unit, *command: str) -> subprocess.CompletedProcess[str]:
    program = [_program("systemctl"), *unit.manager, "--no-ask-password"]
    return subprocess.run([*program, *command], capture_output=True, text=True, check=False)


def _printed(command: list[str], done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode == 0:
        return done.stdout
    why = " ".join(done.stderr.split())
    if any(sign in why for sign in _NO_BUS):
        why = "no systemd answers here; log in as yourself (not with su or sudo), or use --system USER as root"
    elif "failed because" in why:
        why = f"{why.partition(' See ')[0]} `antiphon service logs` says why"
    elif "denied" in why or "authentication required" in why:
        why = f"{why}; do it with sudo"
    raise ServiceError(f"{' '.join(command)}: {why or f'ended with status {done.returncode}'}")


def _program(name: str) -> str:
    if found := shutil.which(name):
        return found
    raise ServiceError(f"{name} is not here: this system is not run by systemd; start `antiphon run` by other means")


def _write(path: Path, wanted: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted, encoding="utf-8")
    except OSError as error:
        raise ServiceError(f"{path}: cannot be written ({error.strerror}); a system service needs sudo") from error


def _me() -> str:
    if sys.platform == "win32":
        name = getpass.getuser()
    else:
        name = pwd.getpwuid(os.getuid()).pw_name
    return name
