"""What the command line says of itself, and of arguments that are wrong: exit status 2, and the remedy."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.daemon.cli.conftest import Antiphon

import antiphon as package
from antiphon import ableton
from antiphon.core.parameters import REGISTRY


class Nobody:
    """A Link session without a network."""

    def __init__(self, *_: object) -> None:
        pass

    def close(self) -> None:
        pass


COMMANDS = ("run", "rehearse", "generate", "ports", "models", "parameters")


def test_the_version_is_said(antiphon: Antiphon) -> None:
    done = antiphon("--version")
    assert (done.status, done.out) == (0, f"antiphon {package.__version__}\n")


def test_it_is_there_without_its_script_on_the_path() -> None:
    done = subprocess.run([sys.executable, "-m", "antiphon", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"antiphon {package.__version__}\n"


@pytest.mark.parametrize("arguments", [(), ("--help",)])
def test_help_names_every_command(antiphon: Antiphon, arguments: tuple[str, ...]) -> None:
    done = antiphon(*arguments)
    assert all(f" {command} " in done.out + done.err for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(antiphon: Antiphon, command: str) -> None:
    done = antiphon(command, "--help")
    assert done.status == 0
    assert f"antiphon {command}" in done.out
    options = [line for line in done.out.split("\n") if "--" in line]
    assert len(options) <= 3 or f"Example: antiphon {command} " in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--set", "temprature=1"), "no parameter named 'temprature'; did you mean temperature?"),
        (("--set", "température=1"), "no parameter named 'température'; did you mean temperature?"),
        (("--set", "seed"), "'seed': give NAME=VALUE, for example temperature=0.9"),
        (("--set", "pause=inf"), "pause=inf: out of range; give a number from 0.1 to 10"),
        (("--set", "pause=nan"), "pause=nan: out of range; give a number from 0.1 to 10"),
        (("--set", "seed=true"), "seed=true: not a whole number from 0 to 2147483647"),
        (("--set", "lowest=99", "--set", "highest=9"), "lowest=99 is above highest=9; set both"),
        (("--set", "mode=duett"), "mode=duett: did you mean duet?"),
        (("--set", "lock=C majr"), 'lock=C majr: no scale of this name; did you mean "C major"?'),
        (("--set", "lock=000000000000"), "lock=000000000000: allows no note at all; give at least one 1"),
        (("--temperature", "nan"), "temperature=nan: out of range; give a number from 0.05 to 3"),
        (("--temperature", "-1"), "temperature=-1.0: out of range; give a number from 0.05 to 3"),
        (("--top-p", "0"), "top_p=0.0: out of range; give a number from 0.05 to 1"),
        (("--seed", "-1"), "seed=-1: out of range; give a whole number from 0 to 2147483647"),
        (("--seed", "9" * 200), f"seed={'9' * 40}...: out of range; give a whole number from 0 to 2147483647"),
        (("--set", "seed=" + "9" * 200), f"seed={'9' * 40}...: out of range; give a whole number from 0 to 2147483647"),
    ],
)
@pytest.mark.parametrize("command", ["run", "rehearse", "generate"])
def test_a_parameter_that_is_wrong_is_said_with_the_remedy(
    antiphon: Antiphon, phrase: Path, command: str, arguments: tuple[str, ...], said: str
) -> None:
    if command == "run" and "--top-p" in arguments:
        arguments = ("--set", "top_p=0")
    source = {"run": ("run",), "rehearse": ("rehearse", phrase, "-o", "o.mid"), "generate": ("generate", "-o", "o.mid")}
    done = antiphon(*source[command], *arguments)
    assert (done.status, done.error) == (2, said)
    assert not Path("o.mid").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("rehearse",),
        ("rehearse", "phrase.mid"),
        ("generate",),
        ("generate", "-o", "o.mid", "--seed", "many"),
        ("generate", "-o", "o.mid", "--seed", "1.5"),
        ("generate", "-o", "o.mid", "--notes", "0"),
        ("generate", "-o", "o.mid", "--notes", "-3"),
        ("generate", "-o", "o.mid", "--notes", "1.5"),
        ("generate", "-o", "o.mid", "--seconds", "0"),
        ("generate", "-o", "o.mid", "--seconds", "nan"),
        ("generate", "-o", "o.mid", "--seconds", "inf"),
        ("generate", "-o", "o.mid", "--seconds", "9" * 200),
        ("generate", "-o", "o.mid", "--notes", "9" * 200),
        ("generate", "-o", "o.mid", "--seconds", "3", "--notes", "3"),
        ("run", "--backend", "bogus"),
        ("run", "--bogus"),
        ("bogus",),
        ("--bogus",),
    ],
)
def test_arguments_that_make_no_sense_have_exit_status_2(
    antiphon: Antiphon, phrase: Path, arguments: tuple[str, ...]
) -> None:
    done = antiphon(*arguments)
    assert (done.status, done.out) == (2, "")
    assert done.err
    assert "Traceback" not in done.err
    assert not Path("o.mid").exists()


@pytest.mark.parametrize("command", ["run", "rehearse"])
def test_a_mode_nobody_knows_is_refused_with_the_nearest(antiphon: Antiphon, phrase: Path, command: str) -> None:
    source = ("run",) if command == "run" else ("rehearse", phrase, "-o", "o.mid")
    assert antiphon(*source, "--mode", "soloo").error == "mode=soloo: did you mean solo?"


def test_two_lengths_at_once_are_refused_by_name(antiphon: Antiphon) -> None:
    done = antiphon("generate", "-o", "o.mid", "--seconds", "3", "--notes", "3")
    assert done.error == "give --seconds or --notes, not both"


def test_parameters_as_json_are_the_registry(antiphon: Antiphon) -> None:
    found = json.loads(antiphon("parameters", "--json").out)
    assert [each["name"] for each in found] == list(REGISTRY)
    assert found[0] == {
        "name": "seed",
        "type": "int",
        "low": 0,
        "high": 2147483647,
        "default": 1,
        "unit": "",
        "help": REGISTRY["seed"].help,
    }


def test_parameters_are_listed_for_people(antiphon: Antiphon) -> None:
    listed = antiphon("parameters").out
    assert all(name in listed for name in REGISTRY)
    assert "2147483647" in listed


def test_models_as_json_say_what_they_are(antiphon: Antiphon) -> None:
    [default] = [each for each in json.loads(antiphon("models", "--json").out) if each["name"] == "default"]
    assert default.keys() == {
        "name", "path", "bytes", "parameters", "quantised", "data", "licence", "scores", "sha256",
    }  # fmt: skip
    assert Path(default["path"]).stat().st_size == default["bytes"]


def test_models_are_listed_for_people(antiphon: Antiphon) -> None:
    assert "default" in antiphon("models").out


def test_ports_as_json_give_every_backend_its_ports_or_a_reason(antiphon: Antiphon) -> None:
    done = antiphon("ports", "--json")
    assert done.status == 0
    for backend in json.loads(done.out):
        assert backend.keys() == {"name", "works", "reason", "inputs", "outputs"}
        assert backend["works"] is not bool(backend["reason"])


@pytest.mark.skipif(os.path.exists("/dev/snd/seq"), reason="there is an ALSA sequencer here")
def test_ports_fail_where_no_backend_works(antiphon: Antiphon) -> None:
    done = antiphon("ports")
    assert done.status == 1
    assert "no JACK server named none-such is running" in done.out


@pytest.mark.parametrize("command", ["panic", "link"])
def test_the_midi_system_is_that_of_the_configuration_unless_one_is_said(
    antiphon: Antiphon, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(ableton, "Session", Nobody)
    monkeypatch.setenv("ANTIPHON_PORTS_BACKEND", "jack")
    assert antiphon(command).error.startswith("JACK: no JACK server named none-such is running; start one")
    other = "winmm" if sys.platform == "linux" else "alsa"
    refused = antiphon(command, "--backend", other).err
    assert (refused.startswith("antiphon: "), "none-such" in refused) == (True, False)
    assert antiphon(command, "--backend", "bogus").error == (
        "--backend bogus: there are auto, alsa, jack, coremidi, winmm"
    )
    monkeypatch.setenv("ANTIPHON_CONFIG", "gone.toml")
    done = antiphon(command)
    said = done.out if command == "panic" else done.err  # a hanging note does not wait until that is mended
    assert "gone.toml: " in said
    assert ("the configuration is left aside" in done.out) == (command == "panic")
