"""A second real program hears us: FluidSynth plays our answer, and its sound is recorded and measured."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.daemon import Daemon
from tests.live.jack_player import Player
from tests.live.jack_server import Jack
from tests.live.test_performance import QUICK, phrase, wait_for_notes

pytestmark = pytest.mark.midi

SOUNDFONT = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")


@pytest.fixture
def synth(jack: Jack) -> Iterator[str]:
    """FluidSynth on the private server; the name of its MIDI input."""
    if not (shutil.which("fluidsynth") and SOUNDFONT.exists()):
        pytest.skip("fluidsynth or its soundfont is not installed (Debian: fluidsynth timgm6mb-soundfont)")
    server = jack.env["JACK_DEFAULT_SERVER"]
    options = {
        "audio.jack.server": server,
        "midi.jack.server": server,
        "audio.jack.id": "fluid",
        "midi.jack.id": "fluid",
        "audio.jack.autoconnect": "0",
        "audio.realtime-prio": "0",
        "midi.realtime-prio": "0",
    }
    settings = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    process = subprocess.Popen(
        ["fluidsynth", "-a", "jack", "-m", "jack", "-i", "-s", "-g", "0.6", *settings, str(SOUNDFONT)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **jack.env},
    )
    try:
        jack.wait_for_port("fluid:midi_00")
        jack.wait_for_port("fluid:left")
        yield "fluid:midi_00"
    finally:
        process.terminate()
        process.wait(5)


def loudness(jack: Jack, folder: Path, seconds: float) -> float:
    """The RMS of so many seconds of FluidSynth's left side, 0-1."""
    take = folder / f"take-{time.monotonic_ns()}.wav"
    command = ["jack_rec", "-f", str(take), "-d", str(seconds), "-b", "16", "fluid:left"]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **jack.env}, timeout=seconds + 20)
    report = subprocess.run(["sox", str(take), "-n", "stat"], check=True, capture_output=True, text=True).stderr
    [line] = [line for line in report.splitlines() if line.startswith("RMS") and "amplitude" in line]
    return float(line.split(":")[1])


def test_a_synthesizer_is_silent_before_the_answer_and_sounds_with_it(
    jack: Jack, player: Player, synth: str, tmp_path: Path
) -> None:
    with Daemon(jack, tmp_path, "--seed", "5", *QUICK) as daemon:
        jack.connect(player.output, daemon.report["ports"]["in"][0])
        jack.connect(daemon.report["ports"]["out"][0], player.input)
        jack.connect(daemon.report["ports"]["out"][0], synth)

        assert loudness(jack, tmp_path, 1.0) == 0.0
        player.play(phrase(2.0))
        wait_for_notes(player, 1)
        assert loudness(jack, tmp_path, 3.0) > 0.001
