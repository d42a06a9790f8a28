"""Antiphon as a service, under a real systemd: installed, watched, killed, reloaded, stopped, there after a reboot."""

import json
import sys
from collections.abc import Iterator

import pytest
from tests.live.jack_server import wait_until
from tests.service.container import USER, Container, search_path

pytestmark = [pytest.mark.systemd, pytest.mark.timeout(180)]

UNIT = f"/home/{USER}/.config/systemd/user/antiphon.service"
ELSEWHERE = f"[Service]\nEnvironment=PYTHONPATH={search_path()}\n"
CONFIG = f"/home/{USER}/.config/antiphon/antiphon.toml"


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


def main_pid(machine: Container) -> int:
    return int(shown(machine, "MainPID"))


def again(machine: Container, pid: int, within_s: float = 30.0) -> None:
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


def test_a_mind_that_hangs_again_and_again_lets_the_watchdog_fire(service: Container) -> None:
    drop_in = f"{UNIT}.d/watchdog.conf"
    service.write(drop_in, "[Service]\nWatchdogSec=4\n")
    service.user("systemctl", "--user", "daemon-reload")
    service.user("systemctl", "--user", "restart", "antiphon")
    pid, restarts = main_pid(service), int(shown(service, "NRestarts"))

    def hung() -> bool:
        """Stop every mind there is, and see whether systemd has had enough."""
        service.attempt("pkill", "-STOP", "-P", str(pid), "-f", "antiphon.mind")
        return main_pid(service) != pid

    wait_until(hung, 40.0, lambda: journal(service), look_s=0.3)
    again(service, pid)
    assert int(shown(service, "NRestarts")) == restarts + 1
    assert "Watchdog timeout (limit 4s)!" in service.root("journalctl", "--no-pager", "--output=cat")
    service.root("rm", drop_in)
    service.user("systemctl", "--user", "daemon-reload")


def test_a_guard_that_is_stopped_in_mid_answer_leaves_nothing_sounding(service: Container) -> None:
    stop = ("systemctl", "--user", "stop", "antiphon")
    left = json.loads(service.user(sys.executable, "-m", "tests.service.musician", *stop))
    assert left["sounding"] == []
    assert left["heard"] > 0
    assert (shown(service, "ActiveState"), shown(service, "Result")) == ("inactive", "success")


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
    pid = container.root("systemctl", "show", "--property=MainPID", "--value", f"antiphon@{USER}").strip()
    assert container.root("stat", "--format=%U", f"/proc/{pid}") == f"{USER}\n"
    assert "removed" in container.root(*antiphon, "uninstall", "--system", USER)
