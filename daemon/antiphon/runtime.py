"""Where a running Antiphon can be spoken to by this user's other programs: a socket for each, named by its guard's
process id, in a folder that nobody else may look into."""

import getpass
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from antiphon.errors import RemoteError

_SUFFIX: Final = ".sock"


def folder(environment: Mapping[str, str] = os.environ) -> Path:
    """As systemd gave it to us, else as XDG asks, else among the temporary files, on a full disk too."""
    if given := environment.get("RUNTIME_DIRECTORY", "").partition(":")[0]:
        return Path(given)
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime) and os.path.isdir(runtime):
        return Path(runtime) / "antiphon"
    return Path(environment.get("TMPDIR") or "/tmp") / f"antiphon-{os.getuid()}"


def make(where: Path) -> None:
    """Have the folder, for this user alone. Raises RemoteError where somebody else has it, or where it cannot be."""
    try:
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = where.lstat()
    except OSError as error:
        raise RemoteError(f"{where}: cannot be made ({error.strerror}), so `antiphon set` cannot work") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise RemoteError(f"{where}: is not a folder of yours alone; remove it, or set XDG_RUNTIME_DIR")


def path(guard: int, where: Path | None = None) -> Path:
    """The socket of the Antiphon whose guard has that process id, where it is to be made."""
    return (where or folder()) / f"{guard}{_SUFFIX}"


def running(folders: Sequence[Path] | None = None) -> dict[int, Path]:
    """The sockets that can be spoken to, by the process ids of their guards, the newest last."""
    found = [one for where in folders or _folders() for one in where.glob(f"*{_SUFFIX}") if one.stem.isdigit()]
    return {int(one.stem): one for one in sorted(found, key=_age) if _lives(int(one.stem))}


def _folders() -> list[Path]:
    """Where one that this user started may be, and one that the system started for them (systemd/antiphon@.service)."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return [folder()]
    return [folder(), Path(f"/run/antiphon-{name}")]


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
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
