"""On a true PipeWire: what the doctor says of it, the command that it gives, and a PipeWire that dies."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.jack_server import wait_until
from tests.live.pipewire_server import PipeWire

pytestmark = pytest.mark.pipewire

OURS = ["Antiphon in:in", "Antiphon out:out"]
WITHIN_S = 40.0
"""Far more than it takes: a second or two."""
SEEN_S = 1.2
"""Connections are looked at twice a second."""


@pytest.fixture(scope="module")
def pipewire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PipeWire]:
    with PipeWire(tmp_path_factory.mktemp("pipewire")) as server:
        yield server


def findings(pipewire: PipeWire, command: str = "antiphon check --json") -> dict[str, dict[str, str]]:
    said = pipewire.ran("sh", "-c", ours(command)).stdout
    return {finding["name"]: finding for finding in json.loads(said)}


def ours(command: str) -> str:
    """A command line, with the Antiphon that is tested."""
    return command.replace("antiphon ", f"{sys.executable} -m antiphon.cli.main ", 1)


@pytest.fixture(scope="module")
def remedy(pipewire: PipeWire) -> str:
    """What the doctor says is to be done, to have JACK."""
    found = findings(pipewire)
    assert found["midi"]["grade"] == "fault"
    assert not {"jack", "alsa", "pipewire"} & found.keys()  # one fault for one cause
    [said] = [line for line in found["midi"]["remedy"].splitlines() if "LD_PRELOAD" in line]
    return said[said.index("LD_PRELOAD") :]


def test_the_doctor_gives_a_command_with_which_all_is_well(pipewire: PipeWire, remedy: str) -> None:
    assert remedy.endswith(" antiphon run --backend jack")
    found = findings(pipewire, remedy.replace("run --backend jack", "check --json"))
    assert (found["jack"]["grade"], found["pipewire"]["said"]) == ("ok", "runs, and JACK works with it")
    assert found["loop"]["said"].startswith("100 notes through JACK and back, none lost: ")


def test_that_command_plays_knows_its_ports_and_outlives_pipewire(
    pipewire: PipeWire, remedy: str, tmp_path: Path
) -> None:
    ready = tmp_path / "ready.json"
    command = f"exec env {ours(remedy)} --page 0 --ready-file {ready}"
    with subprocess.Popen(["sh", "-c", command], env=pipewire.env, stdout=subprocess.PIPE, text=True) as process:
        try:
            wait_until(ready.exists, WITHIN_S, lambda: "not ready")
            ports = json.loads(ready.read_text())["ports"]
            assert [*ports["in"], *ports["out"]] == sorted(pipewire.ports()) == OURS
            with pipewire.listener() as other:
                pipewire.ran("pw-jack", "jack_connect", OURS[1], other)
                assert pipewire.connected(OURS[1]) == [other]
                time.sleep(SEEN_S)
                pipewire.kill()
            wait_until(lambda: json.loads(ready.read_text())["ports"]["in"] == [], WITHIN_S, lambda: "not noticed")
            pipewire.start()
            wait_until(lambda: sorted(pipewire.ports()) == OURS, WITHIN_S, lambda: f"{pipewire.ports()}", look_s=0.2)
            with pipewire.listener() as other:
                wait_until(
                    lambda: pipewire.connected(OURS[1]) == [other], WITHIN_S, lambda: "not connected", look_s=0.2
                )
        finally:
            os.kill(process.pid, signal.SIGTERM)
        said, _ = process.communicate(timeout=20)
    assert (process.returncode, "(waiting for it)" in said) == (0, True)
