"""A performance that begins in the world of other music: its memory, mixtures of it, and that a take of it replays."""

from pathlib import Path

import numpy as np
import pytest
from tests.fakes import off, on

from antiphon import offline
from antiphon.core.parameters import Parameters
from antiphon.core.past import Played, after, beginning
from antiphon.core.prime import BEHIND_S, LAST, primed
from antiphon.core.tape import Kind
from antiphon.errors import MidiFileError, ParameterError
from antiphon.mind import checkpoint, onnx_model, priming, worlds
from antiphon.mind.onnx_model import OnnxModel
from antiphon.music import midifile
from antiphon.music.events import Event, Seconds
from antiphon.music.midifile import Track
from antiphon.music.wire import Timed
from antiphon.takes import replaying, takefile


@pytest.fixture(scope="module")
def model() -> OnnxModel:
    return onnx_model.load("default")


def tune(path: Path, low: int, gap: float = 0.2, notes: int = 40) -> Path:
    messages = list[Timed]()
    for number in range(notes):
        key, at = low + (0, 2, 4, 7, 9)[number % 5], number * gap
        messages += [Timed(Seconds(at), on(key)), Timed(Seconds(at + gap * 0.8), off(key))]
    midifile.write(path, [Track("piano", tuple(messages))])
    return path


def events(path: Path) -> list[Event]:
    return midifile.events(midifile.merged(midifile.read(path)))


def test_the_memory_is_that_of_the_piece_wherever_on_the_clock_it_is(model: OnnxModel, tmp_path: Path) -> None:
    music = events(tune(tmp_path / "a.mid", 60))
    heard = after(model, beginning(model, 0.0), [Played(event, False) for event in music])
    for now in (0.0, 86_400.0):
        past = primed(model, [(music, 1.0)], now)
        assert past.time == pytest.approx(now - BEHIND_S)
        assert past.count == len(music)
        assert np.allclose(past.state.hidden, heard.state.hidden, atol=1e-3)
        assert not past.keyboard.count.any()


def test_a_mixture_lies_between_its_pieces_by_weight(model: OnnxModel, tmp_path: Path) -> None:
    one, two = (events(tune(tmp_path / f"{low}.mid", low)) for low in (48, 72))
    a, b = (primed(model, [(music, 1.0)], 0.0).state.hidden for music in (one, two))
    mixed = primed(model, [(one, 3.0), (two, 1.0)], 0.0)
    assert np.allclose(mixed.state.hidden, 0.75 * a + 0.25 * b, atol=1e-6)
    assert mixed.last.event is not None
    assert mixed.last.event.pitch == one[-1].pitch


def test_of_a_long_piece_its_end_is_heard(model: OnnxModel, tmp_path: Path) -> None:
    long = events(tune(tmp_path / "a.mid", 60, 0.05, 1500))
    assert primed(model, [(long, 1.0)], 0.0).count == LAST


def test_what_it_plays_is_another_world(tmp_path: Path) -> None:
    pitches = dict[int, float]()
    for low in (30, 90):
        prime, note = tune(tmp_path / f"{low}.mid", low), tune(tmp_path / "note.mid", low, 6.0, 1)
        parameters = Parameters().changed(mode="duet", seed=3)
        recording = offline.rehearse_file(note, tmp_path / "o.mid", "default", parameters, None, [str(prime)])
        played = [event.pitch for event in recording.events(offline.OURS) if event.starts and event.pitch]
        pitches[low] = float(np.mean(played[:12]))
    assert pitches[30] < pitches[90] - 12


def test_a_take_that_began_from_a_mixture_replays_byte_for_byte(tmp_path: Path) -> None:
    primes = [f"{tune(tmp_path / 'a.mid', 48)}=0.7", f"{tune(tmp_path / 'b.mid', 72)}=0.3"]
    take = tmp_path / "take.mid"
    offline.rehearse_file(offline.PHRASE, tmp_path / "o.mid", "default", Parameters(), take, primes)
    calls = takefile.read(take)
    assert any(call.frame.kind is Kind.RESUMED for call in calls)
    replayed = replaying.again(calls, replaying.model_of(calls))
    assert (replayed.why, replayed.departs_at) == ("", None)
    assert takefile.written(replayed.calls) == take.read_bytes()


def test_a_memory_is_taken_up_to_the_bit(model: OnnxModel, tmp_path: Path) -> None:
    past = primed(model, [(events(tune(tmp_path / "a.mid", 60)), 1.0)], 0.0)
    first, second = (checkpoint.read(priming.memory_of(model, Parameters(), past, 5.0), model) for _ in range(2))
    assert first is not None
    assert second is not None
    assert np.array_equal(first.memory.past.state.hidden, second.memory.past.state.hidden)
    assert first.memory.phrase is None
    assert first.held == ()


def test_the_files_of_a_folder_divide_its_weight(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("a", "b"):
        tune(tmp_path / "folder" / f"{name}.mid", 60)
    other = tune(tmp_path / "c.mid", 72)
    found = priming.files([f"{tmp_path / 'folder'}=3", str(other)])
    assert [weight for _, weight in found] == [1.5, 1.5, 1.0]


def test_a_file_whose_name_holds_an_equals_sign_is_a_file(tmp_path: Path) -> None:
    path = tune(tmp_path / "E=mc.mid", 60)
    assert priming.named(str(path)) == (path, 1.0)
    assert priming.named(f"{path}=2") == (path, 2.0)


@pytest.mark.parametrize("weight", ["0", "-1", "nan", "inf", "half", ""])
def test_a_weight_that_is_none_is_refused(tmp_path: Path, weight: str) -> None:
    with pytest.raises(ParameterError, match="a weight is a number above 0"):
        priming.named(f"{tmp_path / 'a.mid'}={weight}")


def test_what_is_no_music_is_named(model: OnnxModel, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    midifile.write(tmp_path / "silent.mid", [Track("piano", ())])
    for named, said in (("empty", "no .mid file in this folder"), ("silent.mid", "no notes"), ("gone.mid", "no such")):
        with pytest.raises(MidiFileError, match=said):
            worlds.past_of(model, [str(tmp_path / named)])
