"""A real DAW: Ardour without its windows records us, gives us its clock, and stops us."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import mido
import numpy as np
import pytest
from tests.live.daemon import Daemon, ask
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until

pytestmark = [
    pytest.mark.midi,
    pytest.mark.skipif(not shutil.which("ardour7-lua"), reason="Ardour 7 is not here"),
]

BPM = 97.0
SCRIPT = Path(__file__).with_name("daw.lua")
CLOCK = "daw:MIDI Clock out"
TRACK = "daw:antiphon/midi_out 1"


class Daw:
    """Ardour, once it is ready. Does a word at a time."""

    def __init__(self, jack: Jack, folder: Path, source: str) -> None:
        told = {"ANTIPHON_FOLDER": str(folder), "ANTIPHON_FROM": source, "ANTIPHON_BPM": f"{BPM:g}"}
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "ardour7-lua", str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **jack.env, **told, "HOME": str(folder.parent)},
        )
        self._await("READY")

    def tell(self, word: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        if word != "quit":
            self._await(f"DONE {word}")

    def leave(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.tell("quit")
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _await(self, word: str) -> None:
        assert self._process.stdout
        said = ""
        while line := self._process.stdout.readline():
            said += line
            if word in line:
                return
        raise AssertionError(f"Ardour ended before it said {word}:\n{said}")


@contextlib.contextmanager
def daw(jack: Jack, folder: Path, source: str) -> Iterator[Daw]:
    found = Daw(jack, folder, source)
    try:
        yield found
    finally:
        found.leave()


def beats(heard: list[tuple[float, bytes]]) -> list[float]:
    """On which beat of the clock that was heard each note begins: a server that is held up delays both."""
    ticks = [moment for moment, message in heard if message == b"\xf8"]
    onsets = [moment for moment, message in heard if message[0] & 0xF0 == 0x90 and message[2]]
    return [float(np.interp(moment, ticks, np.arange(len(ticks)))) / 24 for moment in onsets]


def together(moments: list[float], step: float) -> float:
    """How far moments lie at the same place in a step: 1 all of them, 0 anywhere."""
    return float(abs(np.mean(np.exp(2j * np.pi * np.array(moments) / step))))


def notes(player: Player) -> list[bytes]:
    """What it has heard, without the clock."""
    return [message for message in player.messages if message[0] < 0xF0]


def played_back(jack: Jack, player: Player, ardour: Daw, ours_in: str) -> int:
    """How many notes keep company with what it recorded, while it plays that to us; then it stops us."""
    ask(jack, "set", "mode=harmony", "quantise=0", "enter=at once")
    jack.connect(TRACK, ours_in)
    count = len(notes(player))
    ardour.tell("start")
    ardour.tell("roll")
    wait_until(lambda: len(notes(player)) >= count + 8, 15.0, lambda: "nobody keeps it company")
    ardour.tell("stop")
    wait_until(lambda: player.sounding == [], 1.0, lambda: f"sounding: {player.sounding}")
    return len(notes(player)) - count


def test_a_daw_records_us_gives_the_beat_stops_us_and_plays_to_us(jack: Jack, player: Player, tmp_path: Path) -> None:
    options = ("--mode", "solo", "--set", "enter=bar", "--set", "quantise=100", "--set", "grid=1/8", "--no-page")
    with Daemon(jack, tmp_path, *options) as running:
        [ours_in], [ours_out] = running.report["ports"]["in"], running.report["ports"]["out"]
        jack.connect(ours_out, player.input)
        with daw(jack, tmp_path / "session", ours_out) as ardour:
            jack.connect(CLOCK, ours_in)
            jack.connect(CLOCK, player.input)
            ardour.tell("roll")
            time.sleep(9.0)
            ardour.tell("stop")
            wait_until(lambda: player.sounding == [], 1.0, lambda: f"sounding: {player.sounding}")
            heard, count = player.heard, len(notes(player))
            time.sleep(1.5)
            assert len(notes(player)) == count
            files = [mido.MidiFile(path) for path in (tmp_path / "session").rglob("*.mid")]
            ardour.tell("start")
            ardour.tell("roll")
            wait_until(lambda: len(notes(player)) >= count + 6, 15.0, lambda: "it does not go on")
            ardour.tell("stop")
            wait_until(lambda: player.sounding == [], 1.0, lambda: f"sounding: {player.sounding}")
            company = played_back(jack, player, ardour, ours_in)
    late = beats(heard)[-12:]
    recorded = sum(m.type == "note_on" and m.velocity > 0 for file in files for m in file)
    print(f"{len(beats(heard))} notes, {recorded} recorded; together {together(late, 0.5):.3f}; company {company}")
    assert recorded >= 12
    assert together(late, 0.5) > 0.9
