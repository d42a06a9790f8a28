"""A .mid file as sound, by FluidSynth, a program of its own, with the instruments of a SoundFont."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from antiphon.errors import TakeError

SOUNDFONT: Final = "ANTIPHON_SOUNDFONT"
"""The environment variable that names the SoundFont to play with."""
_PLACES: Final = (
    "/usr/share/sounds/sf2/default-GM.sf2",
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf2/TimGM6mb.sf2",
    "/usr/share/sounds/sf3/default-GM.sf3",
    "/usr/share/soundfonts/default.sf2",
    "/usr/share/soundfonts/FluidR3_GM.sf2",
    "/opt/homebrew/share/fluidsynth/default.sf2",
    "/usr/local/share/fluidsynth/default.sf2",
)
_RATE: Final = 44_100
_GAIN: Final = "0.7"
"""FluidSynth's own, 0.2, is for sixteen instruments at once."""
_MISSING: Final = (
    "{0} is not there, which plays a take as sound; on Debian: sudo apt-get install fluidsynth fluid-soundfont-gm, "
    "on macOS: brew install fluid-synth"
)


def wav(midi: bytes) -> bytes:
    """The sound of a .mid file: stereo, 16 bits, 44.1 kHz. Raises TakeError where FluidSynth or a SoundFont is missing,
    or it fails."""
    program = shutil.which("fluidsynth")
    if program is None:
        raise TakeError(_MISSING.format("FluidSynth"))
    font = _soundfont()
    with tempfile.TemporaryDirectory(prefix="antiphon-") as scratch:
        played, heard = Path(scratch) / "take.mid", Path(scratch) / "take.wav"
        played.write_bytes(midi)
        form = ["-g", _GAIN, "-T", "wav", "-O", "s16", "-r", str(_RATE)]
        command = [program, "-n", "-i", "-q", "-F", str(heard), *form, font, str(played)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
        said = (done.stderr or done.stdout).strip().splitlines()
        failed = done.returncode or any("error" in line.casefold() for line in said)  # a wrong SoundFont is no failure
        if failed or not heard.is_file() or not heard.stat().st_size:
            said = said or [f"status {done.returncode}"]
            raise TakeError(f"FluidSynth could not play it ({said[-1]}); is {font} whole, and the disk not full?")
        return heard.read_bytes()


def _soundfont() -> str:
    if given := os.environ.get(SOUNDFONT):
        if not Path(given).is_file():
            raise TakeError(f"{SOUNDFONT}={given}: no such file; name a SoundFont (.sf2)")
        return given
    for place in _PLACES:
        if Path(place).is_file():
            return place
    raise TakeError(_MISSING.format("a SoundFont") + f"; or name one with {SOUNDFONT}")
