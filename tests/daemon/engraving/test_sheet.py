"""From notes played by hand to a page that says what was meant."""

import itertools
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antiphon.engraving import sheet
from antiphon.engraving.beats import beats
from antiphon.engraving.grid import BEAT, triplets, written
from antiphon.engraving.sheet import musicxml, pieces
from antiphon.engraving.spelling import named, sharps
from antiphon.errors import TakeError
from antiphon.music.events import Seconds
from antiphon.music.notes import Note

BEAT_S = 0.5


def played(
    rows: Iterable[tuple[float, float, int]], stray_s: float = 0.0, drift: float = 0.0, first_s: float = 1.0
) -> list[Note]:
    """(beat, beats long, pitch) played by hand: each moment strays, and the tempo drifts by so much over all."""
    rows, rng = list(rows), np.random.default_rng(1)
    last = max(beat for beat, _, _ in rows) or 1.0

    def at(beat: float) -> float:
        return first_s + BEAT_S * (beat + drift * beat * beat / (2 * last)) + float(rng.normal(0, stray_s))

    return [
        Note(Seconds(at(beat)), Seconds(at(beat + 0.95 * length)), pitch, 80 if beat % 4 == 0 else 60)
        for beat, length, pitch in rows
    ]


def tune(bars: int = 8) -> list[tuple[float, float, int]]:
    """Four quarters above, a whole note below, two eighths at the end of each bar."""
    rows = list[tuple[float, float, int]]()
    for bar in range(bars):
        above = [(4.0 * bar + n, 1.0, pitch) for n, pitch in enumerate((72, 76, 79))]
        rows += [*above, (4 * bar + 3, 0.5, 77), (4 * bar + 3.5, 0.5, 74), (4.0 * bar, 4.0, 48)]
    return rows


def durations(xml: bytes) -> dict[tuple[str, str, str], list[int]]:
    """For each (part, staff, voice) how long each of its bars is, in divisions."""
    found = dict[tuple[str, str, str], list[int]]()
    for part in ET.fromstring(xml).iter("part"):
        for measure in part.iter("measure"):
            here = dict[tuple[str, str, str], int]()
            for note in measure.iter("note"):
                if note.find("chord") is None:
                    key = (part.get("id", ""), note.findtext("staff", "1"), note.findtext("voice", ""))
                    here[key] = here.get(key, 0) + int(note.findtext("duration", "0"))
            for key, length in here.items():
                found.setdefault(key, []).append(length)
    return found


def pitches(xml: bytes) -> list[int]:
    """The MIDI notes on the page, those that are tied once."""
    found = list[int]()
    for note in ET.fromstring(xml).iter("note"):
        pitch = note.find("pitch")
        if pitch is None or any(tie.get("type") == "stop" for tie in note.findall("tie")):
            continue
        natural = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[pitch.findtext("step", "")]
        found.append(12 * (int(pitch.findtext("octave", "0")) + 1) + natural + int(pitch.findtext("alter", "0")))
    return sorted(found)


@pytest.mark.parametrize(("stray_s", "drift"), [(0.0, 0.0), (0.012, 0.0), (0.012, 0.15), (0.012, -0.15)])
def test_what_was_played_by_hand_is_written_as_it_was_meant(stray_s: float, drift: float) -> None:
    notes = played(tune(), stray_s, drift)
    found = beats(notes)
    page = written(notes, found, triplets([notes], found))
    lead = page[0].onset
    above = [((one.onset - lead) / BEAT, one.length / BEAT, one.pitches[0]) for one in page if one.staff == 1]
    assert above == sorted(row for row in tune() if row[2] > 60)
    assert {one.length for one in page if one.staff == 2} == {4 * BEAT}


def test_the_tempo_is_found() -> None:
    assert beats(played(tune(), 0.01)).tempo_bpm == pytest.approx(120, rel=0.02)


def test_a_bar_begins_where_the_bass_is() -> None:
    found = beats(played(tune(), 0.01))
    assert found.metre == 4
    assert found.places([1.0])[0] % 4 == pytest.approx(0, abs=0.1)


def test_a_waltz_has_three_beats() -> None:
    rows = [(3 * bar + n, 1.0, pitch) for bar in range(16) for n, pitch in enumerate((40, 64, 67))]
    notes = [
        Note(n.begins, n.ends, n.pitch, 100 if n.pitch == 40 else 40)
        for n in played([(b * 1.0, x, p) for b, x, p in rows])
    ]
    assert beats(notes).metre == 3


