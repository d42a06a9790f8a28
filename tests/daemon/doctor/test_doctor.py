"""The doctor, on a machine without MIDI and with whatever else the test takes away."""

import json
import os
import socket
import sys
from pathlib import Path

import pytest
from tests.daemon.cli.conftest import Antiphon, antiphon

from antiphon.doctor.findings import FAULT, OK, WARNING, Finding, text

__all__ = ["antiphon"]  # a fixture


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def jack(findings: dict[str, dict[str, str]]) -> str:
    """The finding that says why JACK does not work: its own where something else does, else that of all MIDI."""
    return "jack" if "jack" in findings else "midi"


def found(said: str) -> dict[str, dict[str, str]]:
    return {finding["name"]: finding for finding in json.loads(said)}


def test_each_finding_has_a_line_and_its_remedy_below() -> None:
    said = text(
        [Finding("a", OK, "well"), Finding("b", WARNING, "so so", "do this\nand that"), Finding("c", FAULT, "no")]
    )
    assert said.splitlines() == [
        "ok       a              well",
        "warning  b              so so",
        "                        -> do this",
        "                        -> and that",
        "fault    c              no",
        "",
        "1 ok, 1 warning, 1 fault",
    ]


def test_what_is_missing_is_a_fault_with_a_remedy_and_the_rest_is_well(antiphon: Antiphon) -> None:
    done = antiphon("check", "--json")
    findings = found(done.out)
    assert findings["configuration"]["grade"] == OK
    assert findings["model"]["said"].startswith("default: whole, plays 64 notes to itself, ")
    assert "no JACK server named none-such is running; start one" in findings[jack(findings)]["remedy"]
    assert all(finding["remedy"] for finding in findings.values() if finding["grade"] != OK)
    assert (done.status == 1) == any(finding["grade"] == FAULT for finding in findings.values())


def test_a_wrong_configuration_a_missing_model_and_a_port_that_is_taken_are_told(
    antiphon: Antiphon, home: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        file = home / "mine.toml"
        file.write_text(f'[model]\nname = "none-such"\n[page]\nport = {taken.getsockname()[1]}\n')
        findings = found(antiphon("check", "--json", "--config", file).out)
    assert (findings["page"]["grade"], findings["model"]["grade"]) == (WARNING, FAULT)
    file.write_text("[parameters]\npuase = 1\n")
    done = antiphon("check", "--config", file)
    assert done.status == 1
    assert (
        f"fault    configuration  {file}:2: [parameters] nothing is called 'puase' here; did you mean pause?"
        in done.out
    )


def test_under_pipewire_the_command_that_reaches_it_is_told(antiphon: Antiphon, home: Path) -> None:
    (home / "pipewire-0").touch()
    findings = found(antiphon("check", "--json").out)
    said = findings.get("pipewire", findings[jack(findings)])
    assert any(sign in said["said"] + said["remedy"] for sign in ("LD_PRELOAD=", "sudo apt install pipewire-jack"))


@pytest.mark.skipif(os.path.exists("/dev/snd/seq"), reason="there is an ALSA sequencer here")
def test_that_there_is_no_midi_is_one_fault_with_all_that_may_be_done(antiphon: Antiphon) -> None:
    findings = json.loads(antiphon("check", "--json").out)
    [fault] = [finding for finding in findings if finding["grade"] == FAULT]
    assert (fault["name"], fault["said"]) == ("midi", "there is none to play with; one of these is enough")
    alsa, jack = fault["remedy"].splitlines()
    assert "sudo modprobe snd-seq" in alsa
    assert "no JACK server named none-such is running; start one" in jack
    assert not {"alsa", "jack", "pipewire", "loop"} & {finding["name"] for finding in findings}


@pytest.mark.skipif(sys.platform != "linux", reason="JACK is tried on Linux only")
def test_that_the_midi_system_that_is_asked_for_does_not_work_is_one_fault(antiphon: Antiphon, home: Path) -> None:
    (home / "mine.toml").write_text('[ports]\nbackend = "jack"\n')
    findings = json.loads(antiphon("check", "--json", "--config", home / "mine.toml").out)
    [fault] = [finding for finding in findings if finding["grade"] == FAULT]
    assert (fault["name"], fault["said"]) == ("midi", "there is none to play with")
    assert fault["remedy"].startswith("JACK: no JACK server named none-such is running; start one")
