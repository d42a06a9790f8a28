"""A take as a picture: a piano roll in two colours with pedals and markers, as SVG. Needs nothing but text."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

from antiphon.music import midifile
from antiphon.music.events import Event
from antiphon.music.notes import notes, treads
from antiphon.takes.performed import Mark, Performed
from antiphon.takes.takefile import OURS, PLAYER

COLOURS: Final = ("#2f6db3", "#d9503f")
_MARGIN: Final = 52
_WIDEST: Final = 24_000
_A_SECOND: Final = 24.0
_LEAST: Final = 1000
_ROW: Final = 7
"""Points of a semitone."""
_HEAD: Final = 74
_BLACK: Final = (1, 3, 6, 8, 10)
_LETTERS: Final = 6.2
"""Points of a letter, about."""
_MARKS: Final = 4
"""Rows of markers above the roll; what finds no room in them has a line and no words."""
_TICKS_S: Final = (1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 21600, 86400)


def svg(found: Performed, title: str) -> str:
    """The picture of a performance."""
    sides = {PLAYER: midifile.events(found.player), OURS: midifile.events(found.ours)}
    return drawn(sides, found.marks, title)


def drawn(sides: Mapping[str, Sequence[Event]], marks: Sequence[Mark], title: str) -> str:
    """The picture of two sides by name, the first one's notes blue, the other's red; louder notes are darker."""
    page = _Page(sides)
    parts = [*page.frame(title), *page.marked(marks)]
    for who, events in enumerate(sides.values()):
        parts += page.played(events, who)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {page.width:.0f} {page.height:.0f}"'
    size = f' width="{page.width:.0f}" height="{page.height:.0f}" font-family="sans-serif" font-size="11">'
    return "\n".join([head + size, *parts, "</svg>", ""])


class _Page:
    """Where things are on the paper."""

    def __init__(self, sides: Mapping[str, Sequence[Event]]) -> None:
        found = [note for events in sides.values() for note in notes(events)]
        self._names = list(sides)
        self._end = max([1.0, *(event.time for events in sides.values() for event in events)])
        self._low = min((n.pitch for n in found), default=60) - 1
        self._high = max((n.pitch for n in found), default=60) + 1
        if self._low // 12 == self._high // 12:  # no C above the lowest row: the one below them is drawn, too
            self._low = self._low // 12 * 12
        self._scale = min(max(_A_SECOND, _LEAST / self._end), _WIDEST / self._end)
        self.width = 2 * _MARGIN + self._end * self._scale
        self._floor = _HEAD + (self._high - self._low + 1) * _ROW
        self.height = self._floor + 60

    def frame(self, title: str) -> Iterator[str]:
        yield f'<rect width="{self.width:.0f}" height="{self.height:.0f}" fill="white"/>'
        yield f'<text x="{_MARGIN}" y="18" font-size="14">{escape(title)}</text>'
        for who, name in enumerate(self._names):
            x = self.width - _MARGIN - 90 * (len(self._names) - who)
            yield f'<rect x="{x:.0f}" y="9" width="10" height="10" fill="{COLOURS[who]}"/>'
            yield f'<text x="{x + 15:.0f}" y="18">{escape(name)}</text>'
        yield from self._keys()
        every = next((s for s in _TICKS_S if s * self._scale >= 50), int(self._end) + 1)
        for second in range(0, int(self._end) + 1, every):
            x, y = self._x(second), self.height - 14
            yield f'<path d="M{x:.1f} {_HEAD}V{self._floor}" stroke="#eeeeee"/>'
            yield f'<text x="{x:.1f}" y="{y:.0f}" text-anchor="middle" fill="#555555">{_clock(second)}</text>'

    def _keys(self) -> Iterator[str]:
        """Black keys shaded, a line below each C, and its name beside its row."""
        for pitch in range(self._low, self._high + 1):
            if pitch % 12 in _BLACK:
                place = f'x="{_MARGIN}" y="{self._y(pitch)}" width="{self.width - 2 * _MARGIN:.0f}" height="{_ROW}"'
                yield f'<rect {place} fill="#f4f4f4"/>'
        for pitch in range(12 * math.ceil(self._low / 12), self._high + 1, 12):
            y = self._y(pitch) + _ROW
            yield f'<path d="M{_MARGIN} {y}H{self.width - _MARGIN:.0f}" stroke="#bbbbbb"/>'
            yield f'<text x="{_MARGIN - 6}" y="{y}" text-anchor="end" fill="#555555">C{pitch // 12 - 1}</text>'

    def marked(self, marks: Sequence[Mark]) -> Iterator[str]:
        """A line for each marker, and its words where there is room."""
        taken = [0.0] * _MARKS
        for mark in marks:
            x = self._x(mark.time)
            row = next((row for row, until in enumerate(taken) if until <= x), None)
            top = _HEAD if row is None else 30 + 11 * row
            yield f'<path d="M{x:.1f} {top}V{self._floor}" stroke="#888888" stroke-dasharray="2 3"/>'
            if row is not None:
                taken[row] = x + _LETTERS * (len(mark.text) + 1)
                yield f'<text x="{x + 2:.1f}" y="{top + 9}" fill="#333333">{escape(_printable(mark.text))}</text>'

    def played(self, events: Sequence[Event], who: int) -> Iterator[str]:
        """One side's notes, and its pedal below."""
        colour = COLOURS[who]
        for note in notes(events):
            x, wide = self._x(note.begins), max(1.5, (note.ends - note.begins) * self._scale)
            seen = f'fill="{colour}" fill-opacity="{0.35 + 0.65 * note.velocity / 127:.2f}"'
            place = f'x="{x:.1f}" y="{self._y(note.pitch)}" width="{wide:.1f}" height="{_ROW - 1}" rx="1.5"'
            yield f"<rect {place} {seen}/>"
        for down, up in treads(events):
            x, wide = self._x(down), max(1.5, (up - down) * self._scale)
            y = self._floor + 8 + 10 * who
            yield f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="5" fill="{colour}" fill-opacity="0.45"/>'
        if any(True for _ in treads(events)):
            y = self._floor + 14 + 10 * who
            yield f'<text x="{_MARGIN - 6}" y="{y}" text-anchor="end" fill="{colour}" font-size="9">pedal</text>'

    def _x(self, second: float) -> float:
        return _MARGIN + second * self._scale

    def _y(self, pitch: int) -> int:
        return _HEAD + (self._high - pitch) * _ROW


def _clock(second: int) -> str:
    return f"{second // 60}:{second % 60:02}" if second >= 60 else f"{second} s"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