def test_three_in_the_time_of_two_is_a_triplet() -> None:
    rows = [(float(n), 1.0, 60 + n % 5) for n in range(16)] + [(16 + n / 3, 1 / 3, 70) for n in range(12)]
    notes = played(rows, 0.005)
    found = beats(notes)
    threes = triplets([notes], found)
    assert len(threes) == 4
    xml = musicxml({"player": notes}, "threes")
    assert ET.fromstring(xml).findall(".//tuplet[@type='start']") != []
    assert len(ET.fromstring(xml).findall(".//tuplet[@type='start']")) == 4


def test_each_side_has_a_part_of_two_staves_and_every_note_is_on_the_page_once() -> None:
    sides = {"player": played(tune(4), 0.01), "Antiphon": played(tune(4), 0.01, first_s=9.0)}
    xml = musicxml(sides, "Evening <1> & more")
    root = ET.fromstring(xml)
    assert [name.text for name in root.iter("part-name")] == ["player", "Antiphon"]
    assert {staves.text for staves in root.iter("staves")} == {"2"}
    assert root.findtext(".//movement-title") == "Evening <1> & more"
    assert pitches(xml) == sorted(note.pitch for notes in sides.values() for note in notes)


def test_a_silent_side_is_left_out() -> None:
    xml = musicxml({"player": played(tune(2)), "Antiphon": []}, "alone")
    assert [name.text for name in ET.fromstring(xml).iter("part-name")] == ["player"]


def test_no_notes_are_no_sheet() -> None:
    with pytest.raises(TakeError, match="no notes"):
        musicxml({"player": [], "Antiphon": []}, "nothing")


def test_hours_are_refused_with_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "MOST_NOTES", 3)
    with pytest.raises(TakeError, match=r"export a \.mid instead"):
        musicxml({"player": played(tune(1))}, "long")


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.floats(0, 20), st.floats(0.001, 9), st.integers(0, 127), st.integers(1, 127)),
        min_size=1,
        max_size=40,
    )
)
def test_whatever_is_played_every_bar_of_every_voice_is_full(rows: Sequence[tuple[float, float, int, int]]) -> None:
    notes = [Note(Seconds(begins), Seconds(begins + lasts), pitch, loud) for begins, lasts, pitch, loud in rows]
    xml = musicxml({"player": notes}, "any")
    lengths = {length for bars in durations(xml).values() for length in bars}
    metre = int(ET.fromstring(xml).findtext(".//time/beats", "0"))
    divisions = int(ET.fromstring(xml).findtext(".//divisions", "0"))
    assert lengths == {metre * divisions}


@given(st.integers(0, 200), st.integers(1, 100), st.sampled_from([36, 48]))
def test_pieces_fill_a_stretch_and_cross_no_bar_line(start: int, length: int, bar: int) -> None:
    cut = list(pieces(start, start + length, bar))
    assert cut[0][0] == start
    assert cut[-1][1] == start + length
    assert all(before[1] == after[0] for before, after in itertools.pairwise(cut))
    assert all(first // bar == (last - 1) // bar for first, last in cut)


@pytest.mark.parametrize(
    ("key", "scale", "signature"),
    [
        ("C", (60, 62, 64, 65, 67, 69, 71), 0),
        ("E", (64, 66, 68, 69, 71, 73, 75), 4),
        ("Ab", (68, 70, 72, 73, 75, 77, 79), -4),
    ],
)
def test_a_scale_has_its_signature_and_no_accidentals(key: str, scale: Sequence[int], signature: int) -> None:
    weights = (2.0, 0.5, 1.2, 0.6, 1.6, 0.5, 0.3)
    notes = [Note(Seconds(n), Seconds(n + w), p, 64) for n, (p, w) in enumerate(zip(scale, weights, strict=True))]
    assert sharps(notes) == signature
    assert len({named(pitch, signature)[0] for pitch in scale}) == 7


def test_a_minor_key_has_the_signature_of_its_major() -> None:
    scale, weights = (57, 59, 60, 62, 64, 65, 68), (2.5, 0.3, 1.3, 0.6, 1.6, 0.6, 0.5)
    notes = [Note(Seconds(n), Seconds(n + w), p, 64) for n, (p, w) in enumerate(zip(scale, weights, strict=True))]
    assert sharps(notes) == 0


@pytest.mark.parametrize(
    ("pitch", "signature", "name"),
    [
        (60, 0, ("C", 0, 4)),
        (61, 0, ("C", 1, 4)),
        (70, -1, ("B", -1, 4)),
        (71, -6, ("C", -1, 5)),
        (59, -6, ("C", -1, 4)),
        (0, 0, ("C", 0, -1)),
        (60, 6, ("B", 1, 3)),
    ],
)
def test_notes_are_called_by_their_place_around_the_key(pitch: int, signature: int, name: tuple[str, int, int]) -> None:
    assert named(pitch, signature) == name
