"""macOS and Windows, as far as they can be had here: by a fake rtmidi, and without what they lack."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from tests.live.jack_server import wait_until

HERE: Final = Path(__file__).parent
API: Final = {"darwin": "API_MACOSX_CORE", "win32": "API_WINDOWS_MM"}
COMMAND: Final = "from antiphon.cli.main import main; main()"


@dataclass(frozen=True)
class System:
    """Another system, with the MIDI ports that others have there."""

    platform: str
    folder: Path
    ports: tuple[str, ...] = ("Keystation 0", "Synth 1")

    def python(self, code: str, *arguments: str) -> tuple[int, str, str]:
        """Status and words of a program that runs there."""
        with self.start(code, *arguments) as process:
            said, failed = process.communicate()
        return process.returncode, said, failed

    def start(self, code: str, *arguments: str) -> subprocess.Popen[str]:
        """A program that runs there."""
        files = {name: str(self.folder / name) for name in ("told", "played")}
        fake = {"api": API[self.platform], "ports": self.ports, **files}
        path = os.pathsep.join([str(HERE / "fake"), *(entry for entry in sys.path if entry)])
        own = {name: str(self.folder) for name in ("LOCALAPPDATA", "XDG_DATA_HOME", "XDG_STATE_HOME")}
        return subprocess.Popen(
            [sys.executable, str(HERE / "elsewhere.py"), self.platform, code, *arguments],
            env={**os.environ, **own, "FAKE_RTMIDI": json.dumps(fake), "PYTHONPATH": path, "COLUMNS": "120"},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def antiphon(self, *arguments: str) -> str:
        """What a command prints there; it has to succeed."""
        status, said, failed = self.python(COMMAND, *arguments)
        assert status == 0, said + failed
        return said

    @property
    def sounded(self) -> list[int]:
        """The keys of the notes that were begun on outputs."""
        return [int(text[2:4], 16) for _, call, text in self.told if call == "send_message" and text[:2] == "90"]

    @property
    def released(self) -> list[int]:
        """The keys of the notes that were ended there."""
        return [int(text[2:4], 16) for _, call, text in self.told if call == "send_message" and text[:2] == "80"]

    @property
    def told(self) -> list[list[Any]]:
        """What rtmidi was asked for: [device, call, argument]."""
        return [json.loads(line) for line in (self.folder / "told").read_text().splitlines()]


@pytest.fixture
def windows(tmp_path: Path) -> System:
    return System("win32", tmp_path)


@pytest.fixture
def mac(tmp_path: Path) -> System:
    return System("darwin", tmp_path)


@pytest.fixture(params=["darwin", "win32"])
def system(request: pytest.FixtureRequest, tmp_path: Path) -> System:
    return System(request.param, tmp_path)


@pytest.mark.parametrize(
    "command", ["--version", "parameters", "models", "config show", "takes list", "generate --notes 4 -o x.mid"]
)
def test_whatever_needs_no_midi_works_on_both(system: System, command: str) -> None:
    assert system.antiphon(*command.split())


def test_a_file_is_answered_on_both(system: System) -> None:
    phrase = HERE.parents[1] / "daemon" / "antiphon" / "phrases" / "evening.mid"
    assert "Antiphon" in system.antiphon("rehearse", str(phrase), "-o", "answered.mid", "--take", "take.mid")
    assert "the same" in system.antiphon("replay", "take.mid")


@pytest.mark.parametrize(("platform", "backend"), [("darwin", "coremidi"), ("win32", "winmm")])
def test_the_ports_of_the_system_are_listed_by_its_own_name(platform: str, backend: str, tmp_path: Path) -> None:
    [found] = json.loads(System(platform, tmp_path).antiphon("ports", "--json"))
    ports = ["Keystation 0", "Synth 1"]
    assert found == {"name": backend, "works": True, "reason": "", "inputs": ports, "outputs": ports}


def test_the_doctor_advises_what_can_be_done_on_windows(windows: System) -> None:
    findings = {one["name"]: one for one in json.loads(windows.antiphon("check", "--json"))}
    for key, option in (("ports.inputs", "--in"), ("ports.outputs", "--out")):
        assert findings[key]["grade"] == "warning"
        assert "Windows MultiMedia has no ports of our own" in findings[key]["said"]
        assert findings[key]["remedy"].startswith(f"name one, with {option} ")
        assert findings[key]["remedy"].endswith("there are: Keystation 0, Synth 1")
    assert [findings[name]["grade"] for name in ("real time", "loop", "service")] == ["ok", "ok", "ok"]


def test_on_a_mac_nobody_is_sent_to_the_files_of_linux(mac: System) -> None:
    _, said, _ = mac.python(COMMAND, "check", "--json")  # a fault, for no loop closes through a fake
    [found] = (one for one in json.loads(said) if one["name"] == "real time")
    assert (found["grade"], "limits.d" in found["remedy"]) == ("warning", False)
    assert found["remedy"]


PRIORITIES: Final = """
from antiphon import priority
print(*map(priority.real_time, (priority.STAGE, priority.MIND, 0)))
priority.stand_back(5)
"""


def test_on_windows_the_stage_comes_before_the_mind_and_the_page_after_all(windows: System) -> None:
    assert windows.python(PRIORITIES) == (0, "True True False\n", "")
    assert (windows.folder / "priorities").read_text().split() == ["15", "2", str(0x4000)]


def test_panic_silences_on_both(system: System) -> None:
    system.antiphon("panic", "--out", "synth")
    assert ["MidiOut", "open_port", "Synth 1"] in system.told
    assert ["MidiOut", "send_message", "b07b00"] in system.told


OPEN: Final = """
import sys
from antiphon.errors import PortError
from antiphon.stage.backends import choose
from antiphon.stage.opening import open_ports
try:
    ports = open_ports(choose(), *(names.split() for names in sys.argv[1:]))
    print(ports.inputs, ports.outputs)
    ports.close()
