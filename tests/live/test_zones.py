"""Two keyboards on one JACK server, the left one for the chords: what is held there is the lock, and nothing else."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.daemon import Daemon, ask
from tests.live.jack_player import LEAD_S, Player
from tests.live.jack_server import Jack, wait_until

pytestmark = pytest.mark.midi

CONFIG = """version = 1
[ports]
inputs = ["melody out", "chords out"]
zones = [{zones}]
[parameters]
lock = "chord"
chord_below = 0
pause = 0.4
turn = "pause"
reply = "seconds"
reply_seconds = 3.0
"""
HARMONY = '"in chords = harmony", "in melody on 10 = commands"'
MINOR = (50, 53, 57)


@pytest.fixture
def chords(jack: Jack) -> Iterator[Player]:
    with Player(jack, "chords") as musician:
        yield musician


@pytest.fixture
def melody(jack: Jack) -> Iterator[Player]:
    with Player(jack, "melody") as musician:
        yield musician


def pressed(*keys: int) -> list[tuple[float, bytes]]:
    return [(0.0, bytes((0x90, key, 70))) for key in keys]


def released(*keys: int) -> list[tuple[float, bytes]]:
    return [(0.0, bytes((0x80, key, 64))) for key in keys]


def tune(channel: int = 0) -> list[tuple[float, bytes]]:
    notes = ((n * 0.2, 72 + n) for n in range(4))
    return [
        each
        for at, key in notes
        for each in ((at, bytes((0x90 | channel, key, 70))), (at + 0.15, bytes((0x80 | channel, key, 64))))
    ]


def classes(heard: list[tuple[float, bytes]]) -> set[int]:
    return {message[1] % 12 for _, message in heard if message[0] & 0xF0 == 0x90 and message[2]}


def test_chords_on_one_keyboard_are_the_lock_for_the_other_and_zones_are_taken_up_while_keys_are_down(
    jack: Jack, chords: Player, melody: Player, tmp_path: Path
) -> None:
    config = tmp_path / "antiphon.toml"
    config.write_text(CONFIG.format(zones=HARMONY))
    with Daemon(jack, tmp_path, "--no-page", "--config", str(config)) as running:
        jack.connect(running.report["ports"]["out"][0], melody.input)
        chords.play(pressed(*MINOR))
        melody.play(tune(channel=9))  # in a zone that only commands
        time.sleep(LEAD_S + 2.5)
        assert melody.heard == []
        melody.play(tune())
        first = melody.wait_for_rest(2.0)
        assert classes(first) <= {key % 12 for key in MINOR}
        stage = running.pid("stage")
        config.write_text(CONFIG.format(zones=""))
        os.kill(running.pid("guard"), signal.SIGHUP)
        time.sleep(1.0)
        melody.forget()
        chords.play(released(*MINOR))  # where they went down: no release of anybody's, and no phrase
        chords.play([(at + 0.1, message) for at, message in tune()])  # this keyboard plays, too, now
        wait_until(lambda: bool(melody.heard), 8.0, lambda: "no answer")
        second = melody.wait_for_rest(2.0)
        assert classes(second) <= {key % 12 for key in MINOR}, "the chord is latched"
        wait_until(lambda: melody.sounding == [], 20.0, lambda: f"{melody.sounding}")  # it may rest with the pedal down
        assert running.pid("stage") == stage
        assert running.end()[0] == 0
    takes = list((tmp_path / "antiphon" / "takes").glob("*.mid"))
    assert takes
    for take in takes:
        assert "the same" in ask(jack, "replay", str(take), "--output", str(tmp_path / "again.mid"))
