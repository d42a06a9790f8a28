"""The commands that perform on files: what they do, and what they show of it."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from antiphon import offline
from antiphon.cli import roll
from antiphon.core.parameters import Parameters
from antiphon.core.zones import parse
from antiphon.errors import ParameterError
from antiphon.music import files
from antiphon.offline import OURS, PHRASE, PLAYER, PRIME, Recording

FALLBACK: Final = Path("antiphon-performance.mid")


def rehearse(
    out: Console,
    source: Path,
    output: Path,
    model: str,
    parameters: Parameters,
    draw: bool,
    take: Path | None,
    primes: Sequence[str],
    zones: Sequence[str],
) -> None:
    """Perform with a file as the player. Raises AntiphonError."""
    divided = [parse(line) for line in zones]
    recording = offline.rehearse_file(source, output, model, parameters, take, primes, divided)
    _show(out, recording, str(output), PLAYER, draw)


def generate(
    out: Console,
    output: Path,
    model: str,
    parameters: Parameters,
    prime: Path | None,
    seconds: float | None,
    notes: int | None,
    draw: bool,
) -> None:
    """Continue a file, or begin from nothing. Raises AntiphonError."""
    _show(out, offline.generate_file(output, model, parameters, prime, seconds, notes), str(output), PRIME, draw)


def meant(names: Iterable[str]) -> None:
    """Raises ParameterError where one of these parameters means nothing to `generate`."""
    if idle := [name for name in names if name not in offline.GOES_BY]:
        goes_by = ", ".join(offline.GOES_BY)
        raise ParameterError(f"{idle[0]} means nothing to generate, which plays with nobody; it goes by {goes_by}")


def without_midi(out: Console, model: str, parameters: Parameters, primes: Sequence[str]) -> None:
    """Perform with the phrase that is shipped, where there is no MIDI to perform with. What lies in the folder already
    stays there. Raises AntiphonError."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, FALLBACK.name)
        recording = offline.rehearse_file(PHRASE, made, model, parameters, primes=primes)
        written = _written(made.read_bytes())
    out.print("\nSo here is Antiphon answering a phrase that came with it:\n")
    _show(out, recording, written, PLAYER, True)
    out.print("Any MIDI player plays such a file. Answer a phrase of yours: antiphon rehearse YOURS.mid -o OUT.mid")


def _written(data: bytes) -> str:
    """Which file holds this from now on, in words."""
    try:
        path, new = files.put_beside(FALLBACK, data)
    except OSError as error:
        return f"no file was written ({Path.cwd()}: {error.strerror})"
    return f"{path}" if new else f"{path} (as it was)"


def _show(out: Console, recording: Recording, output: str, theirs: str, drawn: bool) -> None:
    if drawn:
        out.print(roll.draw({name: recording.events(name) for name in (theirs, OURS)}, min(out.width, 160)))
    counts = f"{theirs} {recording.notes(theirs)} notes, {OURS} {recording.notes(OURS)} notes"
    out.print(f"{output}: {counts}, {recording.seconds:.1f} s", markup=False)
