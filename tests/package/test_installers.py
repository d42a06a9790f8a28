"""The ways in which people install a program: each from the built wheel, with an empty home and no index."""

import json
import sys
import venv
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.package.conftest import call, tool

pytestmark = [pytest.mark.package, pytest.mark.timeout(400)]

Install = Callable[[Path, Mapping[str, str]], Path]


def _by_pip(wheel: Path, home: Mapping[str, str]) -> Path:
    folder = Path(home["HOME"]) / "venv"
    venv.create(folder, with_pip=True)
    call(str(folder / "bin" / "pip"), "install", "--quiet", str(wheel), env=home)
    return folder / "bin"


def _by_pipx(wheel: Path, home: Mapping[str, str]) -> Path:
    programs = Path(home["HOME"]) / "programs"
    folders = {"PIPX_HOME": f"{home['HOME']}/pipx", "PIPX_BIN_DIR": str(programs)}
    call(tool("pipx"), "install", "--python", sys.executable, str(wheel), env={**home, **folders})
    return programs


def _by_uv(wheel: Path, home: Mapping[str, str]) -> Path:
    programs = Path(home["HOME"]) / "programs"
    folders = {"UV_TOOL_DIR": f"{home['HOME']}/tools", "UV_TOOL_BIN_DIR": str(programs)}
    call(tool("uv"), "tool", "install", "--no-config", "--python", sys.executable, str(wheel), env={**home, **folders})
    return programs


@pytest.mark.parametrize("install", [_by_pip, _by_pipx, _by_uv])
def test_the_wheel_installs_into_an_empty_home_and_plays(
    install: Install, wheel: Path, wheelhouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    home = {"HOME": str(tmp_path), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheelhouse)}
    home |= {"UV_OFFLINE": "1", "UV_NO_INDEX": "1", "UV_FIND_LINKS": str(wheelhouse)}  # pipx asks uv where it is there
    programs = install(wheel, home)
    antiphon = str(programs / "antiphon")
    version = wheel.name.split("-")[1]
    assert call(antiphon, "--version", env=home) == f"antiphon {version}\n"
    assert "default" in [model["name"] for model in json.loads(call(antiphon, "models", "--json", env=home))]
    call(antiphon, "generate", "--notes", "8", "--seed", "1", "--output", str(tmp_path / "x.mid"), env=home)
    assert (tmp_path / "x.mid").read_bytes().startswith(b"MThd")
