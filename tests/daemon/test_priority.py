"""What stage and mind run at, beside a MIDI server's thread and without one."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from antiphon import priority
from antiphon.priority import LOWEST, MIND, STAGE, Priorities

SERVED = """
import os, threading
from antiphon import priority
def serve():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param({theirs}))
    print(*priority.beside(served=True))
thread = threading.Thread(target=serve); thread.start(); thread.join()
"""


@pytest.fixture
def _real_time_granted() -> Iterator[None]:
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        pytest.skip("this machine grants no real-time priority")
    yield
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def test_where_nobody_serves_both_run_above_everything_ordinary_the_stage_above_the_mind() -> None:
    assert priority.beside(served=False) == Priorities(STAGE, MIND)


def test_beside_an_ordinary_servers_thread_the_mind_is_ordinary() -> None:
    assert priority.beside(served=True) == Priorities(LOWEST, 0)


@pytest.mark.usefixtures("_real_time_granted")
@pytest.mark.parametrize(("theirs", "expected"), [(70, "60 50"), (10, "9 8"), (2, "1 0"), (1, "1 0")])
def test_both_stay_below_the_servers_thread(theirs: int, expected: str) -> None:
    code = SERVED.format(theirs=theirs)
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == expected


def test_no_priority_is_asked_for_where_none_is_wanted() -> None:
    found = list[bool]()
    thread = threading.Thread(target=lambda: found.append(priority.real_time(0)))
    thread.start()
    thread.join()
    assert found == [False]
