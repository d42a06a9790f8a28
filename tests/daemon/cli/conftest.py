"""The command line as a script sees it: arguments in, exit status and two streams out."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mido
import pytest

from antiphon.cli.main import main


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: object
    out: str
    err: str

    @property
    def error(self) -> str:
        """What it says is wrong, where that is one line."""
        assert self.out == ""
        assert self.err.startswith("antiphon: "), self.err
        assert self.err.count("\n") == 1, self.err
        return self.err.removeprefix("antiphon: ").rstrip("\n")


Antiphon = Callable[..., Done]


@pytest.fixture
def antiphon(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Antiphon:
    """Runs `antiphon ARGUMENTS...` in an empty folder. What is no error of the user's is raised."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "none-such")
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["antiphon", *(str(argument) for argument in arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        captured = capsys.readouterr()
        return Done(left.value.code or 0, captured.out, captured.err)

    return run


@pytest.fixture
def phrase(tmp_path: Path) -> Path:
    """A file with three notes, 1.5 s long."""
    track = mido.MidiTrack()
    for pitch in (60, 64, 67):
        track.append(mido.Message("note_on", note=pitch, velocity=70, time=0))
        track.append(mido.Message("note_off", note=pitch, velocity=64, time=480))
    path = tmp_path / "phrase.mid"
    mido.MidiFile(ticks_per_beat=480, tracks=[track]).save(path)
    return path
