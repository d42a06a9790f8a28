"""A real take, in every form it can be given away in."""

import io
import re
import sys
import wave
import xml.etree.ElementTree as ET
from pathlib import Path

import mido
import numpy as np
import pytest

from antiphon import offline
from antiphon.core.parameters import Parameters
from antiphon.engraving import exports, sound
from antiphon.errors import TakeError
from antiphon.extras import install
from antiphon.music.events import note_off, note_on
from antiphon.takes import picture, takefile
from antiphon.takes.performed import Mark, Performed


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Performed:
    folder = tmp_path_factory.mktemp("takes")
    offline.rehearse_file(
        offline.PHRASE, folder / "both.mid", "default", Parameters().changed(seed=7), folder / "take.mid"
    )
    return takefile.opened(folder / "take.mid")


def notes_in(file: mido.MidiFile) -> int:
    return sum(m.type == "note_on" and m.velocity > 0 for track in file.tracks for m in track)


def notes_of(found: Performed) -> int:
    return sum(t.message[0] & 0xF0 == 0x90 and t.message[2] > 0 for t in [*found.player, *found.ours])


def test_a_plain_file_has_both_sides_and_no_tape(found: Performed, tmp_path: Path) -> None:
    assert exports.export(found, "take", tmp_path / "x.mid") == [tmp_path / "x.mid"]
    file = mido.MidiFile(tmp_path / "x.mid")
    assert [track.name for track in file.tracks] == ["take", "player", "Antiphon"]
    assert notes_in(file) == notes_of(found)
    assert not any(m.type == "sequencer_specific" for track in file.tracks for m in track)
    with pytest.raises(TakeError, match="not a take"):
        takefile.read(tmp_path / "x.mid")


def test_a_plain_file_opens_as_the_same_performance(found: Performed, tmp_path: Path) -> None:
    exports.export(found, "take", tmp_path / "x.mid")
    again = takefile.opened(tmp_path / "x.mid")
    assert [t.message for t in again.player] == [t.message for t in found.player]
    assert [t.message for t in again.ours] == [t.message for t in found.ours]
    assert max(abs(a.time - b.time) for a, b in zip(again.ours, found.ours, strict=True)) < 0.001


def test_sheet_music_is_musicxml_svg_and_pdf(found: Performed, tmp_path: Path) -> None:
    for form in ("musicxml", "svg", "pdf"):
        [path] = exports.export(found, "An evening", tmp_path / f"x.{form}")
        assert path.stat().st_size > 10_000
    assert ET.parse(tmp_path / "x.musicxml").getroot().tag == "score-partwise"
    picture = (tmp_path / "x.svg").read_text(encoding="utf-8")
    assert ET.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"
    assert ">An evening<" in picture
    assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF-")


def test_sound_is_as_long_as_the_take_and_not_silent(found: Performed, tmp_path: Path) -> None:
    [path] = exports.export(found, "take", tmp_path / "x.wav")
    with wave.open(str(path)) as heard:
        assert (heard.getnchannels(), heard.getsampwidth(), heard.getframerate()) == (2, 2, 44_100)
        assert heard.getnframes() / 44_100 > found.seconds - 0.1
        samples = np.frombuffer(heard.readframes(heard.getnframes()), np.int16).astype(float)
    assert np.sqrt(np.mean(samples**2)) > 100


def test_without_fluidsynth_it_says_what_to_install(
    found: Performed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TakeError, match="apt-get install fluidsynth"):
        exports.export(found, "take", tmp_path / "x.wav")
    assert not (tmp_path / "x.wav").exists()


def test_a_soundfont_that_is_none_is_said(found: Performed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sound.SOUNDFONT, str(tmp_path / "no.sf2"))
    with pytest.raises(TakeError, match="no such file"):
        exports.export(found, "take", tmp_path / "x.wav")
    (tmp_path / "no.sf2").write_bytes(b"no soundfont")
    with pytest.raises(TakeError, match="FluidSynth could not play it"):
        exports.export(found, "take", tmp_path / "x.wav")


