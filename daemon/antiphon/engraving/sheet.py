"""A performance as MusicXML: each side on two staves, at the tempo that was found. music21, which has no
types, writes; which notes stand where is `grid`'s, how they are called is `spelling`'s.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from antiphon.engraving.beats import Beats, beats
from antiphon.engraving.extra import library
from antiphon.engraving.grid import BEAT, Written, triplets, written
from antiphon.engraving.spelling import named, sharps
from antiphon.errors import TakeError
from antiphon.music.notes import Note

MOST_NOTES: Final = 20_000
"""More than these are hours: to engrave them takes minutes and nobody reads it."""
_OF_THREE: Final[Mapping[int, str]] = {4: "eighth", 8: "quarter"}
"""Ticks of the notes in a triplet, and their kind."""

Piece = tuple[int, int]
"""From tick to tick: what one notehead or one rest takes."""
Laid = tuple[Piece, Any]
"""A piece and the music21 object on it."""


def musicxml(sides: Mapping[str, Sequence[Note]], title: str) -> bytes:
    """The sheet of these sides, by their names. Raises TakeError where it is none or too long, or the extra is
    missing."""
    played = {name: notes for name, notes in sides.items() if notes}
    if not played:
        raise TakeError(f"{title}: no notes in this take")
    if sum(map(len, played.values())) > MOST_NOTES:
        raise TakeError(f"{title}: more than {MOST_NOTES:,} notes, too long for a sheet; export a .mid instead")
    every = [note for notes in played.values() for note in notes]
    found, key = beats(every), sharps(every)
    threes = triplets(list(played.values()), found)
    m21 = library("music21")
    score = m21.stream.Score()
    score.metadata = m21.metadata.Metadata(title=title, composer="")
    for number, (name, notes) in enumerate(played.items()):
        page = written(notes, found, threes)
        staves = [_staff(m21, name, [one for one in page if one.staff == staff], staff, found, key) for staff in (1, 2)]
        if number == 0:
            mark = m21.tempo.MetronomeMark(number=round(found.tempo_bpm), referent="quarter")
            staves[0].measure(1).insert(0, mark)
        for staff in staves:
            score.insert(0, staff)
        score.insert(0, m21.layout.StaffGroup(staves, symbol="brace", name=name))
    return bytes(m21.musicxml.m21ToXml.GeneralObjectExporter(score).parse())


def _staff(m21: Any, name: str, page: Sequence[Written], staff: int, found: Beats, key: int) -> Any:
    bar = found.metre * BEAT
    part = m21.stream.PartStaff(id=f"{name} {staff}")
    part.partName = name
    end = (len(found.moments) - 1) // found.metre * bar
    voices = [_line(m21, [one for one in page if one.voice == voice], bar, end, key, voice) for voice in (1, 2)]
    for number, start in enumerate(range(0, end, bar), start=1):
        measure = m21.stream.Measure(number=number)
        if number == 1:
            measure.insert(0, m21.clef.TrebleClef() if staff == 1 else m21.clef.BassClef())
            measure.insert(0, m21.key.KeySignature(key))
            measure.insert(0, m21.meter.TimeSignature(f"{found.metre}/4"))
        here = [[laid for laid in line if start <= laid[0][0] < start + bar] for line in voices]
        second = any(not one.isRest for _, one in here[1])
        for place, line in enumerate(here if second else here[:1], start=1):
            _fill(m21.stream.Voice(id=str(place)) if second else measure, measure, line, start)
            for _, one in line if second else ():
                one.stemDirection = "up" if place == 1 else "down"
        part.append(measure)
    part.makeBeams(inPlace=True, setStemDirections=False)
    return part


def _fill(line: Any, measure: Any, laid: Sequence[Laid], start: int) -> None:
    """Lay a voice of a bar into it."""
    for (first, _), one in laid:
        line.insert((first - start) / BEAT, one)
    if line is not measure:
        measure.insert(0, line)


def _line(m21: Any, chords: Sequence[Written], bar: int, end: int, key: int, voice: int) -> list[Laid]:
    """One voice of one staff: notes, the rests between them (unseen in the second voice), and brackets over threes."""
    laid, now = list[Laid](), 0
    for one in chords:
        laid += _rested(m21, (now, one.onset), bar, voice == 1)
        cut = list(pieces(one.onset, one.end, bar))
        for number, piece in enumerate(cut):
            names = [_pitch(m21, pitch, key) for pitch in one.pitches]
            sign = m21.note.Note(names[0]) if len(names) == 1 else m21.chord.Chord(names)
            sign.duration = _duration(m21, piece)
            if len(cut) > 1:
                kind = "start" if number == 0 else "stop" if number == len(cut) - 1 else "continue"
                sign.tie = m21.tie.Tie(kind)
            laid.append((piece, sign))
        now = one.end
    laid += _rested(m21, (now, end), bar, voice == 1)
    _bracket(laid)
    return laid


def _rested(m21: Any, gap: Piece, bar: int, seen: bool) -> Iterator[Laid]:
    for piece in pieces(*gap, bar):
        rest = m21.note.Rest()
        rest.duration = _duration(m21, piece)
        rest.style.hideObjectOnPrint = not seen
        yield piece, rest


def _bracket(laid: Sequence[Laid]) -> None:
    by_beat = dict[int, list[Any]]()
    for piece, sign in laid:
        if piece[1] - piece[0] in _OF_THREE:
            by_beat.setdefault(piece[0] // BEAT, []).append(sign)
    for group in by_beat.values():
        group[0].duration.tuplets[0].type = "start"
        group[-1].duration.tuplets[0].type = "stop" if len(group) > 1 else "startStop"


def pieces(start: int, end: int, bar: int) -> Iterator[Piece]:
    """What a stretch is written with: never over a bar line, and to the next beat where it begins between two."""
    while start < end:
        room = min(end, (start // bar + 1) * bar) - start
        within = start % BEAT
        if within:
            length = min(room, BEAT - within)
        elif room == 18:
            length = 18
        elif room >= BEAT:
            length = max(n for n in (12, 24, 36, 48) if n <= room)
        else:
            length = room
        yield start, start + length
        start += length


def _duration(m21: Any, piece: Piece) -> Any:
    length = piece[1] - piece[0]
    if length not in _OF_THREE:
        return m21.duration.Duration(length / BEAT)
    found = m21.duration.Duration(_OF_THREE[length])
    found.appendTuplet(m21.duration.Tuplet(3, 2, "eighth"))
    return found


def _pitch(m21: Any, pitch: int, key: int) -> Any:
    letter, alter, octave = named(pitch, key)
    return m21.pitch.Pitch(step=letter, accidental=alter or None, octave=octave)
