"""What listens where, while Antiphon plays; and that nothing is asked of anybody else."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.daemon import Daemon
from tests.live.jack_server import Jack

from antiphon import runtime
from antiphon.assemble import settings
from antiphon.config.layers import configured
from antiphon.page.doors import Rules

pytestmark = pytest.mark.midi


@pytest.fixture
def daemon(jack: Jack, tmp_path: Path) -> Iterator[Daemon]:
    with Daemon(jack, tmp_path, "--page", "0") as running:
        yield running


def sockets(pid: int) -> set[str]:
    """The inodes of the sockets that a process has open."""
    links = (os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir())
    return {match[1] for link in links if (match := re.fullmatch(r"socket:\[(\d+)\]", link))}


def internet(pid: int) -> list[tuple[str, str]]:
    """(address, state) of every TCP and UDP socket of a process, in the kernel's hexadecimal."""
    ours, found = sockets(pid), []
    for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in ours:
                found.append((f"{table} {fields[1].partition(':')[0]}", fields[3]))
    return found


def test_the_page_listens_on_this_machine_alone_and_no_other_process_listens_at_all(daemon: Daemon) -> None:
    names = ("guard", "stage", "mind", "page", "scribe")
    found = {name: internet(daemon.pid(name)) for name in names}
    here, listening = "tcp 0100007F", "0A"
    assert found == {"guard": [], "stage": [], "mind": [], "page": [(here, listening)], "scribe": []}


def test_other_users_of_this_machine_cannot_speak_to_the_processes_behind_the_page(daemon: Daemon) -> None:
    """Their lines are pairs of sockets without a name: nothing in the file system or elsewhere leads to them. The one
    that has a name, for the user's own commands, lies where nobody else may look."""
    listed = Path("/proc/net/unix").read_text().splitlines()[1:]
    ours = set[str]().union(*(sockets(daemon.pid(name)) for name in ("guard", "mind", "page", "scribe")))
    named = [line.split()[7] for line in listed if line.split()[6] in ours and len(line.split()) > 7]
    assert [Path(name) for name in named] == [runtime.path(daemon.pid("guard"))]
    assert runtime.folder().stat().st_mode & 0o777 == 0o700


def test_a_hundred_lines_to_the_page_that_say_nothing_shut_nobody_out_for_long(daemon: Daemon) -> None:
    port = int(daemon.latest["page"]["url"].rpartition(":")[2])
    lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(140)]
    end = time.monotonic() + 9
    while not (answered := pong(port)) and time.monotonic() < end:
        time.sleep(0.5)
    assert answered
    for line in lines:
        line.close()


def pong(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5) as answer:
            return bytes(answer.read()) == b"pong"
    except OSError:
        return False


def test_in_a_network_whoever_comes_needs_a_token_that_cannot_be_guessed() -> None:
    tokens = {settings(configured(None, {"page.listen": "192.168.1.5"})).token for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(str(token)) >= 22 for token in tokens)  # 16 bytes in base64
    assert not Rules("192.168.1.5", "secret").knows("")
    assert not Rules("192.168.1.5", "secret").knows(None)


def test_onnxruntime_is_told_to_report_nothing() -> None:
    code = "import antiphon.mind.onnx_model, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    plain = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run([sys.executable, "-c", code], env=plain, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
