"""A piano roll for the terminal: who played what, and when, in two colours or, without colour, two shades."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.text import Text

from antiphon.music.events import Event
from antiphon.music.notes import notes as notes_of

_HIGHEST_ROLL: Final = 22
_STEPS: Final = (1, 2, 3, 4, 6)
"""Semitones of a row: parts of an octave, so that every C is the lowest of its row."""
_MARGIN: Final = 5
_SHORTEST_S: Final = 0.001
_TICKS_S: Final = (1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 21600, 86400, 864000)
_SHADES: Final = ("░", "█")
_COLOURS: Final = ("cyan", "magenta")
_NAMES: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def draw(parts: Mapping[str, Sequence[Event]], width: int) -> Text:
    """The parts (two at the most) by name, `width` characters wide. Time runs right, one row is a few semitones. Rows
    that begin with a C are dotted; where a row is one semitone each has its name."""
    notes = [(who, note) for who, events in enumerate(parts.values()) for note in notes_of(events)]
    if not notes:
        return Text("(no notes)")
    low, high = min(n.pitch for _, n in notes), max(n.pitch for _, n in notes)
    end = max(_SHORTEST_S, *(n.ends for _, n in notes))
    step = next(step for step in _STEPS if high // step - low // step < _HIGHEST_ROLL)
    columns = max(20, width - _MARGIN - 1)
    cells = dict[tuple[int, int], int]()
    for who, note in notes:
        first = int(note.begins / end * (columns - 1))
        for column in range(first, max(first + 1, round(note.ends / end * (columns - 1)))):
            cells[note.pitch // step, column] = who
    roll = Text()
    for row in range(high // step, low // step - 1, -1):
        octave = row * step % 12 == 0
        roll.append(f"{_name(row * step) if octave or step == 1 else '':>4} ", "dim")
        for column in range(columns):
            who = cells.get((row, column), -1)
            empty = "." if octave else " "
            roll.append(_SHADES[who] if who >= 0 else empty, _COLOURS[who] if who >= 0 else "dim")
        roll.append("\n")
    roll.append(_scale(end, columns), "dim")
    return roll.append(_legend(list(parts), step))


def _name(pitch: int) -> str:
    return f"{_NAMES[pitch % 12]}{pitch // 12 - 1}"


def _scale(end: float, columns: int) -> str:
    room = max(8, len(f"{end:.0f}s") + 2)
    every = next((s for s in _TICKS_S if columns * s / end >= room), int(end) + 1)
    line = [" "] * (columns + _MARGIN)
    for tick in range(0, int(end) + 1, every):
        at, label = _MARGIN + int(tick / end * (columns - 1)), f"{tick}s"
        if at + len(label) <= len(line):
            line[at : at + len(label)] = label
    return "".join(line).rstrip() + "\n"


def _legend(names: list[str], step: int) -> Text:
    legend = Text(" " * _MARGIN)
    for who, name in enumerate(names):
        legend.append("   " if who else "").append(_SHADES[who] * 2, _COLOURS[who]).append(f" {name}")
    return legend.append(f"   a row is {step} semitones" if step > 1 else "", "dim")
