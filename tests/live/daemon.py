"""`antiphon run` as a process of its own on a private JACK server, as a user would start it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self

from tests.live.jack_server import Jack, wait_until

READY_S: Final = 40.0
_COMMAND: Final = [sys.executable, "-m", "antiphon.cli.main"]


class Daemon:
    """A running daemon. Inside the context it can play; behind it the process has ended.

    report   what its ready-file says
    within   a command that runs it
    """

    def __init__(
        self, jack: Jack, folder: Path, *options: str, backend: str = "jack", within: Sequence[str] = ()
    ) -> None:
        self._env = {**os.environ, **jack.env, "XDG_DATA_HOME": str(folder)}  # takes are kept there
        self._command = [*within, *_COMMAND, "run", "--backend", backend]
        self._ready = folder / "ready.json"
        self._options = options
        self.report: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._ready.unlink(missing_ok=True)  # one whose guard was killed leaves it behind
        self._process = subprocess.Popen(
            [*self._command, "--ready-file", str(self._ready), *self._options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._env,
            start_new_session=True,
        )
        try:
            wait_until(lambda: self._ready.exists() or not self.running, READY_S, lambda: "no ready-file in time")
            assert self.running, self._process.communicate()[1]
        except BaseException:
            self.__exit__()  # or it would go on playing to the tests that follow
            raise
        self.report = json.loads(self._ready.read_text())
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # one that is stopped would never leave by itself
        self._process.communicate()

    @property
    def latest(self) -> dict[str, Any]:
        """What its ready-file says now."""
        found: dict[str, Any] = json.loads(self._ready.read_text())
        return found

    def pid(self, name: str) -> int:
        """The process id of "guard", "stage", "mind" or "page", as the ready-file says now."""
        return int(self.latest["pids"][name])

    def kill(self, name: str, with_signal: signal.Signals = signal.SIGKILL) -> float:
        """Send one of the processes a signal; the moment, by time.monotonic()."""
        os.kill(self.pid(name), with_signal)
        return time.monotonic()

    @property
    def processes(self) -> list[int]:
        """Whatever of it runs, by its session: those that the ready-file names, and those that stand by."""
        return [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if _session(folder) == self._process.pid]

    @property
    def running(self) -> bool:
        """False once the process has ended."""
        return self._process.poll() is None

    @property
    def ready(self) -> bool:
        """True while its ready-file is there."""
        return self._ready.exists()

    def wait(self, within_s: float = 5.0) -> tuple[int, str, str]:
        """Wait for it to end by itself. Returns the exit status and what it printed."""
        printed, complained = self._process.communicate(timeout=within_s)
        return self._process.returncode, without_grants(printed), complained

    def end(self, with_signal: signal.Signals = signal.SIGTERM, within_s: float = 5.0) -> tuple[int, str, str]:
        """Send a signal and wait. Returns the exit status and what it printed on standard output and error."""
        self._process.send_signal(with_signal)
        return self.wait(within_s)


def _session(folder: Path) -> int | None:
    """The session of a process (proc(5)); None of one that has ended."""
    try:
        state, _, _, session, *_ = (folder / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state == "Z" else int(session)


def without_grants(printed: str) -> str:
    """What was printed, without what it says where the system does not grant all that keeps time."""
    ungranted = ("no real-time priority here", "no locked memory here")
    return "".join(line for line in printed.splitlines(True) if not line.startswith(ungranted))


def ask(jack: Jack, *arguments: str) -> str:
    """What a command of antiphon's prints on that server."""
    env = {**os.environ, **jack.env}
    return subprocess.run([*_COMMAND, *arguments], capture_output=True, text=True, check=True, env=env).stdout
