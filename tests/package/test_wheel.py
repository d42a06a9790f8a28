"""The wheel, in a clean environment: small, without torch, and able to play."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import mido
import pytest
from tests.package.conftest import REPOSITORY, Run, call

pytestmark = [pytest.mark.package, pytest.mark.timeout(400)]

LIMIT_MB = 250


def test_the_wheel_holds_both_packages_every_model_and_the_service_unit(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    expected = {f"antiphon/models/{file.name}" for file in (REPOSITORY / "models").iterdir()}
    expected |= {"antiphon/__init__.py", "antiphon_training/__init__.py", "antiphon/systemd/antiphon.service"}
    assert expected - held == set()


def test_the_runtime_install_is_small(environment: Path) -> None:
    size_mb = sum(file.lstat().st_blocks * 512 for file in environment.rglob("*")) / 2**20
    print(f"runtime install: {size_mb:.0f} MB")
    assert size_mb < LIMIT_MB


def test_the_runtime_install_brings_neither_torch_nor_onnx(run: Run) -> None:
    code = "from importlib.util import find_spec; print(find_spec('torch'), find_spec('onnx'))"
    assert run("python", "-c", code) == "None None\n"


def test_the_command_line_imports_neither_torch_nor_onnx_where_they_are_installed() -> None:
    code = "import sys, antiphon.cli.main; print(sorted({'torch', 'onnx'} & set(sys.modules)))"
    assert call(sys.executable, "-c", code) == "[]\n"


def test_the_command_says_its_version(run: Run) -> None:
    version = run("python", "-c", "import antiphon; print(antiphon.__version__)").strip()
    assert version in run("antiphon", "--version")


def test_the_installed_command_lists_the_default_model(run: Run) -> None:
    assert "default" in [model["name"] for model in json.loads(run("antiphon", "models", "--json"))]


def test_the_installed_command_generates_from_nothing(run: Run, tmp_path: Path) -> None:
    run("antiphon", "generate", "--notes", "8", "--seed", "1", "--output", "x.mid")
    assert _notes(tmp_path / "x.mid", "Antiphon") == 8


def test_the_installed_command_rehearses_the_bundled_phrase(run: Run, environment: Path, tmp_path: Path) -> None:
    [phrase, *_] = sorted(environment.glob("lib/*/site-packages/antiphon/**/*.mid"))
    run("antiphon", "rehearse", str(phrase), "--output", "answer.mid", "--seed", "1")
    assert _notes(tmp_path / "answer.mid", "player") > 0
    assert _notes(tmp_path / "answer.mid", "Antiphon") > 0


def test_without_the_extra_the_trainer_says_what_to_install(environment: Path, tmp_path: Path) -> None:
    trainer = environment / "bin" / "antiphon-train"
    command = [str(trainer), "fit", str(tmp_path), "--run", str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": ""})
    assert done.returncode == 1
    its_own = re.escape(str(environment / "bin" / "python"))  # and no pip is in it
    said = rf"is not installed; uv pip install --python {its_own}\S* 'antiphon\[train\]'\n\Z"
    assert re.search(said, done.stderr), done.stderr


def test_where_the_midi_library_cannot_be_loaded_run_still_performs(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """python-rtmidi needs the system's libasound.so.2, which a fresh Debian lacks."""
    (tmp_path / "rtmidi.py").write_text("raise ImportError('libasound.so.2: cannot open shared object file')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    run("antiphon", "run", "--no-page", "--no-takes", "--seed", "1")
    [performance] = tmp_path.glob("*.mid")
    assert _notes(performance, "Antiphon") > 0


def _notes(file: Path, track: str) -> int:
    [found] = [t for t in mido.MidiFile(file).tracks if t.name == track]
    return sum(message.type == "note_on" and message.velocity > 0 for message in found)
