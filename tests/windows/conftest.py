"""A Windows under Wine for all tests of this folder, and a daemon on it for those that play."""

import contextlib
import json
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from tests.live.jack_server import wait_until
from tests.package.conftest import dist, wheel
from tests.windows.cables import Cables, Keyboard, Synth
from tests.windows.wine import Wine, windows

__all__ = ["dist", "wheel"]

READY_S: Final = 90.0
"""Wine starts a python in some seconds."""
ANSWERS: Final = ("--set", "pause=0.4", "--set", "reply_shortest=6", "--seed", "3")


@dataclass
class Room:
    """A daemon on Windows between a keyboard and a synth; `said` is what it has said so far, by line."""

    wine: Wine
    cables: Cables
    keyboard: Keyboard
    synth: Synth
    report: dict[str, Any]
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def sounds(self) -> None:
        """Play a phrase, and wait until Antiphon's answer sounds."""
        begun = len(self.synth.begun)
        self.keyboard.phrase(60, 64, 67, 72, 67, 64)
        self.again(begun)

    def again(self, begun: int) -> None:
        """Wait until more notes have been begun than that, and one of them sounds."""
        wait_until(
            lambda: len(self.synth.begun) > begun and bool(self.synth.down), 20.0, lambda: "\n".join(self.said[-9:])
        )


@pytest.fixture(scope="session")
def wine(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Iterator[Wine]:
    made = Wine(tmp_path_factory.mktemp("wine"), wheel)
    yield made
    made.close()


@pytest.fixture
def cables(wine: Wine) -> Cables:
    return Cables(wine.ports, "Keyboard", "Synth")


@pytest.fixture
def options() -> tuple[str, ...]:
    """More options of `antiphon run`; a test may say others."""
    return ()


@pytest.fixture
def room(wine: Wine, cables: Cables, tmp_path: Path, options: tuple[str, ...]) -> Iterator[Room]:
    ready = tmp_path / "ready.json"
    ports = ("--in", "Keyboard", "--out", "Synth", "--page", "0")
    run = ("run", "--ready-file", windows(ready), *ports, *ANSWERS, *options)
    with (
        contextlib.closing(Synth(cables.base("Synth"))) as synth,
        contextlib.closing(Keyboard(cables.base("Keyboard"))) as keyboard,
        wine.start("-m", "antiphon", *run) as process,
    ):
        made = Room(wine, cables, keyboard, synth, {}, process)
        reader = threading.Thread(target=_read, args=(process, made.said))
        reader.start()
        try:
            wait_until(lambda: ready.exists() or process.poll() is not None, READY_S, lambda: "\n".join(made.said))
            assert process.poll() is None, "\n".join(made.said)
            made.report = json.loads(ready.read_text())
            yield made
        finally:
            wine.close()
            reader.join()


def _read(process: subprocess.Popen[str], said: list[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if not line.startswith("ALSA lib"):
            said.append(line.rstrip())
