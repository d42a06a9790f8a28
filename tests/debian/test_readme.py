"""A bare Debian 12 with what README.md asks for: every command that it and docs/start.md show, in their order."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.debian.machine import BASE, LENT, REPOSITORY, Images, Machine, call

pytestmark = [pytest.mark.debian, pytest.mark.timeout(1500)]

ASKED = re.compile(r"with git, make and Python .*?\(on Debian and Ubuntu: `([^`]+)`\)", re.DOTALL)
MINUTES = 60.0

# Commands whose work here is to say what is missing, with the status that a script goes by: MIDI, or a take.
MISSING = {"panic": 1, "check": 1, "ports": 1, "takes": 1, "learn": 1}


@pytest.fixture
def files(images: Images) -> Iterator[Path]:
    with images.files(BASE) as files:
        call("git", "-C", str(REPOSITORY), "bundle", "create", "-q", str(files / "root/antiphon.bundle"), "HEAD")
        yield files


# What plays on until Ctrl-C: it is pressed once the page is served, and is no failure, for make neither.
PLAYED = """
import os, signal, subprocess, sys
command = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
for line in command.stdout:
    sys.stdout.buffer.write(line)
    sys.stdout.flush()
    if line.startswith(b"page "):
        os.killpg(command.pid, signal.SIGINT)
        print("Ctrl-C")
sys.exit(0 if command.wait() in (0, -signal.SIGINT) else 1)
"""


def shown(page: str) -> list[str]:
    """The commands in a page's indented blocks, without what is said of them."""
    lines = re.findall(r"^    ((?:make|antiphon) .*)$", (REPOSITORY / page).read_text(), re.MULTILINE)
    return [shlex.join(shlex.split(re.split(r"\s{2,}", line)[0], comments=True)) for line in lines]


def followed() -> list[str]:
    """What a reader without MIDI types: all of README.md, then of docs/start.md what waits for no instrument.

    `make test` is what runs this.
    """
    start = [line for line in shown("docs/start.md") if line.startswith("antiphon") and "--in" not in line]
    return [line for line in [*shown("README.md"), *start] if line != "make test" and "--in " not in line]


def script(commands: list[str]) -> str:
    """A shell script that prints each command, runs it, and stops where one fails that should not."""
    lines = ["set -u", "cd /root/antiphon", "export PATH=/root/antiphon/.venv/bin:$PATH"]
    for command in commands:
        wanted = MISSING.get(command.split()[1], 0)
        run = f"python3 /root/play.py {command}" if command.split()[1] == "run" else command
        lines += [f"echo '$' {shlex.quote(command)}", f"{run} </dev/null", "status=$?"]
        lines += [f"[ $status = {wanted} ] || {{ echo status $status instead of {wanted}; exit 1; }}"]
    return "\n".join([*lines, "echo all done"])


def test_every_command_of_the_readme_and_the_start_works_on_a_bare_debian_without_midi(
    files: Path, tmp_path: Path
) -> None:
    [package] = ASKED.findall((REPOSITORY / "README.md").read_text())
    fetched = f"apt-get update -qq && apt-get install -qq -y --no-install-recommends git make {package} ca-certificates"
    commands = followed()
    assert len(commands) >= 12
    assert commands[0].startswith("make run")
    (files / "root" / "readme.sh").write_text(script(commands))
    (files / "root" / "play.py").write_text(PLAYED)
    cloned = "git clone -q /root/antiphon.bundle /root/antiphon && cd /root/antiphon"
    prepared = f"{cloned} && cp docs/examples/reply.mid mine.mid && cp mine.mid yours.mid"
    line = f"{fetched} >/dev/null && {prepared} && exec sh /root/readme.sh"
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive", **LENT}
    said = Machine(files, ["sh", "-c", line], env=env, log=tmp_path / "log").wait(20 * MINUTES)
    print(said[-6000:])
    assert said.rstrip().endswith("all done")
    assert "antiphon-performance.mid: player" in said
    assert said.count("\nCtrl-C\n") == sum(command.split()[1] == "run" for command in commands)
