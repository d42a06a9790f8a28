"""What processes cost, by Linux's books, on processes of this test's own."""

import os
import subprocess
import sys
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


WORKS_BESIDE = """
import threading
over, done = threading.Event(), threading.Event()
print(flush=True)
input()
threading.Thread(target=lambda: (sum(range(3_000_000)), done.set(), over.wait())).start()
done.wait()
print(flush=True)
input()
over.set()
"""


def test_the_first_thread_can_be_told_from_the_others() -> None:
    """In a process of its own: the books know nothing of a thread that has ended, and this one has others."""
    program = [sys.executable, "-c", WORKS_BESIDE]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        to, of = process.stdin, process.stdout
        assert to
        assert of
        of.readline()

        def work() -> None:
            to.write(b"\n")
            to.flush()
            of.readline()

        used = cost.shares({"all": process.pid, "first": process.pid}, work, ["first"])
        process.communicate(b"\n")
    assert 0 <= used["first"] < used["all"] / 2


def test_memory_can_be_told_apart_by_the_files_it_belongs_to(idle: int) -> None:
    assert cost.memory_mb(idle, "/nowhere") == 0
    assert 0 < cost.memory_mb(idle, "/") < cost.memory_mb(idle)


def test_the_family_is_the_processes_named_and_the_guards_other_children(idle: int) -> None:
    assert idle in cost.family({"guard": os.getpid()}).values()
    assert cost.family({"guard": os.getpid(), "mind": idle})["mind"] == idle
