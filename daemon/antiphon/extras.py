"""How what is not installed comes to the interpreter that runs. Knows pip, pipx and uv by what they leave behind."""

import importlib.util
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

_PIPX: Final = "pipx_metadata.json"
_UV: Final = "uv-receipt.toml"
"""What each lays into the environment that it makes for a program."""


def install(
    extra: str,
    prefix: Path = Path(sys.prefix),
    executable: str = sys.executable,
    pip: bool = importlib.util.find_spec("pip") is not None,
    system: str = sys.platform,
) -> str:
    """The command that installs antiphon[extra] where this Antiphon is, whichever tool put it there.

    prefix, executable, pip   the environment, its interpreter, and whether pip is in it

    None of the three fetches Antiphon again: what is there already is taken, also where it came from a file.
    """
    wanted = f"antiphon[{extra}]"
    if (prefix / _PIPX).exists():
        command = ["pipx", "runpip", prefix.name, "install", wanted]
    elif (prefix / _UV).exists() or not pip:
        command = ["uv", "pip", "install", "--python", executable, wanted]
    else:
        command = [executable, "-m", "pip", "install", wanted]
    return subprocess.list2cmdline(command) if system == "win32" else shlex.join(command)
