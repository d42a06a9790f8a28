"""The workflow for lent machines: what its maker's schema allows, on three systems, of commands that there are."""

import re
from typing import Any, Final

import pytest
import yaml
from tests.package.conftest import REPOSITORY, call, tool

FILE: Final = REPOSITORY / ".github" / "workflows" / "ci.yml"
OF_LINUX: Final = re.compile(r"/proc/|/dev/shm|memfd_create")


@pytest.fixture
def steps() -> list[str]:
    """The commands of all jobs."""
    jobs: dict[str, Any] = yaml.safe_load(FILE.read_text())["jobs"]  # JSON
    return [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]


def test_the_workflow_is_as_its_schema_wants_it() -> None:
    call(tool("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", str(FILE))


def test_the_workflow_runs_on_three_systems_and_every_python_that_is_asked_for() -> None:
    matrix = yaml.safe_load(FILE.read_text())["jobs"]["systems"]["strategy"]["matrix"]
    assert {name.partition("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
    assert matrix["python"] == ["3.11", "3.12", "3.13"]


def test_every_target_and_every_file_that_the_workflow_names_is_there(steps: list[str]) -> None:
    targets = set(re.findall(r"^([\w-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    asked = {word for step in steps for word in re.findall(r"\bmake ([\w-]+)", step)}
    assert asked == {"test", "docs", "audit", "release"}
    assert asked - targets == set()
    named = {word for step in steps for word in re.findall(r"(?:tests|daemon|locks)/[\w/.]*\w", step)}
    assert {name for name in named if not (REPOSITORY / name).exists()} == set()


def test_a_test_that_leans_on_linux_is_left_out_on_the_other_systems_that_run_it(steps: list[str]) -> None:
    """They have no /proc: a file that uses one says of some of its tests where they do not run."""
    asked = {word for step in steps if "python -m pytest" in step for word in re.findall(r"tests/[\w/.]*\w", step)}
    places = [REPOSITORY / word for word in sorted(asked)]
    files = [file for place in places for file in ([place] if place.is_file() else sorted(place.rglob("*.py")))]
    leaning = [file for file in files if OF_LINUX.search(file.read_text(encoding="utf-8"))]
    assert len(files) > 50
    apart = re.compile(r"skipif\(\s*sys\.platform")
    assert [file.name for file in leaning if not apart.search(file.read_text(encoding="utf-8"))] == []
