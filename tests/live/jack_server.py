"""A private JACK server on the dummy driver: no sound card, no sharing with whatever else runs on the machine."""

import contextlib
import itertools
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from tests.live.jack_patchbay import Patchbay

READY_S: Final = 10.0
SETTLING_S: Final = 0.1
"""JACK lists a connection some cycles before it is made; what is sent in between is lost."""
_SHARED: Final = Path("/dev/shm")

_numbers = itertools.count()


class Jack:
    """A running server. `env` is what a client process needs in its environment to reach it."""

    def __init__(self, folder: Path, period: int = 64, rate: int = 48000) -> None:
        # A name of its own: clients and servers of other tests, and of the user, are never met.
        self.name = f"antiphon-test-{os.getpid()}-{next(_numbers)}"
        self.env = {
            "JACK_DEFAULT_SERVER": self.name,
            "JACK_NO_START_SERVER": "1",
            "JACK_NO_AUDIO_RESERVATION": "1",
        }
        self._log = folder / f"{self.name}.log"
        self._options = ["--no-mlock", "-n", self.name, "-d", "dummy", "-r", str(rate), "-p", str(period)]
        self._process: subprocess.Popen[bytes] | None = None
        self._patchbay: Patchbay | None = None
        self._killed = False

    def start(self) -> Self:
        """Start the server and wait until clients can join. It waits for late clients (-S): otherwise it passes over
        them, and what they had to say, whenever the machine is busy with something else."""
        pace = ["--realtime", "-P70", "-S"] if _may_run_in_real_time() else ["--no-realtime", "-S"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "jackd", *pace, *self._options],  # it never outlives the tests
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.env},
                start_new_session=True,  # Ctrl-C ends the tests, and they end the server
            )
        self._killed = False
        wait_until(self._joined, READY_S, lambda: f"jackd is not ready:\n{self._log.read_text()}")
        return self

    @property
    def running(self) -> bool:
        """False once the server has ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def passed_over(self) -> list[str]:
        """What the server has said of clients that were late for a cycle: what came for them in it is lost."""
        return [line for line in self._log.read_text(errors="replace").splitlines() if "XRun" in line]

    def stop(self) -> None:
        """End the server in good order. May be called again.

        One that was killed is started once more and ended as it should be: JACK has places for eight servers, and
        gives the place of a dead one only to a server of the same name.
        """
        if self._killed:
            self.start()
        self._leave()
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._sweep()

    def kill(self) -> None:
        """End the server as a crash would."""
        self._leave()
        if self._process:
            self._process.kill()
            self._process.wait()
            self._killed = True

    def lsp(self) -> list[str]:
        """The full names of all ports."""
        return self._asked.ports()

    def wait_for_port(self, name: str, within_s: float = READY_S) -> None:
        """Return once a port of that full name is there; TimeoutError otherwise."""
        wait_until(lambda: name in self.lsp(), within_s, lambda: f"no port {name!r} among {self.lsp()}")

    def connect(self, source: str, sink: str, within_s: float = READY_S) -> None:
        """Connect two ports by their full names, once both are there, and return when messages pass."""
        for name in (source, sink):
            self.wait_for_port(name, within_s)
        if sink not in self.connections(source):
            self._asked.connect(source, sink)
        time.sleep(SETTLING_S)

    def connections(self, port: str) -> list[str]:
        """The full names of the ports a port is connected to."""
        return self._asked.connections(port)

    @property
    def _asked(self) -> Patchbay:
        assert self._patchbay, f"{self.name} is not running"
        return self._patchbay

    def _joined(self) -> bool:
        if not self.running:
            raise RuntimeError(f"jackd has ended:\n{self._log.read_text()}")
        with contextlib.suppress(ConnectionError):
            self._patchbay = Patchbay(self.env)
        return self._patchbay is not None

    def _leave(self) -> None:
        if self._patchbay:
            self._patchbay.close()
            self._patchbay = None

    def _sweep(self) -> None:
        for left in (*_SHARED.glob(f"jack_{self.name}_*"), *_SHARED.glob(f"jack_sem.*_{self.name}_*")):
            left.unlink(missing_ok=True)


def wait_until(true: Callable[[], bool], within_s: float, otherwise: Callable[[], str], look_s: float = 0.01) -> None:
    """Return as soon as something is true; TimeoutError, and what `otherwise` says, when it does not become so."""
    end = time.monotonic() + within_s
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(otherwise())
        time.sleep(look_s)


def _may_run_in_real_time() -> bool:
    return subprocess.run(["chrt", "-f", "70", "true"], capture_output=True, check=False).returncode == 0
