"""`antiphon bench` where no JACK server runs: the same figures, through memory, and it says so."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.bench, pytest.mark.timeout(240)]


def test_without_a_server_it_measures_through_memory_and_says_so() -> None:
    env = {**os.environ, "JACK_DEFAULT_SERVER": "none-such", "JACK_NO_START_SERVER": "1"}
    command = [sys.executable, "-m", "antiphon.cli.main", "bench", "--json", "--seconds", "3"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    found = json.loads(done.stdout)
    assert found["through"] == "memory, as no JACK server runs"
    measured = {figure["name"] for figure in found["figures"] if figure["spread"]}
    assert measured >= {"event in to bytes out", "due-time error", "thru, added to a bare connection", "idle, all"}
    lost = [figure["spread"]["max"] for figure in found["figures"] if figure["name"] in ("answers lost", "thru lost")]
    assert lost == [0, 0]
