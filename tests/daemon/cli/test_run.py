"""`run` where it cannot play live, in a process of its own. What it does where it can is tests/live."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.daemon.cli.conftest import Antiphon

from antiphon import assemble
from antiphon.config.layers import Configuration
from antiphon.core.parameter import Parameter, Value
from antiphon.core.parameters import REGISTRY
from antiphon.music import midifile

COMMAND = [sys.executable, "-m", "antiphon.cli.main"]
NO_ALSA = pytest.mark.skipif(os.path.exists("/dev/snd/seq"), reason="there is an ALSA sequencer here")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "JACK_DEFAULT_SERVER": "none-such", "COLUMNS": "100"}
    return subprocess.run(
        [*COMMAND, "run", *arguments], cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8", timeout=60
    )


@NO_ALSA
def test_without_midi_it_says_what_is_missing_and_performs_with_a_phrase_of_its_own(tmp_path: Path) -> None:
    done = run(tmp_path, "--set", "reply_longest=6", "--no-page", "--no-takes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no JACK server named none-such is running; start one" in done.stdout
    assert "sudo modprobe snd-seq" in done.stdout
    assert "░░ player   ██ Antiphon" in done.stdout
    assert "antiphon-performance.mid: player 42 notes, Antiphon " in done.stdout
    assert [track.name for track in midifile.read(tmp_path / "antiphon-performance.mid")[1:]] == ["player", "Antiphon"]


@NO_ALSA
def test_what_lies_in_the_folder_is_never_written_over_and_the_same_is_not_written_twice(tmp_path: Path) -> None:
    mine = tmp_path / "antiphon-performance.mid"
    mine.write_bytes(b"my own music")
    brief = ("--set", "reply_longest=6", "--no-page", "--no-takes")
    assert "antiphon-performance-2.mid: player 42 notes" in run(tmp_path, *brief).stdout
    assert "antiphon-performance-2.mid (as it was): player 42 notes" in run(tmp_path, *brief).stdout
    assert "antiphon-performance-3.mid: player 42 notes" in run(tmp_path, *brief, "--seed", "2").stdout
    assert mine.read_bytes() == b"my own music"
    assert len(list(tmp_path.iterdir())) == 3


@NO_ALSA
def test_after_that_the_page_is_the_instrument(tmp_path: Path) -> None:
    said = waited(tmp_path, "--no-takes", page="--page=0", until="page          http://127.0.0.1:")
    assert "antiphon-performance.mid: player 42 notes" in said
    assert [said.count(told) for told in ("no MIDI backend works here", "none-such is running", "snd-seq")] == [1, 1, 1]
    assert "MIDI is taken up as soon as there is some; until then the page is the instrument\n" in said


@NO_ALSA
@pytest.mark.parametrize("arguments", [("--in", "piano"), ("--out", "synth"), ("--ready-file", "ready")])
def test_who_asks_for_ports_gets_no_performance_instead_and_it_waits_for_them(
    tmp_path: Path, arguments: tuple[str, str]
) -> None:
    said = waited(tmp_path, *arguments)
    assert said.startswith("no MIDI backend works here.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="JACK is tried on Linux only")
def test_without_a_jack_server_it_says_how_to_start_one_and_waits_for_it(tmp_path: Path) -> None:
    said = waited(tmp_path, "--backend", "jack")
    assert said.startswith("JACK: no JACK server named none-such is running; start one")
    assert len(said.splitlines()) == 1


def waited(folder: Path, *arguments: str, page: str = "--no-page", until: str = "(waiting for it)") -> str:
    """What it says while it waits for MIDI. It ends well when it is told to."""
    process = subprocess.Popen(
        [*COMMAND, "run", page, *arguments],
        cwd=folder,
        env={**os.environ, "JACK_DEFAULT_SERVER": "none-such"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    said = ""
    while until not in said:
        line = process.stdout.readline()
        assert line, process.communicate()
        said += line
    process.terminate()
    rest, complained = process.communicate(timeout=20)
    assert (process.returncode, rest, complained) == (0, "", "")
    return said


def test_a_backend_nobody_knows_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "--backend", "bogus")
    said = "antiphon: --backend bogus: there are auto, alsa, jack, coremidi, winmm\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_a_terminal_without_block_characters_gets_others(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "100"}
    arguments = ["generate", "--notes", "5", "--output", "o.mid", "--roll"]
    done = subprocess.run([*COMMAND, *arguments], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "?? Antiphon" in done.stdout


def another(parameter: Parameter) -> Value:
    """A value that is not its default, and that goes with the defaults of all others."""
    match parameter.type:
        case "text":
            return "C major"
        case "choice":
            return next(choice for choice in parameter.choices if choice != parameter.default)
        case "bool":
            return not parameter.default
    near = parameter.low if parameter.name in ("lowest", "reply_shortest") else parameter.high
    found = near if near != parameter.default else parameter.low
    return int(found) if parameter.type == "int" else float(found)


@pytest.mark.parametrize("name", REGISTRY)
def test_every_parameter_that_is_set_is_what_it_plays_by(
    antiphon: Antiphon, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    found = list[Configuration]()
    monkeypatch.setattr(assemble, "perform", lambda configuration, *_: found.append(configuration))
    value = another(REGISTRY[name])
    done = antiphon("run", "--out", "synth", "--no-page", "--set", f"{name}={value}")
    assert (done.status, done.err) == (0, "")
    assert found[0].parameters.values[name] == value != REGISTRY[name].default


def test_a_flag_wins_over_what_is_set(antiphon: Antiphon, monkeypatch: pytest.MonkeyPatch) -> None:
    found = list[Configuration]()
    monkeypatch.setattr(assemble, "perform", lambda configuration, *_: found.append(configuration))
    flags = ("--mode", "duet", "--seed", "5", "--temperature", "0.5")
    settings = ("--set", "mode=listen", "--set", "seed=6", "--set", "temperature=0.6", "--set", "pause=0.4")
    antiphon("run", "--out", "synth", "--no-page", *flags, *settings)
    values = found[0].parameters.values
    assert [values[name] for name in ("mode", "seed", "temperature", "pause")] == ["duet", 5, 0.5, 0.4]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--takes", "mine"), {"takes.keep": True, "takes.folder": "mine", "page.on": False}),
        (("--page", "0"), {"takes.keep": False, "page.on": True, "page.port": 0}),
        (("--listen", "127.0.0.2"), {"takes.keep": False, "page.on": True, "page.listen": "127.0.0.2"}),
        (("--open",), {"takes.keep": False, "page.on": True}),
        ((), {"takes.keep": False, "page.on": False}),
    ],
)
def test_a_flag_turns_on_what_it_needs_whatever_the_file_says(
    antiphon: Antiphon,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    flags: tuple[str, ...],
    said: dict[str, Value],
) -> None:
    found = list[Configuration]()
    monkeypatch.setattr(assemble, "perform", lambda configuration, *_: found.append(configuration))
    (tmp_path / "some.toml").write_text("[takes]\nkeep = false\n[page]\non = false\n")
    done = antiphon("run", "--out", "synth", "--config", "some.toml", *flags)
    assert (done.status, done.err) == (0, "")
    assert {name: found[0][name] for name in said} == said


@pytest.mark.parametrize(
    "flags",
    [
        ("--no-page", "--page", "18415"),
        ("--no-page", "--page", "0"),
        ("--no-page", "--listen", "127.0.0.2"),
        ("--no-page", "--open"),
        ("--no-takes", "--takes", "mine"),
    ],
)
def test_flags_that_contradict_each_other_are_refused(
    antiphon: Antiphon, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    monkeypatch.setattr(assemble, "perform", lambda *_: None)
    done = antiphon("run", "--out", "synth", *flags)
    assert (done.status, done.error) == (2, f"{flags[0]} and {flags[1]} contradict each other; give one of them")