except PortError as error:
    print(error)
"""


def test_a_mac_has_ports_of_our_own_for_others_to_connect_to(mac: System) -> None:
    assert mac.python(OPEN)[1] == "('Antiphon in',) ('Antiphon out',)\n"
    ours = [call for call in mac.told if call[1] == "open_virtual_port"]
    assert ours == [["MidiIn", "open_virtual_port", "Antiphon in"], ["MidiOut", "open_virtual_port", "Antiphon out"]]


def test_windows_has_none_and_says_what_to_install(windows: System) -> None:
    said = windows.python(OPEN)[1]
    assert said.startswith("Windows MultiMedia has no virtual MIDI ports: install loopMIDI")
    assert said.rstrip().endswith("name them with --in and --out")


LOOK: Final = """
import sys
from antiphon.errors import PortError
from antiphon.stage import library
for names in ([], sys.argv[1:]):
    try:
        print(library.look({"backend": "auto", "ins": names, "outs": names}).name)
    except PortError as error:
        print(str(error).partition(":")[0])
"""


def test_on_windows_whoever_waits_for_ports_waits_until_some_are_named(windows: System) -> None:
    said = windows.python(LOOK, "keystation")[1]
    assert said == "Windows MultiMedia has no virtual MIDI ports\nwinmm\n"


def test_ports_that_are_named_are_opened_on_both(system: System) -> None:
    assert system.python(OPEN, "keystation", "synth")[1] == "('Keystation 0',) ('Synth 1',)\n"


IMPORT: Final = """
import importlib, pkgutil, sys
import antiphon
for found in pkgutil.walk_packages(antiphon.__path__, "antiphon."):
    importlib.import_module(found.name)
from antiphon import loopback
print(loopback.used(), "fcntl" in sys.modules and sys.modules["fcntl"] is not None)
"""


def test_on_windows_every_module_of_the_daemon_can_be_imported_and_lines_go_over_loopback(windows: System) -> None:
    status, said, failed = windows.python(IMPORT)
    assert (status, said) == (0, "True False\n"), failed


COARSE: Final = """
import time
from types import SimpleNamespace
time.get_clock_info = lambda name: SimpleNamespace(resolution=0.015625)
import antiphon
print(time.monotonic is time.perf_counter)
"""


def test_where_windows_counts_in_steps_of_16_ms_a_finer_clock_is_taken(windows: System) -> None:
    assert windows.python(COARSE) == (0, "True\n", "")


def test_on_windows_it_plays_an_answer_can_be_spoken_to_and_leaves_nothing_sounding(windows: System) -> None:
    ready = windows.folder / "ready.json"
    answers = ("--set", "pause=0.3", "--set", "reply_shortest=2", "--seed", "3")
    ports = ("--in", "keystation", "--out", "synth", "--ready-file", str(ready))
    with windows.start(COMMAND, "run", *ports, *answers) as daemon:
        try:
            wait_until(lambda: ready.exists() or daemon.poll() is not None, 60.0, lambda: "never ready")
            assert daemon.poll() is None, daemon.communicate()[1]
            assert json.loads(ready.read_text())["ports"] == {"in": ["Keystation 0"], "out": ["Synth 1"]}
            played = [f"90{key:02x}50\n80{key:02x}40\n" for key in (60, 64, 67, 72)]
            (windows.folder / "played").write_text("".join(played))
            wait_until(lambda: len(windows.sounded) > 4, 30.0, lambda: f"no answer: {windows.told[-5:]}")
            wait_until(lambda: windows.python(COMMAND, "set", "pause=0.5")[0] == 0, 60.0, lambda: "it does not listen")
            assert windows.antiphon("get", "pause") == "pause = 0.5\n"
        finally:
            daemon.terminate()
        assert (daemon.wait(10), "Traceback" in daemon.communicate()[1]) == (0, False)
    assert set(windows.sounded) == set(windows.released)
    assert not list(windows.folder.glob("antiphon/running/*"))
    assert [take.suffix for take in (windows.folder / "antiphon" / "takes").iterdir()] == [".mid"]


def test_a_service_of_systemd_is_refused_with_what_to_do_instead_on_windows(windows: System) -> None:
    status, _, said = windows.python("import os; os.environ['PATH'] = ''\n" + COMMAND, "service", "status")
    assert status == 1
    assert "start `antiphon run` by other means" in said


LINES: Final = """
import mmap, os
from antiphon.memory import shared_memory
from antiphon.lines import Control, Line, pair
ours, theirs = (Line(end) for end in pair())
ours.send(b"one"), ours.send(b"two")
print(theirs.received())
number = shared_memory("test", 64)
left, right = (Control(end) for end in pair())
left.say("take", [number])
[(word, [file])] = right.heard()
mmap.mmap(number, 64)[0] = 7
print(word["what"], mmap.mmap(file, 64)[0])
"""


def test_without_memfd_and_seqpacket_our_processes_still_share_lines_and_memory(mac: System) -> None:
    assert mac.python(LINES)[1] == "[b'one', b'two']\ntake 7\n"
