"""A knob and a pad through JACK turn a running daemon; what they do is learned and kept; lights show how it stands."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.daemon import _COMMAND, Daemon
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until
from tests.live.test_performance import QUICK
from tests.live.test_remote import said

pytestmark = pytest.mark.midi

CONTROLS = "cc 20 = temperature 0.5..1.5, note 36 on 10 = another"


@pytest.fixture
def daemon(jack: Jack, player: Player, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    (tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("ANTIPHON_CONTROLS_MAP", CONTROLS)
    monkeypatch.setenv("ANTIPHON_CONTROLS_LIGHTS", player.input.split(":")[0])
    with Daemon(jack, tmp_path, "--seed", "5", "--page", "0", *QUICK) as daemon:
        jack.connect(player.output, daemon.report["ports"]["in"][0])
        yield daemon


def temperature() -> str:
    return said("get", "temperature")[1]


def test_a_knob_turns_a_parameter_and_a_light_shows_what_is_turned_elsewhere(player: Player, daemon: Daemon) -> None:
    player.play([(0.0, bytes((0xB0, 20, value))) for value in range(128)])
    wait_until(lambda: temperature() == "temperature = 1.5", 10.0, temperature)
    assert said("set", "temperature", "0.5") == (0, "temperature = 0.5", "")
    wait_until(lambda: bytes((0xB0, 20, 0)) in player.messages, 5.0, lambda: str(player.messages[-5:]))


def test_a_knob_is_learned_from_the_terminal_and_is_known_at_the_next_start(
    jack: Jack, player: Player, daemon: Daemon, tmp_path: Path
) -> None:
    command = [*_COMMAND, "controls", "learn", "density", "1..4"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as learning:
        assert learning.stdout is not None
        assert learning.stdout.readline().startswith("move what is to do 'density 1..4'")
        player.play([(0.5, bytes((0xB1, 30, 5)))])
        assert learning.stdout.readline() == "cc 30 on 2 = density 1..4\n"
    player.play([(0.0, bytes((0xB1, 30, 127)))])
    wait_until(lambda: said("get", "density")[1] == "density = 4", 10.0, lambda: said("get", "density")[1])
    daemon.end()
    assert said("controls", "list")[1].endswith("cc 30 on 2 = density 1..4   (learned)")
    with Daemon(jack, tmp_path, "--page", "0") as again:
        jack.connect(player.output, again.report["ports"]["in"][0])
        player.play([(0.0, bytes((0xB1, 30, 0)))])
        wait_until(lambda: said("get", "density")[1] == "density = 1", 10.0, lambda: said("get", "density")[1])
        assert said("controls", "forget", "cc 30 on 2 = density 1..4")[0] == 0
        wait_until(lambda: "density" not in said("controls", "list")[1], 5.0, lambda: said("controls", "list")[1])


def test_what_is_no_control_is_refused_with_what_to_do(daemon: Daemon) -> None:
    assert "did you mean temperature" in said("controls", "learn", "temprature")[2]
    assert "see `antiphon controls list`" in said("controls", "forget", "cc 99 = hold")[2]
