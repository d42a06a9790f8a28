"""What makes a process keep time, asked of one that has done it."""

import subprocess
import sys

import pytest

KEEPS_TIME = """
import gc
from pathlib import Path
from antiphon.stage.clock import keep_time
keep_time()
print(gc.get_freeze_count() > 1000, Path("/proc/self/timerslack_ns").read_text().strip())
"""
LOCKS_MEMORY = """
from pathlib import Path
from antiphon.priority import locked_memory
granted, said = locked_memory(), Path("/proc/self/status").read_text()
print(granted, next(int(line.split()[1]) for line in said.splitlines() if line.startswith("VmLck:")) > 0)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="timer slack and locked memory are Linux's")


def said(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def test_sleeps_end_within_a_nanosecond_and_what_lives_is_never_collected_again() -> None:
    assert said(KEEPS_TIME) == "True 1"


def test_memory_that_is_said_to_be_locked_is() -> None:
    assert said(LOCKS_MEMORY) in ("True True", "False False")
