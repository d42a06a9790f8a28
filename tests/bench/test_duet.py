"""The arithmetic of the duet's number, and the script from a file to its figures."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.bench.duet import Note, consonant

from antiphon.music import midifile
from antiphon.music.events import Seconds
from antiphon.music.midifile import Track
from antiphon.music.wire import Timed

LEAD = [Note(0.0, 2.0, 60), Note(1.0, 1.5, 67)]


@pytest.mark.parametrize(
    ("moment", "pitch", "found"),
    [
        (0.5, 64, (1, 1)),  # a third above the only note
        (0.5, 48, (1, 1)),  # octaves below
        (0.5, 62, (0, 1)),
        (1.2, 62, (1, 1)),  # a fifth above the newest, 67
        (1.7, 62, (0, 1)),  # which has ended: 60 still sounds
        (2.5, 64, (0, 0)),  # the lead rests
    ],
)
def test_a_note_is_measured_against_the_newest_that_sounds(moment: float, pitch: int, found: tuple[int, int]) -> None:
    assert consonant(LEAD, [(moment, pitch)]) == found


def part(name: str, pitches: list[int], channel: int) -> Track:
    timed = list[Timed]()
    for number, pitch in enumerate(pitches):
        timed += [
            Timed(Seconds(number * 0.5), bytes((0x90 | channel, pitch, 60 + number))),
            Timed(Seconds(number * 0.5 + 0.4), bytes((0x80 | channel, pitch, 64))),
        ]
    return Track(name, tuple(timed))


@pytest.mark.bench
def test_the_script_goes_from_files_to_shares(tmp_path: Path) -> None:
    folder = tmp_path / "test"
    folder.mkdir()
    midifile.write(
        folder / "one.mid", [part("melody", [72, 74, 76, 77] * 4, 0), part("piano", [48, 50, 48, 53] * 4, 1)]
    )
    midifile.write(
        folder / "two.mid", [part("melody", [70, 73, 75, 78] * 4, 0), part("piano", [46, 49, 51, 54] * 4, 1)]
    )
    command = [sys.executable, "-m", "tests.bench.duet", "default", str(tmp_path), "--json", "--set", "lock=C major"]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    (row,) = report
    assert row["pieces"] == 2
    assert row["human"] == 1.0
    assert row["borrowed"] == 0.125
    assert 0 < row["model"] <= 1
