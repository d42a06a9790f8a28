"""The locks: what pyproject.toml asks for, at the versions of constraints.txt, each with its hashes."""

import re
import shutil
import tomllib
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.package.conftest import REPOSITORY, call

LOCKS: Final = REPOSITORY / "locks"
PROJECT: Final = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
EVERYTHING: Final = [
    *PROJECT["dependencies"],
    *(wanted for extra in PROJECT["optional-dependencies"].values() for wanted in extra),
]


def pins(file: Path) -> dict[str, set[str]]:
    """From a package's name to the versions that a file pins; several where systems differ."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", file.read_text(), re.MULTILINE):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def asked(lines: list[str]) -> dict[str, Requirement]:
    """From a package's name to what is asked of it."""
    return {canonicalize_name(wanted.name): wanted for wanted in map(Requirement, lines)}


@pytest.mark.parametrize(("file", "lines"), [("run.txt", PROJECT["dependencies"]), ("test.txt", EVERYTHING)])
def test_a_lock_holds_all_that_pyproject_asks_for_in_a_version_that_it_allows(file: str, lines: list[str]) -> None:
    locked = pins(LOCKS / file)
    elsewhere = asked(re.findall(r"^\w+$", (LOCKS / "elsewhere.in").read_text(), re.MULTILINE))
    left_out = {*elsewhere, PROJECT["name"]}  # an extra may name another of our own
    wanted = {name: requirement for name, requirement in asked(lines).items() if name not in left_out}
    assert wanted.keys() - locked.keys() == set()
    assert [name for name, one in wanted.items() if not all(one.specifier.contains(v) for v in locked[name])] == []


@pytest.mark.parametrize("file", ["run.txt", "test.txt"])
def test_what_is_locked_has_the_version_that_is_tested_and_a_hash(file: str) -> None:
    constrained = pins(REPOSITORY / "constraints.txt")
    locked = pins(LOCKS / file)
    assert {name: there for name, there in locked.items() if there != constrained.get(name, there)} == {}
    blocks = re.split(r"\n(?=\w)", (LOCKS / file).read_text().strip())
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_what_is_locked_elsewhere_has_one_version_in_constraints() -> None:
    assert len(pins(REPOSITORY / "constraints.txt")["torch"]) == 1


@pytest.mark.package
def test_the_locks_are_what_making_them_again_gives(tmp_path: Path) -> None:
    """`make lock` puts it right."""
    for file in ("run.txt", "test.txt"):
        shutil.copy(LOCKS / file, tmp_path)
    call("bash", str(LOCKS / "make.sh"), str(tmp_path))
    for file in ("run.txt", "test.txt"):
        assert (tmp_path / file).read_text() == (LOCKS / file).read_text(), f"locks/{file} is stale: make lock"
