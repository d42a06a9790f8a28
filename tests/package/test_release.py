"""What `make release` would publish: whole, checked, of one version, with a list of what it consists of."""

import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from tests.package.conftest import REPOSITORY, call, tool

import antiphon
from antiphon.cli.main import main

pytestmark = [pytest.mark.package, pytest.mark.timeout(400)]

PERMITTED = r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation"


def test_the_sdist_holds_every_file_that_is_kept_in_git(sdist: Path) -> None:
    kept = set(call("git", "ls-files", cwd=REPOSITORY).splitlines())
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {file for file in kept if (REPOSITORY / file).exists()} - held == set()
    assert {file for file in held - kept if file.endswith((".py", ".onnx", ".mid"))} == set()


def test_the_index_would_take_both_files(dist: Path) -> None:
    files = [str(file) for file in dist.iterdir() if file.suffix in (".whl", ".gz")]
    assert call(tool("twine"), "--no-color", "check", "--strict", *files).count("PASSED") == 2


def test_the_version_comes_from_one_place(dist: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["antiphon", "--version"])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().out == f"antiphon {antiphon.__version__}\n"
    built = {match[1] for file in dist.iterdir() if (match := re.match(r"antiphon-([\d.]+)(-|\.tar)", file.name))}
    assert built == {antiphon.__version__}
    said = subprocess.run(
        ["git", "grep", "-lF", f'"{antiphon.__version__}"', "--", "*.py", "*.toml", "*.md"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.stdout.split() == ["daemon/antiphon/__init__.py"]


def test_the_inventory_names_all_that_is_installed_with_licences_that_permit_it(dist: Path, tmp_path: Path) -> None:
    wheels = [file for file in dist.iterdir() if file.suffix == ".whl"]
    (tmp_path / wheels[0].name).symlink_to(wheels[0].resolve())
    call("sh", str(REPOSITORY / "locks" / "inventory.sh"), str(tmp_path))
    [file] = tmp_path.glob("*.cdx.json")
    listed = json.loads(file.read_text())
    assert listed["metadata"]["component"]["version"] == antiphon.__version__
    found = {component["name"].lower(): component for component in listed["components"]}
    assert {"numpy", "onnxruntime", "python-rtmidi", "mido", "starlette", "uvicorn"} - found.keys() == set()
    assert {"torch", "onnx", "antiphon", "pip"} & found.keys() == set()
    without = {name for name, one in found.items() if not re.search(PERMITTED, json.dumps(one.get("licenses", [])))}
    # By their licence files BSD-3-Clause, and the Unlicense (public domain); their metadata do not say.
    assert without <= {"protobuf", "python-osc"}
