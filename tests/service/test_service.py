"""Antiphon as a service, under a real systemd: installed, watched, killed, reloaded, stopped, there after a reboot."""

import json
import sys
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from tests.live.jack_server import wait_until
from tests.service.container import USER, Container, search_path

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(180)]

UNIT = f"/home/{USER}/.config/systemd/user/antiphon.service"
ELSEWHERE = f"[Service]\nEnvironment=PYTHONPATH={search_path()}\n"
CONFIG = f"/home/{USER}/.config/antiphon/antiphon.toml"
RIGHTS = "[Service]\nCapabilityBoundingSet=CAP_SYS_NICE CAP_IPC_LOCK\nAmbientCapabilities=CAP_SYS_NICE CAP_IPC_LOCK\n"
"""Grants what a machine that may raise limits grants by LimitRTPRIO= and LimitMEMLOCK=; the rest of the unit stays."""
RELEASED_S = 1.0
"""So long after systemd has had enough of a guard the last note may sound: long before it kills what does not leave."""


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    with Container(tmp_path_factory.mktemp("container")) as machine:
        for folder in (
            f"/home/{USER}/.config/systemd/user/antiphon.service.d",
            "/etc/systemd/system/antiphon@.service.d",
        ):
            machine.write(f"{folder}/path.conf", ELSEWHERE)
        machine.root("chown", "-R", f"{USER}:", f"/home/{USER}")
        machine.root("loginctl", "enable-linger", USER)
        wait_until(
            lambda: machine.attempt("systemctl", "--user", "is-system-running")[1].strip() == "running",
            20.0,
            lambda: "no systemd for the user",
        )
        yield machine


@pytest.fixture
def service(container: Container) -> Container:
    """The container, with the service installed and running."""
    container.antiphon("service", "install", "--linger")
    return container


def shown(machine: Container, name: str) -> str:
    return machine.user("systemctl", "--user", "show", f"--property={name}", "--value", "antiphon").strip()


def journal(machine: Container) -> str:
    return machine.root("journalctl", "--no-pager", "--output=cat", "_SYSTEMD_USER_UNIT=antiphon.service")


def system_pid(machine: Container) -> int:
    return int(machine.root("systemctl", "show", "--property=MainPID", "--value", f"antiphon@{USER}"))


def main_pid(machine: Container) -> int:
    return int(shown(machine, "MainPID"))


class Rights(NamedTuple):
    """What the stage has, or could have."""

    in_time: bool
    locked: bool


def granted(machine: Container, guard: int) -> Rights:
    """What the stage of that guard has."""
    stage = machine.root("pgrep", "--oldest", "--parent", str(guard), "--full", "antiphon.stage").strip()
    scheduling = " ".join(machine.root("cat", f"/proc/{stage}/sched").split())
    memory = dict(line.split(":", 1) for line in machine.root("cat", f"/proc/{stage}/status").splitlines())
    locked, all_of_it = (int(memory[name].split()[0]) for name in ("VmLck", "VmSize"))  # libjack locks a little itself
    return Rights("policy : 1" in scheduling, 2 * locked > all_of_it)


def allowed(machine: Container, guard: int) -> Rights:
    """What the limits allow that the unit could set on this machine."""
    limits = " ".join(machine.root("cat", f"/proc/{guard}/limits").split())
    return Rights("realtime priority 70 70" in limits, "locked memory unlimited unlimited" in limits)


def again(machine: Container, pid: int, within_s: float = 60.0) -> None:
    """Return once it runs anew."""

    def runs() -> bool:
        return shown(machine, "ActiveState") == "active" and main_pid(machine) not in (0, pid)

    wait_until(runs, within_s, lambda: f"not started again: {journal(machine)}", look_s=0.3)


