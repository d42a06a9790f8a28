"""A piano roll for the terminal: who played what, and when, in two colours or, without colour, two shades."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.text import Text

from antiphon.music.events import Event
from antiphon.music.notes import notes as notes_of

_HIGHEST_ROLL: Final = 22
_MARGIN: Final = 5
_SHORTEST_S: Final = 0.001
_TICKS_S: Final = (1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 21600, 86400, 864000)
_SHADES: Final = ("░", "█")
_COLOURS: Final = ("cyan", "magenta")
_NAMES: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def draw(parts: Mapping[str, Sequence[Event]], width: int) -> Text:
    """The parts (two at the most) by name, `width` characters wide. Time runs right, one row is a few semitones."""
    notes = [(who, note) for who, events in enumerate(parts.values()) for note in notes_of(events)]
    if not notes:
        return Text("(no notes)")
    low, high = min(n.pitch for _, n in notes), max(n.pitch for _, n in notes)
    end = max(_SHORTEST_S, *(n.ends for _, n in notes))
    step = max(1, -(-(high - low + 1) // _HIGHEST_ROLL))
    columns = max(20, width - _MARGIN - 1)
    cells = dict[tuple[int, int], int]()
    for who, note in notes:
        first = int(note.begins / end * (columns - 1))
        for column in range(first, max(first + 1, round(note.ends / end * (columns - 1)))):
            cells[(note.pitch - low) // step, column] = who
    roll = Text()
    for row in range((high - low) // step, -1, -1):
        roll.append(f"{_name(low + row * step):>4} ", "dim")
        for column in range(columns):
            who = cells.get((row, column), -1)
            roll.append(_SHADES[who] if who >= 0 else " ", _COLOURS[who] if who >= 0 else "")
        roll.append("\n")
    roll.append(_scale(end, columns), "dim")
    return roll.append(_legend(list(parts)))


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


def _legend(names: list[str]) -> Text:
    legend = Text(" " * _MARGIN)
    for who, name in enumerate(names):
        legend.append("   " if who else "").append(_SHADES[who] * 2, _COLOURS[who]).append(f" {name}")
    return legend
