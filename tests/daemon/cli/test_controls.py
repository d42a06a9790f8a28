"""The controls of a configuration and those that were learned lie together, and are listed and forgotten together."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.daemon.cli.conftest import Antiphon

from antiphon import assemble, runtime
from antiphon.config import learned
from antiphon.config.layers import configured

MAP = 'version = 1\n[controls]\nmap = ["cc 20 = temperature"]\n'


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration beside which a control was learned; nothing runs. One was learned for the usual one, too."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "usual"))
    monkeypatch.delenv("ANTIPHON_CONFIG", raising=False)
    learned.write(["cc 22 on 1 = pause"], learned.where(configured()))
    config = tmp_path / "mine" / "a.toml"
    config.parent.mkdir()
    config.write_text(MAP)
    learned.write(["cc 21 on 1 = density"], config.with_name("controls.txt"))
    return config


def test_what_was_learned_is_read_beside_the_configuration_that_is_used(mine: Path) -> None:
    assert assemble.settings(configured(mine)).controls == ("cc 20 = temperature", "cc 21 on 1 = density")
    assert assemble.settings(configured()).controls == ("cc 22 on 1 = pause",)
    elsewhere = configured(environment={"ANTIPHON_CONFIG": str(mine)})
    assert assemble.settings(elsewhere).controls == ("cc 20 = temperature", "cc 21 on 1 = density")


def test_the_controls_of_a_configuration_are_listed(mine: Path, antiphon: Antiphon) -> None:
    listed = "cc 20 = temperature   (configuration)\ncc 21 on 1 = density   (learned)\n"
    assert antiphon("controls", "list", "--config", mine).out == listed
    assert antiphon("controls", "list").out == "cc 22 on 1 = pause   (learned)\n"


def test_where_none_is_running_a_learned_one_is_forgotten_in_its_file(mine: Path, antiphon: Antiphon) -> None:
    assert antiphon("controls", "forget", "cc 21 on 1=density", "--config", "mine/a.toml").status == 0
    assert antiphon("controls", "list", "--config", mine).out == "cc 20 = temperature   (configuration)\n"
    assert antiphon("controls", "forget", "cc 22 on 1 = pause").status == 0
    assert antiphon("controls", "list").out == ""


def test_where_none_is_running_one_of_the_configuration_is_its_owners_to_take_out(
    mine: Path, antiphon: Antiphon
) -> None:
    refused = antiphon("controls", "forget", "cc 20 = temperature", "--config", mine)
    assert (
        refused.error == f"cc 20 = temperature: stands in the configuration (controls.map, {mine}:3); take it out there"
    )
    assert "see `antiphon controls list`" in antiphon("controls", "forget", "nonsense").error


class Running:
    """The socket of an Antiphon that plays on and on: whoever watches is shown something twenty times a second.

    controls   what its controllers do
    learning   all that it was told to learn, in order
    watched    what it does once somebody watches
    """

    def __init__(self, where: Path) -> None:
        self.controls, self.learning = ["cc 20 = temperature"], list[str]()
        self.watched: Callable[[], None] = lambda: None
        runtime.make(where)
        self._listening = socket.create_server(str(runtime.path(os.getpid(), where)), family=socket.AF_UNIX)
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    @property
    def state(self) -> dict[str, Any]:
        written = {"cc 20 = temperature": "/home/me/mine.toml:3"}
        return {"controls": self.controls, "written": written, "learning": (self.learning or [""])[-1]}

    def _serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                threading.Thread(target=self._converse, args=self._listening.accept()[:1], daemon=True).start()

    def _converse(self, talking: socket.socket) -> None:
        with suppress(OSError), talking, talking.makefile("rwb") as lines:  # they may leave at any time
            for line in lines:
                asked = json.loads(line)
                if "learn" in asked:
                    self.learning.append(asked["learn"])
                if "unlearn" in asked:
                    self.controls.remove(asked["unlearn"])
                lines.write(json.dumps({"state": self.state}).encode() + b"\n")
                lines.flush()
                if "watch" in asked:
                    self._show(talking)

    def _show(self, talking: socket.socket) -> None:
        self.watched()
        while True:
            talking.sendall(json.dumps({"state": self.state}).encode() + b"\n")
            time.sleep(0.05)


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    running = Running(tmp_path / "antiphon")
    yield running
    running.close()


def test_the_controls_of_the_one_that_is_running_are_listed(running: Running, antiphon: Antiphon) -> None:
    running.controls.append("cc 21 on 1 = pause")
    listed = "cc 20 = temperature   (configuration)\ncc 21 on 1 = pause   (learned)\n"
    assert antiphon("controls", "list").out == listed


def test_of_one_of_the_configuration_it_is_said_that_it_comes_back_and_where_it_stands(
    running: Running, antiphon: Antiphon
) -> None:
    running.controls.append("cc 21 on 1 = pause")
    assert antiphon("controls", "forget", "cc 20=temperature").out == (
        "cc 20 = temperature: gone until Antiphon is started again, for it is in the configuration\n"
        "(controls.map, /home/me/mine.toml:3); take it out there to be rid of it\n"
    )
    assert antiphon("controls", "list").out == (
        "cc 21 on 1 = pause   (learned)\ncc 20 = temperature   (configuration; forgotten until the next start)\n"
    )
    assert antiphon("controls", "forget", "cc 21 on 1 = pause").out == ""


def test_learning_ends_after_its_seconds_while_it_plays_and_nothing_is_waited_for_then(
    running: Running, antiphon: Antiphon
) -> None:
    began = time.monotonic()
    done = antiphon("controls", "learn", "pause", "--seconds", "1")
    assert (done.status, time.monotonic() - began < 3) == (1, True)
    assert "nothing was moved in 1 s" in done.err
    assert running.learning == ["pause", ""]


def test_after_a_ctrl_c_nothing_is_waited_for(running: Running, antiphon: Antiphon) -> None:
    running.watched = lambda: os.kill(os.getpid(), signal.SIGINT)
    assert antiphon("controls", "learn", "pause").status != 0
    assert running.learning == ["pause", ""]


def test_what_was_learned_is_shown_and_what_was_called_off_is_not(running: Running, antiphon: Antiphon) -> None:
    def moved(control: str) -> None:
        running.controls.append(control)
        threading.Timer(0.3, running.learning.append, ("",)).start()

    running.watched = lambda: moved("cc 30 on 1 = pause")
    assert antiphon("controls", "learn", "pause").out.endswith("cc 30 on 1 = pause\n")
    running.watched = lambda: moved("cc 31 on 1 = density")
    assert "was not learned" in antiphon("controls", "learn", "pause").err