@pytest.mark.parametrize(("form", "missing"), [("musicxml", "music21"), ("svg", "verovio"), ("pdf", "typst")])
def test_without_the_extra_it_says_how_to_install_it(
    found: Performed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(TakeError, match=rf"{missing} is not installed; .*{re.escape(install('score'))}"):
        exports.export(found, "take", tmp_path / f"x.{form}")


def test_another_ending_and_a_folder_that_is_not_there_are_said(found: Performed, tmp_path: Path) -> None:
    with pytest.raises(TakeError, match=r"exported as \.mid, \.musicxml, \.svg, \.pdf, \.wav"):
        exports.export(found, "take", tmp_path / "x.doc")
    with pytest.raises(TakeError, match=r"a picture is \.png or \.svg"):
        exports.draw(found, "take", tmp_path / "x.gif")
    with pytest.raises(TakeError, match="no such folder"):
        exports.export(found, "take", tmp_path / "none" / "x.mid")


def test_a_picture_shows_both_sides_in_their_colours_pedals_and_markers(found: Performed, tmp_path: Path) -> None:
    [path] = exports.draw(found, "A <take> & more", tmp_path / "x.svg")
    root = ET.parse(path).getroot()
    rects = [rect for rect in root.iter("{http://www.w3.org/2000/svg}rect") if rect.get("rx")]
    assert {rect.get("fill") for rect in rects} == {"#2f6db3", "#d9503f"}
    assert len(rects) == notes_of(found)
    said = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"A <take> & more", "player", "Antiphon", "pedal", "turn: player", "turn: Antiphon"} <= set(said)


@pytest.mark.parametrize(
    ("pitches", "named"), [((62, 69), ["C4"]), ((60, 72), ["C4", "C5"]), ((0, 127), ["C-1", "C9"])]
)
def test_every_picture_names_its_octaves(pitches: tuple[int, int], named: list[str]) -> None:
    played = [event for pitch in pitches for event in (note_on(0.0, pitch, 64), note_off(1.0, pitch))]
    root = ET.fromstring(picture.drawn({"player": played}, (), "octaves"))
    said = [str(text.text) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    octaves = [text for text in said if re.fullmatch(r"C-?\d", text)]
    assert [octaves[0], octaves[-1]] == [named[0], named[-1]]


def test_black_keys_are_shaded_and_no_note_lies_on_the_line_of_a_c() -> None:
    played = [note_on(0.0, 60, 64), note_off(1.0, 60), note_on(1.0, 59, 64), note_off(2.0, 59)]
    root = ET.fromstring(picture.drawn({"player": played}, (), "a line"))
    rects = list(root.iter("{http://www.w3.org/2000/svg}rect"))
    assert sum(rect.get("fill") == "#f4f4f4" for rect in rects) == 2  # A sharp and C sharp
    c, b = (float(rect.get("y", "0")) for rect in rects if rect.get("rx"))
    paths = [path.get("d", "") for path in root.iter("{http://www.w3.org/2000/svg}path")]
    [line] = [float(d.split()[1].partition("H")[0]) for d in paths if "H" in d]
    assert c + 6 <= line <= b


def test_a_picture_in_pixels(found: Performed, tmp_path: Path) -> None:
    from PIL import Image

    [path] = exports.draw(found, "take", tmp_path / "x.png")
    colours = np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3).astype(int)
    assert ((colours[:, 2] - colours[:, 0]) > 60).sum() > 1000  # blue
    assert ((colours[:, 0] - colours[:, 2]) > 60).sum() > 1000  # red


def test_a_thousand_markers_and_a_long_take_still_fit(found: Performed, tmp_path: Path) -> None:
    late = [type(t)(type(t.time)(t.time + 7200), t.message) for t in found.ours]
    marks = tuple(Mark(type(late[0].time)(n), f"temperature=0.{n}") for n in range(1000))
    long = Performed(found.about, 0.0, found.player, tuple(late), marks, (), 0)
    [path] = exports.draw(long, "long", tmp_path / "x.svg")
    assert float(ET.parse(path).getroot().get("width", "0")) < 30_000
    assert io.BytesIO(path.read_bytes()).getbuffer().nbytes < 1_000_000
