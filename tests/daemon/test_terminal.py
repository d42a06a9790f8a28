"""SIGHUP to a real guard: a reload while its terminal is there or where it has none, the end once it has gone."""

import os
import pty
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from tests.live.jack_server import wait_until

RUN = [sys.executable, "-m", "antiphon.cli.main", "run", "--backend", "jack", "--no-page"]
CONFIG = "version = 1\n[parameters]\npause = {}\n"


def environment(folder: Path) -> dict[str, str]:
    (folder / "antiphon.toml").write_text(CONFIG.format(1.0))
    own = {"JACK_DEFAULT_SERVER": "none-such", "XDG_STATE_HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    return {**os.environ, **own, "ANTIPHON_CONFIG": str(folder / "antiphon.toml")}


def log(folder: Path) -> str:
    file = folder / "antiphon" / "antiphon.log"
    return file.read_text() if file.exists() else ""


def logged(folder: Path, said: str) -> bool:
    return said in log(folder)


def test_a_hang_up_reads_the_configuration_again_and_leaves_alone_what_was_turned(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with subprocess.Popen(RUN, env=env, start_new_session=True, stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: "(waiting for it)" in log(tmp_path), 20.0, lambda: log(tmp_path))
            for text, said in (
                (CONFIG.format(2.0), "configuration read again: pause = 2.0"),
                (CONFIG.format(2.0) + "[thru]\non = true\n", "configuration read again: thru.on"),
                (CONFIG.format(2.0) + "[page]\nport = 9\n", "page.port: takes effect when Antiphon is started again"),
                (CONFIG.format(-1), "antiphon.toml:3: [parameters] pause=-1.0: out of range"),
            ):
                (tmp_path / "antiphon.toml").write_text(text)
                os.kill(process.pid, signal.SIGHUP)
                wait_until(partial(logged, tmp_path, said), 10.0, lambda: log(tmp_path))
            assert "the configuration stays as it was" in log(tmp_path)
        finally:
            process.terminate()
        assert process.wait(10) == 0


def test_when_its_terminal_is_closed_it_leaves_in_good_order(tmp_path: Path) -> None:
    env = environment(tmp_path)
    pid, terminal = pty.fork()
    if pid == 0:
        signal.signal(
            signal.SIGHUP, signal.SIG_DFL
        )  # whoever runs the tests may have it ignored, and that is inherited
        os.execve(RUN[0], RUN, env)
    said = b""
    while b"(waiting for it)" not in said:
        said += os.read(terminal, 1000)
    os.close(terminal)  # the kernel hangs up on whoever has it
    end = time.monotonic() + 30
    while (left := os.waitpid(pid, os.WNOHANG)) == (0, 0):
        assert time.monotonic() < end, "it goes on without its terminal"
        time.sleep(0.05)
    assert left == (pid, 0)
