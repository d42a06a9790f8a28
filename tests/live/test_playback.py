"""`antiphon takes play` against a listener on a real server: in time, whole, and silent whenever it is stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.fakes import off, on, tread
from tests.live.daemon import ask
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until

from antiphon import offline
from antiphon.core.parameters import Parameters
from antiphon.music import midifile
from antiphon.music.events import Seconds
from antiphon.music.midifile import Track
from antiphon.music.wire import Timed
from antiphon.takes import takefile

pytestmark = pytest.mark.midi


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("takes")
    short = folder / "short.mid"
    phrase = [(0.0, on(60)), (0.4, off(60)), (0.4, on(64)), (0.9, off(64)), (0.9, on(67)), (1.5, off(67))]
    midifile.write(short, [Track("player", tuple(Timed(Seconds(at), message) for at, message in phrase))])
    quick = Parameters().changed(seed=3, reply="seconds", reply_seconds=1.5)
    offline.rehearse_file(short, folder / "both.mid", "default", quick, folder / "take.mid")
    return folder / "take.mid"


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """A file of ten notes and a pedal that are held for a minute, and one controller that moves."""
    path = tmp_path / "held.mid"
    down = [*(on(50 + n) for n in range(10)), tread(True), bytes((0xB0, 1, 90))]
    up = [*(off(50 + n) for n in range(10)), tread(False)]
    messages = [*(Timed(Seconds(0.0), m) for m in down), *(Timed(Seconds(60.0), m) for m in up)]
    midifile.write(path, [Track("Antiphon", tuple(messages))])
    return path


@pytest.fixture
def playing(jack: Jack, player: Player, held: Path) -> Iterator[subprocess.Popen[str]]:
    command = [
        sys.executable,
        "-m",
        "antiphon.cli.main",
        "takes",
        "play",
        str(held),
        "--backend",
        "jack",
        "--out",
        "player",
    ]
    with subprocess.Popen(command, env={**os.environ, **jack.env}, stdout=subprocess.PIPE, text=True) as process:
        try:
            wait_until(lambda: len(player.sounding) == 11, 15.0, lambda: f"sounding: {player.sounding}")
            yield process
        finally:
            process.kill()


def test_a_take_is_played_whole_and_in_time(jack: Jack, player: Player, take: Path) -> None:
    found = takefile.opened(take)
    meant = sorted([*found.player, *found.ours], key=lambda timed: timed.time)

    said = ask(jack, "takes", "play", str(take), "--backend", "jack", "--out", "PLAYER IN")

    heard = player.wait_for(len(meant))
    notes = [(at, m) for at, m in heard if m[0] & 0xE0 == 0x80]
    expected = [timed for timed in meant if timed.message[0] & 0xE0 == 0x80]
    assert sorted(m for _, m in notes) == sorted(timed.message for timed in expected)
    late = np.array([at for at, _ in notes]) - np.array([timed.time for timed in expected])
    assert np.percentile(np.abs(late - np.median(late)), 90) < 0.02
    assert player.sounding == []
    assert said == f"playing to {player.input}\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopped_in_the_middle_nothing_goes_on_sounding(
    player: Player, playing: "subprocess.Popen[str]", number: int
) -> None:
    asked = time.monotonic()
    playing.send_signal(number)
    assert playing.wait(5) == 0
    assert player.sounding == []
    assert player.silent_since is not None
    assert player.silent_since - asked < 1.0
    wait_until(lambda: bytes((0xB0, 121, 0)) in player.messages, 2.0, lambda: "the controllers were not put back")


def test_an_output_that_is_not_there_is_named_with_those_that_are(jack: Jack, player: Player, take: Path) -> None:
    command = [sys.executable, "-m", "antiphon.cli.main", "takes", "play", str(take), "--backend", "jack"]
    env = {**os.environ, **jack.env}
    done = subprocess.run([*command, "--out", "nobody"], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"antiphon: no MIDI output named 'nobody'; found: {player.input}\n"


def test_without_a_name_the_only_output_is_taken_and_of_several_none(jack: Jack, player: Player, take: Path) -> None:
    assert ask(jack, "takes", "play", str(take), "--backend", "jack") == f"playing to {player.input}\n"
    with Player(jack, "second"):
        command = [sys.executable, "-m", "antiphon.cli.main", "takes", "play", str(take), "--backend", "jack"]
        done = subprocess.run(command, env={**os.environ, **jack.env}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "several MIDI outputs; name one with --out; found: " in done.stderr


def test_a_server_that_dies_ends_it_with_a_reason(own_jack: Jack, held: Path) -> None:
    with Player(own_jack) as player:
        command = [sys.executable, "-m", "antiphon.cli.main", "takes", "play", str(held), "--backend", "jack"]
        env = {**os.environ, **own_jack.env}
        with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
            wait_until(lambda: len(player.sounding) == 11, 15.0, lambda: f"sounding: {player.sounding}")
            own_jack.kill()
            assert process.wait(10) == 1
            assert process.stderr is not None
            assert "antiphon: " in process.stderr.read()
