"""What the tests play with is installed as far as the system has it; no package that is missing stops the others."""

import os
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).with_name("setup-system.sh")
WITHOUT_CHROMIUM = {  # as on Ubuntu, where it is a snap
    "dpkg": "",
    "dpkg-query": 'case "$*" in *sox) echo -n installed;; esac',
    "id": "echo 0",
    "apt-cache": 'case "$2" in chromium) echo "  Candidate: (none)";; klick) ;; *) echo "  Candidate: 1.0";; esac',
    "apt-get": 'case "$1" in install) shift; echo "$@" > "$ASKED";; esac',
}


def test_what_the_system_has_is_installed_and_what_it_has_not_is_said(tmp_path: Path) -> None:
    for name, does in WITHOUT_CHROMIUM.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    there = {**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin", "ASKED": str(tmp_path / "asked")}
    done = subprocess.run([str(SCRIPT)], env=there, capture_output=True, text=True, check=True)
    asked = (tmp_path / "asked").read_text().split()
    assert done.stdout == "No package here: chromium\nNo package here: klick\n"
    assert {"ardour", "jackd2", "wireplumber"} <= set(asked)
    assert {"chromium", "klick", "sox"}.isdisjoint(asked)
