"""What is published: built once for all tests, or, where ANTIPHON_DIST names a folder, what lies there."""

import os
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

REPOSITORY: Final = Path(__file__).parents[2]
CONSTRAINTS: Final = str(REPOSITORY / "constraints.txt")

Run = Callable[..., str]


def call(*command: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """What a command prints; it has to succeed."""
    there = {**os.environ, **(env or {})}
    done = subprocess.run(command, cwd=cwd, env=there, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def tool(name: str) -> str:
    """A program that came with the development environment."""
    return str(Path(sys.executable).with_name(name))


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    if made := os.environ.get("ANTIPHON_DIST"):
        return REPOSITORY / made
    folder = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(REPOSITORY))
    return folder


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    [built] = dist.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def sdist(dist: Path) -> Path:
    [built] = dist.glob("*.tar.gz")
    return built


@pytest.fixture(scope="session")
def wheelhouse(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel and all that it needs, so that the installers need no index."""
    folder = tmp_path_factory.mktemp("wheelhouse")
    call(sys.executable, "-m", "pip", "wheel", "-q", "-c", CONSTRAINTS, "--wheel-dir", str(folder), str(wheel))
    return folder


@pytest.fixture(scope="session")
def environment(wheel: Path, wheelhouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that holds the wheel and what it depends on, and no pip."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)  # the interpreter is not ours, and a copy of it no size of ours
    without_index = ("--no-index", "--find-links", str(wheelhouse))
    python = str(folder / "bin" / "python")
    call(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", *without_index, str(wheel))
    return folder


@pytest.fixture
def run(environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a program of the clean environment in an empty folder; returns what it printed."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return lambda program, *arguments: call(str(environment / "bin" / program), *arguments, cwd=tmp_path)
