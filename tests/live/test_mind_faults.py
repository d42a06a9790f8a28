"""An exception in the mind, thru that needs no mind, and what the ready-file is when it cannot be written."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.daemon import READY_S, Daemon, without_grants
from tests.live.failing_mind import ENDLESS, ONCE, POISON
from tests.live.jack_player import LEAD_S, Player
from tests.live.jack_server import Jack, wait_until
from tests.live.test_faults import gone_after
from tests.live.test_performance import phrase

pytestmark = pytest.mark.midi

GUARDED = """
import json, sys
from pathlib import Path
from antiphon.core.parameters import Parameters
from antiphon.guard import Guard
from antiphon.settings import Settings

ready = Path(sys.argv[1])
parameters = Parameters().changed(seed=5, reply_shortest=6, reply_longest=6).values
programs = {"mind": "tests.live.failing_mind"}
settings = Settings("jack", (), (), {"channels": [2]}, "default", parameters, None, programs)
Guard(settings, lambda line: print(line, flush=True), lambda report: ready.write_text(json.dumps(report))).run()
"""


@pytest.fixture
def guarded(jack: Jack, player: Player, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    ready = tmp_path / "ready.json"
    process = subprocess.Popen(
        [sys.executable, "-c", GUARDED, str(ready)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), ONCE: str(tmp_path / "endless")},
    )
    try:
        wait_until(lambda: ready.exists() and bool(ready.read_text()), READY_S, lambda: "no ready-file in time")
        jack.connect(player.output, json.loads(ready.read_text())["ports"]["in"][0])
        jack.connect(json.loads(ready.read_text())["ports"]["out"][0], player.input)
        yield process
    finally:
        process.kill()
        print(*process.communicate())


def poisoned(player: Player) -> None:
    player.play([(0.0, bytes((0x90, POISON, 64))), (0.1, bytes((0x80, POISON, 64)))])


def ended(process: "subprocess.Popen[str]") -> tuple[str, str]:
    process.terminate()
    printed, complained = process.communicate(timeout=5)
    assert process.returncode == 0
    return without_grants(printed), complained


def test_an_exception_in_the_mind_is_logged_and_another_plays_on(
    guarded: "subprocess.Popen[str]", player: Player
) -> None:
    player.play(phrase(2.0))
    wait_until(lambda: len(player.sounding) >= 1, 20.0, lambda: "no note")
    poisoned(player)
    time.sleep(LEAD_S + 4.0)  # it dies of the note, hears of it once more, dies again, and is spared it
    assert player.sounding == []

    count = len(player.messages)
    player.play(phrase(2.0))
    wait_until(lambda: len(player.messages) > count + 3, 20.0, lambda: "it does not play on")
    printed, complained = ended(guarded)
    assert complained.count("Traceback (most recent call last)") == 2
    assert complained.count("ZeroDivisionError: this note is too high") == 2
    assert "keeps failing" not in printed


def test_a_model_that_never_returns_is_noticed_in_two_seconds_and_another_mind_plays_on(
    guarded: "subprocess.Popen[str]", player: Player, tmp_path: Path
) -> None:
    first = json.loads((tmp_path / "ready.json").read_text())["pids"]["mind"]
    player.play(phrase(2.0))
    wait_until(lambda: len(player.sounding) >= 1, 20.0, lambda: "no note")
    hangs = player.play([(0.0, bytes((0x90, ENDLESS, 64))), (0.1, bytes((0x80, ENDLESS, 64)))])
    assert gone_after([first], hangs, 5.0) < 2.0
    wait_until(lambda: player.sounding == [], 1.0, lambda: f"left: {player.sounding}")

    player.forget()
    player.play(phrase(2.0))
    wait_until(lambda: len(player.messages) > 3, 20.0, lambda: "it does not play on")
    printed, complained = ended(guarded)
    assert (printed, complained) == ("the mind does not answer; starting another\n", "")


def test_three_exceptions_soon_after_each_other_leave_thru_working_and_say_what_is_wrong(
    guarded: "subprocess.Popen[str]", player: Player
) -> None:
    poisoned(player)
    time.sleep(LEAD_S + 4.0)
    poisoned(player)
    time.sleep(LEAD_S + 1.5)
    passing = [bytes((0x91, 60, 64)), bytes((0x81, 60, 64))]
    player.play([(0.0, bytes((0x90, 61, 64))), *((0.0, message) for message in passing), (0.0, bytes((0x80, 61, 64)))])
    player.wait_for(2)
    time.sleep(0.2)
    assert player.messages == passing
    printed, _ = ended(guarded)
    assert printed == "the mind keeps failing; trying again in 30 s; thru goes on meanwhile\n"


def test_every_kind_of_message_passes_as_it_is_though_the_mind_is_stopped(
    jack: Jack, player: Player, tmp_path: Path
) -> None:
    kinds = "903c40 803c40 904000 a03c10 b04010 b04000 c007 d020 e00040 f07e7f0601f7 ef7f7f"
    kinds += " f135 f23412 f305 f6 f8 fa fb fc fe ff"
    messages = [bytes.fromhex(kind) for kind in kinds.split()] + [bytes((0xF0, *[0x11] * 15_900, 0xF7))]
    with Daemon(jack, tmp_path, "--thru") as daemon:
        jack.connect(player.output, daemon.report["ports"]["in"][0])
        jack.connect(daemon.report["ports"]["out"][0], player.input)
        daemon.kill("mind", signal.SIGSTOP)
        start = player.play((0.01 * n, message) for n, message in enumerate(messages))
        heard = player.wait_for(len(messages), 5.0)
        assert [message for _, message in heard] == messages
        late = [moment - start - 0.01 * n for n, (moment, _) in enumerate(heard)]
        assert sorted(late)[len(late) // 2] < 0.02


def test_a_ready_file_that_cannot_be_written_is_an_error_that_says_so(jack: Jack, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "antiphon.cli.main",
        "run",
        "--backend",
        "jack",
        "--ready-file",
        "/proc/ready.json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert done.stderr.startswith("antiphon: /proc/ready.json: cannot write the ready-file here")
