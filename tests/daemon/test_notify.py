"""What systemd is told, through a real socket of its kind."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from antiphon.notify import Systemd


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        yield listening


def heard(ear: socket.socket) -> list[str]:
    return ear.recv(4096).decode().split("\n")


def test_it_says_what_systemd_wants_to_hear(ear: socket.socket) -> None:
    systemd = Systemd.found({"NOTIFY_SOCKET": ear.getsockname()})
    systemd.ready("listening on\nKeystation")
    assert heard(ear) == ["READY=1", "STATUS=listening on Keystation"]
    systemd.status("waiting")
    assert heard(ear) == ["STATUS=waiting"]
    systemd.reloading()
    first, second = heard(ear)
    assert (first, second.partition("=")[0]) == ("RELOADING=1", "MONOTONIC_USEC")
    systemd.stopping()
    assert heard(ear) == ["STOPPING=1"]
    systemd.close()


def test_the_watchdog_is_fed_three_times_in_the_time_it_bears_and_no_oftener(ear: socket.socket) -> None:
    systemd = Systemd.found({"NOTIFY_SOCKET": ear.getsockname(), "WATCHDOG_USEC": "3000000"})
    systemd.alive(99)  # not yet: that would be the moment from which systemd counts
    systemd.ready("")
    for tenth in range(31):
        systemd.alive(100 + tenth / 10)
    systemd.stopping()
    said = [heard(ear) for _ in range(6)]
    assert said == [["READY=1", "STATUS="], *[["WATCHDOG=1"]] * 4, ["STOPPING=1"]]
    systemd.close()


def test_a_watchdog_of_another_process_is_not_fed(ear: socket.socket) -> None:
    mine = {"NOTIFY_SOCKET": ear.getsockname(), "WATCHDOG_USEC": "3000000"}
    systemd = Systemd.found({**mine, "WATCHDOG_PID": str(os.getpid() + 1)})
    systemd.ready("")
    systemd.alive(0.0)
    systemd.stopping()
    assert heard(ear) == ["READY=1", "STATUS="]
    assert heard(ear) == ["STOPPING=1"]
    systemd.close()


def test_a_socket_without_a_name_in_the_file_system_is_reached() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(f"\0antiphon-test-{os.getpid()}")
        ear.settimeout(5)
        systemd = Systemd.found({"NOTIFY_SOCKET": f"@antiphon-test-{os.getpid()}"})
        systemd.status("here")
        assert heard(ear) == ["STATUS=here"]
        systemd.close()


def test_where_nobody_listens_nothing_fails(tmp_path: Path) -> None:
    for address in ("", "nonsense", str(tmp_path / "gone")):
        systemd = Systemd.found({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "many"})
        systemd.ready("here")
        systemd.alive(0.0)
        systemd.close()
    assert not Systemd.found({}).there