def test_it_is_installed_with_the_true_path_started_and_installed_again_without_harm(container: Container) -> None:
    said = container.antiphon("service", "install", "--linger")
    assert f"{UNIT}: written" in said
    assert f"ExecStart={sys.executable} -m antiphon.cli.main run\n" in container.user("cat", UNIT)
    assert said.endswith("antiphon.service: listening on Antiphon in, playing to Antiphon out\n")
    pid = main_pid(container)
    assert f"{UNIT}: is as it should be" in container.antiphon("service", "install", "--linger")
    assert main_pid(container) == pid
    status = container.antiphon("service", "status")
    assert status == "antiphon.service: active: listening on Antiphon in, playing to Antiphon out\n"


def test_one_that_is_killed_returns(service: Container) -> None:
    pid, restarts = main_pid(service), int(shown(service, "NRestarts"))
    service.user("kill", "-KILL", str(pid))
    again(service, pid)
    assert int(shown(service, "NRestarts")) == restarts + 1


def test_a_reload_changes_what_can_be_changed_and_keeps_the_process(service: Container) -> None:
    pid = main_pid(service)
    service.write(CONFIG, "version = 1\n[parameters]\ntemperature = 0.7\n[page]\nport = 9000\n")
    service.antiphon("service", "reload")
    said = "configuration read again: temperature = 0.7"
    wait_until(lambda: said in journal(service), 10.0, lambda: journal(service))
    assert "page.port: takes effect when Antiphon is started again" in journal(service)
    service.write(CONFIG, "version = 1\n[parameters]\ntemperatur = 0.7\n")
    service.antiphon("service", "reload")
    wrong = f"{CONFIG}:3: [parameters] nothing is called 'temperatur' here; did you mean temperature?"
    wait_until(lambda: wrong in journal(service), 10.0, lambda: journal(service))
    assert (main_pid(service), shown(service, "ActiveState")) == (pid, "active")
    assert wrong in service.antiphon("service", "logs", "--lines", "20")
    service.root("rm", CONFIG)


def test_a_configuration_that_is_wrong_at_the_start_is_said_once_and_not_tried_again(service: Container) -> None:
    service.write(CONFIG, "version = 1\n[parameters]\nseed = -7\n")
    status, _, _ = service.attempt("systemctl", "--user", "restart", "antiphon")
    assert (status, shown(service, "ActiveState"), shown(service, "ExecMainStatus")) == (1, "failed", "2")
    assert journal(service).count("seed=-7: out of range") == 1
    service.root("rm", CONFIG)


@pytest.fixture
def watched(service: Container) -> Iterator[Container]:
    """The service under a systemd of little patience, in the midst of whose answers there is time for much."""
    drop_in = f"{UNIT}.d/watchdog.conf"
    service.write(drop_in, "[Service]\nWatchdogSec=6\nTimeoutStopSec=4\n")
    service.write(CONFIG, "version = 1\n[parameters]\nreply_shortest = 25\nreply_longest = 25\nliveliness = 4\n")
    service.user("systemctl", "--user", "daemon-reload")
    service.user("systemctl", "--user", "restart", "antiphon")
    yield service
    service.root("rm", drop_in, CONFIG)
    service.user("systemctl", "--user", "daemon-reload")


def hang_mind(machine: Container) -> int:
    """Stop whatever mind there is; its process id, or 0."""
    found = machine.attempt("pgrep", "--parent", str(main_pid(machine)), "--full", "antiphon.mind")[1].split()
    if found:
        machine.attempt("kill", "-STOP", found[0])
    return int(found[0]) if found else 0


def test_a_mind_that_hangs_once_is_replaced_without_systemd(watched: Container) -> None:
    pid, hung = main_pid(watched), hang_mind(watched)
    replaced = "the mind does not answer; starting another"
    wait_until(lambda: replaced in journal(watched), 20.0, lambda: journal(watched), look_s=0.3)
    assert watched.attempt("kill", "-0", str(hung))[0] == 1
    assert (main_pid(watched), shown(watched, "ActiveState")) == (pid, "active")


def test_a_mind_that_hangs_again_and_again_lets_the_watchdog_fire(watched: Container) -> None:
    pid, restarts = main_pid(watched), int(shown(watched, "NRestarts"))

    def enough() -> bool:
        hang_mind(watched)
        return main_pid(watched) != pid

    wait_until(enough, 60.0, lambda: journal(watched), look_s=0.3)
    again(watched, pid)
    assert int(shown(watched, "NRestarts")) == restarts + 1
    assert "Watchdog timeout (limit 6s)!" in watched.root("journalctl", "--no-pager", "--output=cat")


