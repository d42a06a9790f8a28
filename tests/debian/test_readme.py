"""A bare Debian 12 with what README.md asks for, and every command that it shows, in its order."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.debian.machine import BASE, LENT, REPOSITORY, Images, Machine, call

pytestmark = [pytest.mark.debian, pytest.mark.timeout(1500)]

ASKED = re.compile(r"with git, make and Python .*?\(on Debian and Ubuntu: `([^`]+)`\)", re.DOTALL)
MINUTES = 60.0

# Commands whose work here is to say that there is no MIDI, with the status that a script goes by.
WITHOUT_MIDI = {"panic": 1, "check": 1}


@pytest.fixture
def files(images: Images) -> Iterator[Path]:
    with images.files(BASE) as files:
        call("git", "-C", str(REPOSITORY), "bundle", "create", "-q", str(files / "root/antiphon.bundle"), "HEAD")
        yield files


def shown() -> list[str]:
    """The commands in README.md's indented blocks, without their comments."""
    lines = re.findall(r"^    ((?:make|antiphon|git|cd) .*)$", (REPOSITORY / "README.md").read_text(), re.MULTILINE)
    return [shlex.join(shlex.split(line, comments=True)) for line in lines]


def script(commands: list[str]) -> str:
    """A shell script that prints each command, runs it, and stops where one fails that should not."""
    lines = ["set -u", "cd /root/antiphon", "export PATH=/root/antiphon/.venv/bin:$PATH"]
    for command in commands:
        wanted = WITHOUT_MIDI.get(command.split()[1], 0)
        lines += [f"echo '$' {shlex.quote(command)}", f"{command} </dev/null", "status=$?"]
        lines += [f"[ $status = {wanted} ] || {{ echo status $status instead of {wanted}; exit 1; }}"]
    return "\n".join([*lines, "echo all done"])


def test_every_command_of_the_readme_works_on_a_bare_debian(files: Path, tmp_path: Path) -> None:
    [package] = ASKED.findall((REPOSITORY / "README.md").read_text())
    fetched = f"apt-get update -qq && apt-get install -qq -y --no-install-recommends git make {package} ca-certificates"
    commands = [command for command in shown() if command != "make test"]
    assert commands[0].startswith("make run")
    (files / "root" / "readme.sh").write_text(script(commands))
    prepared = "git clone -q /root/antiphon.bundle /root/antiphon && cp docs/examples/reply.mid mine.mid"
    prepared = prepared.replace("&& cp", "&& cd /root/antiphon && cp")
    line = f"{fetched} >/dev/null && {prepared} && exec sh /root/readme.sh"
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive", **LENT}
    said = Machine(files, ["sh", "-c", line], env=env, log=tmp_path / "log").wait(20 * MINUTES)
    print(said[-6000:])
    assert said.rstrip().endswith("all done")
    assert "antiphon-performance.mid: player" in said
