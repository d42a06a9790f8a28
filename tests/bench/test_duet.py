"""The arithmetic of the duet's number, and the script from a file to its figures."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.bench.duet import WHEN, Note, Onset, consonant, said
from tests.bench.shares import apart, share

from antiphon.music import midifile
from antiphon.music.events import Seconds
from antiphon.music.midifile import Track
from antiphon.music.wire import Timed

LEAD = [Note(0.0, 2.0, 60), Note(1.0, 1.5, 67)]


@pytest.mark.parametrize(
    ("moment", "pitch", "when", "found"),
    [
        (0.0, 64, "with it", (1, 1)),
        (0.02, 64, "to 30 ms", (1, 1)),
        (0.1, 62, "to 200 ms", (0, 1)),
        (0.5, 64, "later", (1, 1)),  # a third above the only note
        (0.5, 48, "later", (1, 1)),  # octaves below
        (0.5, 62, "later", (0, 1)),
        (1.2, 62, "to 200 ms", (1, 1)),  # a fifth above the newest, 67
        (1.7, 62, "later", (0, 1)),  # which has ended: 60 still sounds
        (2.5, 64, "later", (0, 0)),  # the lead rests
    ],
)
def test_a_note_is_measured_against_the_newest_that_sounds(
    moment: float, pitch: int, when: str, found: tuple[int, int]
) -> None:
    expected = np.zeros((len(WHEN), 2), np.int64)
    expected[WHEN.index(when)] = found
    assert consonant(LEAD, [Onset(moment, pitch)]).tolist() == expected.tolist()


def test_what_was_chosen_before_the_lead_moved_counts_apart() -> None:
    counts = consonant(LEAD, [Onset(1.0, 55, blind=True), Onset(1.0, 67)])
    assert counts.tolist() == [[1, 1], [1, 1], [0, 0], [0, 0], [0, 0]]


def test_a_share_is_of_all_notes_and_its_interval_of_the_pieces() -> None:
    assert share(np.array([[30, 40], [0, 60]])) == (0.3, 0.0, 0.75)
    assert share(np.array([[3, 4]] * 5)) == (0.75, 0.75, 0.75)


def test_two_shares_are_compared_piece_by_piece() -> None:
    ours, theirs = np.array([[5, 10], [90, 100]]), np.array([[6, 10], [100, 100]])
    assert apart(ours, theirs) == (round(95 / 110 - 106 / 110, 3), -0.1, -0.1)


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
    command = [sys.executable, "-m", "tests.bench.duet", "default", str(tmp_path), "--set", "lock=C major"]
    command += ["--set", "go_on=0.5", "--seeds", "2", "--processes", "2", "--json"]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    (row,) = report
    assert (row["pieces"], row["seeds"]) == (2, 2)
    assert row["human"] == [1.0, 1.0, 1.0]
    assert row["borrowed"] == [0.125, 0.0, 0.25]
    assert 0 < row["model"][1] <= row["model"][0] <= row["model"][2] <= 1
    assert sum(count for _, count in row["when"]["model"].values()) == row["notes"]
    assert "human 1.000 (1.000 to 1.000), borrowed 0.125" in said(row)
