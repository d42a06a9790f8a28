"""What processes cost, by Linux's books, on processes of this test's own."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from antiphon.bench import cost

pytestmark = pytest.mark.skipif(not cost.KNOWN, reason="this system keeps no such books")


@pytest.fixture
def idle() -> Iterator[int]:
    """A process that has started, and waits."""
    process = subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout
    process.stdout.readline()
    yield process.pid
    process.communicate(b"\n")


def test_a_process_that_waits_uses_memory_and_next_to_no_time(idle: int) -> None:
    assert 1 < cost.memory_mb(idle) < 100
    assert cost.shares({"idle": idle}, lambda: time.sleep(0.05)) == {"idle": pytest.approx(0.0, abs=5.0)}


def test_the_first_thread_can_be_told_from_the_others() -> None:
    over = threading.Event()  # the books know nothing of a thread that has ended
    worker = threading.Thread(target=lambda: (sum(range(2_000_000)), over.wait()))
    pids = {"all": os.getpid(), "first": os.getpid()}

    def work() -> None:
        worker.start()
        time.sleep(0.3)

    used = cost.shares(pids, work, ["first"])
    over.set()
    worker.join()
    assert used["first"] < used["all"]


def test_memory_can_be_told_apart_by_the_files_it_belongs_to(idle: int) -> None:
    assert cost.memory_mb(idle, "/nowhere") == 0
    assert 0 < cost.memory_mb(idle, "/") < cost.memory_mb(idle)


def test_the_family_is_the_processes_named_and_the_guards_other_children(idle: int) -> None:
    assert idle in cost.family({"guard": os.getpid()}).values()
    assert cost.family({"guard": os.getpid(), "mind": idle})["mind"] == idle
