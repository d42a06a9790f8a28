"""Which files are learned from, what of them, and that only what is better is installed under a name that is free."""

from pathlib import Path

import numpy as np
import pytest
from tests.fakes import off, on

from antiphon import learning, offline
from antiphon.core.parameters import Parameters
from antiphon.errors import ModelError, TakeError, TrainingError
from antiphon.mind import models, onnx_model
from antiphon.music import midifile
from antiphon.music.events import Seconds
from antiphon.music.midifile import Track
from antiphon.music.wire import Timed


def tune(path: Path, notes: int = 4, gap: float = 0.2, seed: int = 1) -> Path:
    rng = np.random.default_rng(seed)
    messages = list[Timed]()
    for number in range(notes):
        key, at = 60 + (0, 2, 4, 7)[int(rng.integers(0, 4))], number * gap
        messages += [Timed(Seconds(at), on(key, 40 + number % 60)), Timed(Seconds(at + gap / 2), off(key))]
    path.parent.mkdir(parents=True, exist_ok=True)
    midifile.write(path, [Track("piano", tuple(messages))])
    return path


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "antiphon"


def test_without_names_all_takes_are_learned_from_the_oldest_first(tmp_path: Path) -> None:
    takes = [tune(tmp_path / "takes" / f"{name}.mid") for name in ("2026-01-02", "2026-01-01")]
    assert learning.found([], tmp_path / "takes") == takes[::-1]


def test_takes_files_and_folders_are_named_together_and_each_counts_once(tmp_path: Path) -> None:
    take = tune(tmp_path / "takes" / "2026-01-01.mid")
    deep, other = tune(tmp_path / "midi" / "deep" / "a.MID"), tune(tmp_path / "b.mid")
    (tmp_path / "midi" / "readme.txt").touch()
    named = ["2026", str(tmp_path / "midi"), str(other), str(deep)]
    assert learning.found(named, tmp_path / "takes") == [take, deep, other]


def test_nothing_to_learn_from_is_said(tmp_path: Path) -> None:
    with pytest.raises(TakeError, match=r"nothing to learn from in .*: play with `antiphon run`, or name a folder"):
        learning.found([], tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(TakeError, match="nothing to learn from"):
        learning.found([str(tmp_path / "empty")], tmp_path)
    with pytest.raises(TakeError, match="no take 'gone'"):
        learning.found(["gone"], tmp_path)


def test_of_a_take_only_what_you_played_is_learned(tmp_path: Path) -> None:
    take = tmp_path / "take.mid"
    offline.rehearse_file(offline.PHRASE, tmp_path / "both.mid", "default", Parameters().changed(seed=7), take)
    other = tune(tmp_path / "other.mid")
    (tmp_path / "music").mkdir()
    learning.prepare([take, other], tmp_path / "music")
    mine, foreign = sorted((tmp_path / "music").iterdir())
    [track] = [track for track in midifile.read(mine) if track.messages]
    phrase = midifile.events(midifile.merged(midifile.read(offline.PHRASE)))
    played = midifile.events(track.messages)
    assert sorted(e.pitch for e in played if e.starts) == sorted(e.pitch for e in phrase if e.starts)
    assert foreign.read_bytes() == other.read_bytes()


def test_the_silence_in_which_you_waited_is_cut_short_and_what_is_held_keeps_its_length() -> None:
    played = [(0.0, on(60)), (1.0, off(60)), (31.0, on(62)), (51.0, off(62)), (52.0, on(64)), (53.0, off(64))]
    found = learning.without_rests([Timed(Seconds(at), message) for at, message in played])
    assert [timed.time for timed in found] == [0.0, 1.0, 5.0, 25.0, 26.0, 27.0]


@pytest.mark.parametrize("name", ["", "a/b", "../x", ".hidden", "x" * 65, "a b", "défaut", "-x"])
def test_a_name_that_is_no_name_is_refused(data: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match="letters, digits"):
        learning.learn([tune(tmp_path / "a.mid")], name, lambda what, done: None)


def test_the_name_of_a_shipped_model_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="came with Antiphon; choose another"):
        learning.learn([tune(tmp_path / "a.mid")], "default", lambda what, done: None)
    assert not data.exists()


def installed(folder: Path, name: str) -> None:
    """The shipped model again under a name of the user's."""
    folder.mkdir(parents=True, exist_ok=True)
    for suffix in (".onnx", ".json"):
        (folder / f"{name}{suffix}").write_bytes(models.find("default").with_suffix(suffix).read_bytes())


def test_a_model_of_yours_is_found_by_its_name_and_listed(data: Path) -> None:
    installed(data / "models", "mine")
    assert models.find("mine") == data / "models" / "mine.onnx"
    assert "mine" in [card.name for card in models.installed()]
    assert onnx_model.load("mine").name == "mine"


def test_a_model_of_yours_never_hides_a_shipped_one(data: Path) -> None:
    installed(data / "models", "default")
    assert models.find("default").parent in models.FOLDERS
    assert [card.path.parent in models.FOLDERS for card in models.installed() if card.name == "default"] == [True]


@pytest.mark.train
@pytest.mark.timeout(400)
def test_from_playing_to_an_installed_model_that_plays(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    small = _small(tmp_path / "small")
    files = [tune(tmp_path / "me" / f"{n}.mid", 120, 0.1, n) for n in range(9)]
    brief = ["--from", str(small), "--minutes", "0.1", "--performances", "8", "--seconds", "5", "--steps", "200"]
    told = list[tuple[str, float]]()
    report = learning.learn(files, "mine", lambda *said: told.append(said), brief)
    assert told[-1][0] == "writing"
    assert report["yours"]["after"]["nats_per_event"] < report["yours"]["before"]["nats_per_event"]
    assert Path(report["picture"]).read_bytes().startswith(b"\x89PNG")
    assert onnx_model.load("mine").name == "mine"
    offline.rehearse_file(offline.PHRASE, tmp_path / "out.mid", "mine", Parameters())
    before = {path: path.read_bytes() for path in (data / "models").iterdir()}
    with pytest.raises(TrainingError, match="events to learn from; play for some minutes"):
        learning.learn([tune(tmp_path / "short.mid")], "mine", lambda what, done: None, brief)
    assert {path: path.read_bytes() for path in (data / "models").iterdir()} == before


def _small(folder: Path) -> Path:
    """A model of the smallest size, that knows nothing."""
    import torch

    from antiphon_training.export import export
    from antiphon_training.network import Network
    from antiphon_training.settings import Sizes

    torch.manual_seed(1)
    network = Network(Sizes(width=32, layers=2, time=8, token=16, velocity=8, voice=4, keys=16, head=16))
    export(network.eval(), folder / "small.onnx", {"data": ["nothing"], "licence": "none"}, steps=200)
    return folder / "small.onnx"
