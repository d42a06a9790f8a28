"""The page's process gives up what it does not need."""

import subprocess
import sys

import pytest

LOOK = """
import os, resource
from antiphon.page.rights import shed
shed()
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(*(status[name].strip() for name in ("NoNewPrivs", "CapEff", "CapPrm", "CapInh")))
print(resource.getrlimit(resource.RLIMIT_CORE))
"""
KILL = """
import os
from antiphon.page.rights import shed
shed()
try:
    os.setuid(12345)
    print("became another user")
except PermissionError:
    print("refused")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_no_program_it_starts_gains_rights_and_it_has_no_capability_and_leaves_no_core() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["1 " + " ".join(["0" * 16] * 3), "(0, 0)"]


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_even_roots_page_cannot_become_another_user() -> None:
    done = subprocess.run([sys.executable, "-c", KILL], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "refused"
