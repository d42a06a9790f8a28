"""A private PipeWire with its session manager, on a bus of its own: no sound card, and nobody else's."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

from tests.live.jack_server import wait_until

LISTENER: Final = "midi-monitor:input"
_READY_S: Final = 20.0
_BOTH: Final = 'pipewire & until [ -S "$XDG_RUNTIME_DIR/pipewire-0" ]; do sleep 0.05; done; exec wireplumber'


class PipeWire:
    """Runs inside the context. env: what makes a program's own PipeWire and JACK libraries go there."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._log = folder / "runtime", folder / "pipewire.log"
        self._folder.mkdir(mode=0o700)
        homes = {name: str(folder) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")}
        outer = {name: value for name, value in os.environ.items() if not name.startswith(("JACK_", "PIPEWIRE_"))}
        self.env = {**outer, **homes, "XDG_RUNTIME_DIR": str(self._folder)}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, anew where it was killed."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["dbus-run-session", "--", "sh", "-c", _BOTH],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.env,
                start_new_session=True,
            )
        wait_until(lambda: self.ran("pw-cli", "info", "0").returncode == 0, _READY_S, self._log.read_text, look_s=0.1)

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
        (self._folder / "pipewire-0").unlink(missing_ok=True)

    def ran(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command, run there."""
        return subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=60, check=False)

    def ports(self) -> list[str]:
        """The full names of all ports, as JACK's programs see them."""
        return self.ran("pw-jack", "jack_lsp").stdout.splitlines()

    def connected(self, port: str) -> list[str]:
        """The full names of the ports that one is connected to."""
        return [line.strip() for line in self.ran("pw-jack", "jack_lsp", "-c", port).stdout.splitlines()[1:]]

    @contextlib.contextmanager
    def listener(self) -> Iterator[str]:
        """A program that listens; the full name of its port."""
        with subprocess.Popen(["pw-jack", "jack_midi_dump"], env=self.env, stdout=subprocess.DEVNULL) as process:
            wait_until(lambda: LISTENER in self.ports(), _READY_S, lambda: f"only {self.ports()}", look_s=0.1)
            try:
                yield LISTENER
            finally:
                process.kill()
