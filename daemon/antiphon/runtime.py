"""Where a running Antiphon can be spoken to by this user's other programs: a socket for each, named by its guard's
process id, in a folder that nobody else may look into. On Windows a file that says the port and the secret."""

import ctypes
import getpass
import os
import socket
import stat
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from antiphon import loopback
from antiphon.errors import RemoteError

_SUFFIX: Final = ".sock"
_THEIRS: Final = "{}: is not a folder of yours alone; remove it, or set XDG_RUNTIME_DIR"
_SYNCHRONIZE: Final = 0x00100000


def folder(environment: Mapping[str, str] = os.environ) -> Path:
    """As systemd gave it to us, else as XDG asks, else among the temporary files, on a full disk too."""
    if given := environment.get("RUNTIME_DIRECTORY", "").partition(":")[0]:
        return Path(given)
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime) and os.path.isdir(runtime):
        return Path(runtime) / "antiphon"
    if sys.platform == "win32":
        found = Path(environment.get("LOCALAPPDATA") or Path.home()) / "antiphon" / "running"
    else:
        found = Path(environment.get("TMPDIR") or "/tmp") / f"antiphon-{os.getuid()}"
    return found


def make(where: Path) -> None:
    """Have the folder, for this user alone. Raises RemoteError where somebody else has it, or where it cannot be."""
    try:
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        ours = _ours(where)
    except OSError as error:
        raise RemoteError(f"{where}: cannot be made ({error.strerror}), so `antiphon set` cannot work") from error
    if not ours:
        raise RemoteError(_THEIRS.format(where))


def path(guard: int, where: Path | None = None) -> Path:
    """The socket of the Antiphon whose guard has that process id, where it is to be made."""
    return (where or folder()) / f"{guard}{_SUFFIX}"


def running(folders: Sequence[Path] | None = None) -> dict[int, Path]:
    """The sockets that can be spoken to, by the process ids of their guards, the newest last. What somebody else may
    have put there is not spoken to: where there is nothing but that, RemoteError is raised."""
    there = [where for where in folders or _folders() if where.exists()]
    ours = [where for where in there if _ours(where)]
    if there and not ours:
        raise RemoteError(_THEIRS.format(there[0]))
    found = [one for where in ours for one in where.glob(f"*{_SUFFIX}") if one.stem.isdigit()]
    return {int(one.stem): one for one in sorted(found, key=_age) if _lives(int(one.stem))}


def reached(where: Path, patience_s: float | None) -> socket.socket:
    """A line to the Antiphon that is spoken to there, waiting so long for each answer. Raises OSError."""
    if loopback.used():
        port, _, secret = where.read_text(encoding="ascii").partition(" ")
        if not port.isdigit():
            raise ConnectionRefusedError("it is just being written")
        talking = socket.create_connection((loopback.HOST, int(port)))
        talking.settimeout(patience_s)
        talking.sendall(secret.encode() + b"\n")
    elif sys.platform != "win32":
        talking = socket.socket(socket.AF_UNIX)
        talking.settimeout(patience_s)
        try:
            talking.connect(str(where))
        except OSError:
            talking.close()
            raise
    return talking


def _ours(where: Path) -> bool:
    """Whether a folder is this user's, and nobody else may so much as look into it. Raises OSError."""
    found = where.lstat()
    alone = sys.platform == "win32" or (found.st_uid == os.getuid() and not found.st_mode & 0o077)
    return stat.S_ISDIR(found.st_mode) and alone


def _folders() -> list[Path]:
    """Where one that this user started may be, and one that the system started for them (systemd/antiphon@.service)."""
    found = [folder()]
    if sys.platform != "win32":
        with suppress(KeyError, OSError):  # a user without a name
            found.append(Path(f"/run/antiphon-{getpass.getuser()}"))
    return found


def sweep(where: Path) -> None:
    """Throw away what those left behind that did not end in good order."""
    for one in where.glob(f"*{_SUFFIX}"):
        if one.stem.isdigit() and not _lives(int(one.stem)):
            one.unlink(missing_ok=True)


def _age(one: Path) -> float:
    try:
        return one.stat().st_mtime
    except OSError:  # it has just gone
        return 0.0


def _lives(number: int) -> bool:
    if sys.platform == "win32":  # where to send signal 0 is to send a Ctrl-C
        system, lives = ctypes.WinDLL("kernel32"), False
        if opened := system.OpenProcess(_SYNCHRONIZE, False, number):
            lives = system.WaitForSingleObject(opened, 0) != 0
            system.CloseHandle(opened)
    else:
        try:
            os.kill(number, 0)
            lives = True
        except PermissionError:  # somebody else's
            lives = True
        except ProcessLookupError:
            lives = False
    return lives
