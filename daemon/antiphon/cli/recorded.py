"""The commands that perform on files: what they do, and what they show of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from antiphon import offline
from antiphon.cli import roll
from antiphon.core.parameters import Parameters
from antiphon.core.zones import parse
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
    _show(out, offline.rehearse_file(source, output, model, parameters, take, primes, divided), output, PLAYER, draw)


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
    _show(out, offline.generate_file(output, model, parameters, prime, seconds, notes), output, PRIME, draw)


def without_midi(out: Console, model: str, parameters: Parameters, primes: Sequence[str]) -> None:
    """Perform with the phrase that is shipped, where there is no MIDI to perform with. Raises AntiphonError."""
    recording = offline.rehearse_file(PHRASE, FALLBACK, model, parameters, primes=primes)
    out.print("\nSo here is Antiphon answering a phrase that came with it:\n")
    _show(out, recording, FALLBACK, PLAYER, True)
    out.print("Play the file with any MIDI player. Answer a phrase of yours: antiphon rehearse YOURS.mid -o OUT.mid")


def _show(out: Console, recording: Recording, output: Path, theirs: str, drawn: bool) -> None:
    if drawn:
        out.print(roll.draw({name: recording.events(name) for name in (theirs, OURS)}, min(out.width, 160)))
    counts = f"{theirs} {recording.notes(theirs)} notes, {OURS} {recording.notes(OURS)} notes"
    out.print(f"{output}: {counts}, {recording.seconds:.1f} s", markup=False)
