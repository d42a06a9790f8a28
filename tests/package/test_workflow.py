"""The workflow for lent machines: what its maker's schema allows, on three systems, of commands that there are."""

import re
from typing import Any, Final

import pytest
import yaml
from tests.package.conftest import REPOSITORY, call, tool

FILE: Final = REPOSITORY / ".github" / "workflows" / "ci.yml"


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
