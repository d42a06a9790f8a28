"""The bench's own ends of the connections: what it plays from, and plain clients that note when something arrives."""

import ctypes.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Self

from antiphon.bench.bare import RECORD
from antiphon.bench.memory import STAGE_IN, MemoryOut
from antiphon.bench.stamps import FOLDER, MEMORY, Stamp
from antiphon.errors import PortError

NAME: Final = "Antiphon bench"
EAR: Final = f"{NAME} ear"
"""The plain client that listens to all."""
BASE: Final = f"{NAME} bare"
"""The plain client that passes on what the bench plays, as ours does with thru."""
DIRECT, ECHOED, BARE = range(3)
_SOURCE: Final = Path(__file__).with_name("bare.c")


@dataclass(frozen=True, slots=True)
class Way:
    """By which way messages go, and by which plain program ours is judged.

    folder    where files, and ports in memory, are kept
    program   the command that starts the plain client
    """

    jack: bool
    folder: Path
    program: tuple[str, ...]

    @property
    def compiled(self) -> bool:
        """True for the client in C."""
        return len(self.program) == 1

    @property
    def env(self) -> dict[str, str]:
        """The environment for whoever is to go the same way."""
        return {**os.environ, FOLDER: str(self.folder), MEMORY: "" if self.jack else "1"}

    @property
    def sender(self) -> str:
        """The full name of the port the bench plays from."""
        return f"{NAME}:out"

    def port(self, client: str, name: str) -> str:
        """The full name of a plain client's port."""
        if not self.jack:
            return f"{client} {name}"
        return f"{client}:{name}" if self.compiled else f"{client} {name}:{name}"


def way(jack: bool, folder: Path) -> Way:
    """The way with a C client where one can be had, compiled into `folder`; else with a Python client."""
    return Way(jack, folder, _compiled(folder) if jack and sys.platform != "win32" else None or _python(jack))


def _python(jack: bool) -> tuple[str, ...]:
    return (sys.executable, "-m", "antiphon.bench.bare", "jack" if jack else "memory")


def _compiled(folder: Path) -> tuple[str, ...]:
    compiler, library = shutil.which("cc"), ctypes.util.find_library("jack")
    if compiler and library:
        program = folder / "bare"
        flag = f"-l:{library}" if sys.platform == "linux" else library
        command = [compiler, "-O2", "-o", str(program), str(_SOURCE), flag]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return (str(program),)
    return _python(True)


class Plain:
    """A running plain client, connected as `pairs` say.

    rate, period   the server's, in Hz and frames; 0 where it cannot be told
    """

    def __init__(self, way: Way, name: str, pairs: Sequence[tuple[str, str]]) -> None:
        self._records = way.folder / f"{name}.records"
        command = [*way.program, name, str(self._records), *(word for pair in pairs for word in pair)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=way.env)
        said = _line_of(self._process.stdout)
        if not said.startswith("ready"):
            raise PortError(f"the plain client {name!r} could not connect {list(pairs)}")
        self.rate, self.period = (int(word) for word in said.split()[1:])
        self._read = 0

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def heard(self) -> dict[int, list[Stamp]]:
        """What has arrived at each input since the last time."""
        data = self._records.read_bytes()[self._read :]
        data = data[: len(data) - len(data) % RECORD.size]
        self._read += len(data)
        stamps: dict[int, list[Stamp]] = {DIRECT: [], ECHOED: [], BARE: []}
        for at, number, size, message in RECORD.iter_unpack(data):
            stamps[number].append(Stamp(at, 0.0, message[:size]))
        return stamps

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


class Sender:
    """What the bench plays from."""

    def __init__(self, way: Way) -> None:
        to = [STAGE_IN, way.port(EAR, "direct"), way.port(BASE, "direct")]
        self._device: Any = _jack_output() if way.jack else MemoryOut(way.folder, to)

    def send(self, message: bytes) -> None:
        """Play a message now."""
        self._device.send_message(message)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._device.close_port()


def _jack_output() -> Any:  # rtmidi has no type stubs
    import rtmidi

    device = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=NAME)
    device.open_virtual_port("out")
    return device


def jack_runs() -> bool:
    """True where a JACK server is there to be joined."""
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    try:
        from antiphon.stage.backends import JACK, choose

        choose(JACK)
    except (ImportError, PortError):
        return False
    return True


def _line_of(stream: IO[str] | None) -> str:
    return stream.readline() if stream else ""
