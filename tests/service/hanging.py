"""Run inside the container: hangs a process, and says when systemd has had enough of it and when it was gone.

`python -m tests.service.hanging stopped|deaf PID`. One that is stopped goes on when systemd sends it a signal; one that
is deaf is held as a debugger holds it, takes no signal, and can only be killed.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from tests.live.jack_server import wait_until

_ATTACH: Final = 16  # ptrace(2)
_WITHIN_S: Final = 40.0


def main(how: str, pid: int) -> None:
    """Hang it, and wait until it is gone."""
    if how == "stopped":
        os.kill(pid, signal.SIGSTOP)
    elif ctypes.CDLL(None, use_errno=True).ptrace(_ATTACH, pid, None, None):
        raise OSError(ctypes.get_errno(), f"{pid} cannot be held")
    wait_until(lambda: _state() != "active", _WITHIN_S, lambda: "systemd notices nothing")
    noticed = time.monotonic()
    wait_until(lambda: not _there(pid), _WITHIN_S, lambda: f"{pid} is still there")
    print(json.dumps({"noticed": noticed, "gone": time.monotonic()}), flush=True)


def _there(pid: int) -> bool:
    """Of what is held, its holder is told first, and its parent only then."""
    with contextlib.suppress(ChildProcessError):
        ended, status = os.waitpid(pid, os.WNOHANG)
        return not (ended and (os.WIFSIGNALED(status) or os.WIFEXITED(status)))
    return Path(f"/proc/{pid}").exists()


def _state() -> str:
    show = ["systemctl", "--user", "show", "--property=ActiveState", "--value", "antiphon"]
    return subprocess.run(show, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
