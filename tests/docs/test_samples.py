"""The samples that speak to a daemon, spoken to one."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from tests.docs.pages import DOCS, fenced
from tests.live.daemon import Daemon
from tests.live.jack_server import Jack

pytestmark = pytest.mark.midi

PAGE = DOCS / "controlling.md"
USUAL = "127.0.0.1:8765"


@pytest.fixture
def address(_lasting_server: Jack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Daemon(_lasting_server, tmp_path_factory.mktemp("daemon"), "--page", "0") as running:
        yield running.report["page"]["url"].removeprefix("http://").rstrip("/")


def test_the_lines_for_the_shell_turn_and_act(address: str) -> None:
    [sample] = fenced(PAGE, "sh")
    there = sample.replace(USUAL, address).replace("curl ", "curl -sS --fail-with-body ").splitlines()
    said = [subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False) for line in there]
    assert [done.returncode for done in said] == [0, 0, 0], [done.stdout + done.stderr for done in said]
    values = json.loads(said[2].stdout)["values"]
    assert (values["patience"], values["lock"]) == (2, "D dorian")


def test_the_program_shows_what_is_ahead(address: str) -> None:
    [sample] = fenced(PAGE, "python")
    code = sample.replace(USUAL, address)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("notes ahead") == 3