@pytest.mark.parametrize("how", ["stopped", "deaf"])
def test_a_guard_that_hangs_is_ended_and_started_again_and_nothing_hangs_that_sounds(
    watched: Container, how: str
) -> None:
    pid, restarts = main_pid(watched), int(shown(watched, "NRestarts"))
    hang = (sys.executable, "-m", "tests.service.hanging", how, str(pid))
    said = watched.user(sys.executable, "-m", "tests.service.musician", *hang).splitlines()
    hung, left = (json.loads(line) for line in said)
    assert left["meanwhile"] > 0, "the others play on without a guard"
    assert left["sounding"] == []
    assert left["silent_since"] < hung["noticed"] + RELEASED_S
    again(watched, pid)
    assert int(shown(watched, "NRestarts")) == restarts + 1
    print(f"silent {left['silent_since'] - hung['noticed']:.3f} s, gone {hung['gone'] - hung['noticed']:.3f} s after")


def test_a_guard_that_is_stopped_in_mid_answer_leaves_nothing_sounding(service: Container) -> None:
    stop = ("systemctl", "--user", "stop", "antiphon")
    left = json.loads(service.user(sys.executable, "-m", "tests.service.musician", *stop))
    assert left["sounding"] == []
    assert left["heard"] > 0
    assert (shown(service, "ActiveState"), shown(service, "Result")) == ("inactive", "success")


def test_what_the_user_unit_is_not_granted_is_said_and_it_plays_all_the_same(service: Container) -> None:
    rights = granted(service, main_pid(service))
    assert rights == allowed(service, main_pid(service))
    said = "no real-time priority here: notes may be late when the machine is busy"
    assert (said in journal(service)) == (not rights.in_time)
    assert shown(service, "StatusText") == "listening on Antiphon in, playing to Antiphon out"


def test_a_reboot_brings_it_back_without_a_log_in(service: Container) -> None:
    service.reboot()
    again(service, 0)
    assert "active" in service.antiphon("service", "status")


def test_it_is_taken_away_and_once_more_without_harm(service: Container) -> None:
    assert f"{UNIT}: removed" in service.antiphon("service", "uninstall")
    assert service.antiphon("service", "uninstall") == f"{UNIT}: is not there; nothing to do\n"
    status, said, _ = service.attempt(sys.executable, "-m", "antiphon.cli.main", "service", "status")
    assert (status, said) == (3, "antiphon.service: not installed; `antiphon service install` does that\n")


def test_as_a_system_service_it_plays_for_a_user_who_has_not_logged_in(container: Container) -> None:
    antiphon = ("env", f"PYTHONPATH={search_path()}", sys.executable, "-m", "antiphon.cli.main", "service")
    said = container.root(*antiphon, "install", "--system", USER)
    assert said.endswith(f"antiphon@{USER}.service: listening on Antiphon in, playing to Antiphon out\n")
    stop = ("sleep", "0")
    heard = json.loads(container.user(sys.executable, "-m", "tests.service.musician", *stop))["heard"]
    assert heard > 0
    pid = system_pid(container)
    assert container.root("stat", "--format=%U", f"/proc/{pid}") == f"{USER}\n"
    assert granted(container, pid) == allowed(container, pid)
    container.write("/etc/systemd/system/antiphon@.service.d/rights.conf", RIGHTS)
    container.root("systemctl", "daemon-reload")
    container.root("systemctl", "restart", f"antiphon@{USER}")
    assert granted(container, system_pid(container)) == Rights(True, True)
    said = container.root("journalctl", "--no-pager", "--output=cat", f"--unit=antiphon@{USER}")
    assert "cpuinfo" not in said, "onnxruntime cannot see which processor this is"
    assert "removed" in container.root(*antiphon, "uninstall", "--system", USER)
