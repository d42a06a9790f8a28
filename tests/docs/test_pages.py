"""What the guide says is so: links lead somewhere, commands are understood, samples run, messages are ours."""

import itertools
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer.main
from tests.docs.pages import DOCS, PAGES, REPOSITORY, commands, fenced, headings, indented, links, prose

import antiphon.cli.main
import antiphon_training.cli
from antiphon.config.file import read
from antiphon.core.parameters import Parameters

PROGRAMS = {
    "antiphon": typer.main.get_command(antiphon.cli.main.app),
    "antiphon-train": typer.main.get_command(antiphon_training.cli.app),
}
FILLED_IN = re.compile(r"\.\.\.|'x'|:12:|\bN\b|libasound\.so\.2|/dev/snd/seq|antiphon\.toml|JACK server|MIDI input")
"""What stands in a message where the code has a name or a number."""
each_page = pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])


@each_page
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(page: Path) -> None:
    wrong = []
    for link in links(page):
        if link.startswith("http"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        made = target.parent == DOCS / "reference"
        if not made and (not target.exists() or (anchor and anchor not in headings(target))):
            wrong.append(link)
    assert wrong == []


@each_page
def test_every_command_that_is_shown_is_one_that_there_is(page: Path) -> None:
    """Parsed by the very parser, but not run."""
    wrong = {line: why for line in commands(page) if (why := misunderstood(line))}
    assert wrong == {}


def misunderstood(line: str) -> str:
    """Why a line is no command of ours; nothing where it is one."""
    line = re.split(r"\s{2,}", line.replace("...", ""))[0]  # what is said of it stands behind it
    program, *words = shlex.split(line, comments=True)
    words = list(itertools.takewhile(lambda word: word not in (">", "|", "&"), words))  # where its output goes
    command = PROGRAMS[program]
    while below := getattr(command, "commands", None):
        if not words:
            return ""
        if words[0] in ("--help", "--version") or "|" in words[0]:
            return ""
        if words[0] not in below:
            return f"no command {words[0]}"
        command, words = below[words[0]], words[1:]
    named = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}
    unknown = [word for word in words if word.startswith("-") and word.partition("=")[0] not in named]
    return f"no option {', '.join(unknown)}" if unknown else ""


@each_page
def test_every_parameter_that_is_set_can_be_set_so(page: Path) -> None:
    text = prose(page)
    said = re.findall(r"--set (\w+=(?:\"[^\"]+\"|[^\s`]+))", text)
    for setting in said:
        [word] = shlex.split(setting)
        if word != "NAME=VALUE":
            Parameters().set([word])


@each_page
def test_every_target_of_make_that_is_shown_is_there(page: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    shown = [*indented(page), *re.findall(r"`(make [^`]+)`", prose(page))]
    asked = {word for line in shown if line.startswith("make ") for word in re.findall(r"^make ([a-z][\w-]*)", line)}
    assert asked - targets == set()


def test_every_configuration_that_is_shown_is_read_without_a_complaint(tmp_path: Path) -> None:
    found = 0
    for page in PAGES:
        for block in re.findall(r"(?:^    .*\n|^\n)+", prose(page), re.MULTILINE):
            text = re.sub(r"^    ", "", block, flags=re.MULTILINE).strip()
            if re.match(r"\[[\w.-]+\]\s", text):
                found += 1
                tomllib.loads(text)
                (tmp_path / "antiphon.toml").write_text(text + "\n")
                read(tmp_path / "antiphon.toml")
    assert found >= 5


@pytest.mark.parametrize("page", ["how"])
def test_every_sample_of_python_that_needs_no_daemon_runs(page: str, tmp_path: Path) -> None:
    [sample] = fenced(DOCS / f"{page}.md", "python")
    done = subprocess.run([sys.executable, "-c", sample], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 4


def test_every_message_that_the_page_of_troubles_explains_is_one_of_ours() -> None:
    """In italics stands what is printed; a dot row for what differs. `make` prints what python's own venv says."""
    rows = re.findall(r"^\| (.*?) \|", (DOCS / "trouble.md").read_text(), re.MULTILINE)
    said = [message for row in rows for message in re.findall(r"\*([^*]+)\*", row) if "ensurepip" not in message]
    sources = "\n".join(path.read_text() for path in (REPOSITORY / "daemon").rglob("*.py"))
    plain = re.sub(r"\{[^{}]*\}|\"\s*f?\"|\s+", " ", sources)
    missing = []
    for message in said:
        parts = [part.strip(" ()'") for part in FILLED_IN.split(message)]
        missing += [part for part in parts if part not in plain]
    assert missing == []
    assert len(said) >= 8


def test_every_test_that_the_threat_model_names_is_there() -> None:
    text = "\n".join(path.read_text() for path in (REPOSITORY / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", (DOCS / "security.md").read_text()))
    assert {name for name in named if f"def {name}(" not in text} == set()
    assert len(named) > 20


def test_every_line_of_the_threat_model_names_its_test_or_says_that_nothing_stands_against_it() -> None:
    rows = re.findall(r"^\| (.*) \| (.*) \|(.*)\|$", (DOCS / "security.md").read_text(), re.MULTILINE)
    lines = [row for row in rows if row[2].strip() != "held by"]
    open_ones = [threat for threat, _, test in lines if "`test_" not in test]
    told = [["use", "the"], ["connect", "to"], ["play,", "hold"], ["let", "others"]]
    assert [threat.split()[:2] for threat in open_ones] == told
    assert len(lines) > 30


def test_every_test_of_security_is_named_in_the_threat_model() -> None:
    text = "\n".join(path.read_text() for path in (REPOSITORY / "tests" / "security").glob("test_*.py"))
    model = (DOCS / "security.md").read_text()
    assert [name for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE) if f"`{name}`" not in model] == []
