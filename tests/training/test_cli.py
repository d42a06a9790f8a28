"""The command `antiphon-train`: from a folder of MIDI files to a model that the daemon plays, and what it says when
there is nothing to be done."""

# Without torch the file is left out, before it imports what needs it.
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from tests.training.pieces import folder_of, improvised, midi

from antiphon.core.model import FOREVER_S, Steering
from antiphon.core.past import beginning, imagine
from antiphon.extras import install
from antiphon.mind import onnx_model
from antiphon.music.events import Kind
from antiphon.music.vocabulary import NOISE, TOKENS
from antiphon_training import cli, sources
from antiphon_training.sources import SPLITS

pytestmark = pytest.mark.train
TINY = ("--width", "16", "--layers", "1")


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Trainer:
    """`antiphon-train`, in this process."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: object) -> Said:
        self.capsys.readouterr()
        self.monkeypatch.setattr(sys, "argv", ["antiphon-train", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = self.capsys.readouterr()
        return Said(int(ended.value.code or 0), captured.out, captured.err)


@pytest.fixture
def train(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Trainer:
    return Trainer(monkeypatch, capsys)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = folder_of(tmp_path_factory.mktemp("data") / "my music 🎹", 4)
    folder_of(folder, 2, split="valid")
    return folder_of(folder, 2, split="test")


@pytest.fixture(scope="module")
def run(music: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has ended."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    words = ["fit", str(music), "--run", str(folder), "--epochs", "1", *TINY]
    subprocess.run([sys.executable, "-m", "antiphon_training.cli", *words], check=True)
    return folder


@pytest.fixture(scope="module")
def model(run: Path) -> Path:
    """The model of that run."""
    output = run.parent / "models" / "mine.onnx"
    words = ["export", "--run", str(run), "--output", str(output), "--steps", "100"]
    subprocess.run([sys.executable, "-m", "antiphon_training.cli", *words], check=True)
    return output


def test_from_files_to_a_model_that_the_daemon_plays(model: Path) -> None:
    played = onnx_model.load(str(model))
    past, rng, kinds = beginning(played, 0.0), np.random.default_rng(1), list[Kind]()
    ones = np.ones(TOKENS, np.float32)
    free = Steering(0.0, FOREVER_S, np.array([1, 0, 0], np.float32), ones, 0 * ones, np.ones(4, np.float32), 1.0)
    for _ in range(200):
        event, past = imagine(played, past, free, rng.random(NOISE, np.float32))
        kinds.append(event.kind)
    assert kinds.count(Kind.NOTE_ON) > 20
    assert kinds.count(Kind.NOTE_OFF) > 5
    assert past.count == 200


def test_a_run_and_its_model_are_judged_alike(train: Trainer, run: Path, model: Path, music: Path) -> None:
    data = [music / "test", music / "valid"]
    one, other = (json.loads(train("judge", which, *data, "--no-pedal", "--json").out) for which in (run, model))
    assert [found["name"] for found in one["sets"]] == ["test", "valid"]
    assert [set(found) for found in one["sets"]] == [{"name", "events", "nats_per_event", "terms"}] * 2
    assert set(one["total"]) == {"events", "nats_per_event", "terms"}
    assert one["total"]["events"] == other["total"]["events"] == sum(found["events"] for found in one["sets"])
    assert one["total"]["nats_per_event"] == pytest.approx(other["total"]["nats_per_event"], abs=1e-4)


def test_judging_counts_every_file_or_those_of_one_split_and_every_pedal_or_none(
    train: Trainer, model: Path, music: Path
) -> None:
    def events(*words: object) -> int:
        return int(json.loads(train("judge", model, music, "--json", *words).out)["total"]["events"])

    assert events() == sum(events("--split", split) for split in ("train", "valid", "test"))
    assert events() == events("--no-pedal") + 8 * 8  # Eight pieces with four treads each.


def test_the_same_piece_twice_counts_twice(train: Trainer, model: Path, tmp_path: Path) -> None:
    for name in ("a.mid", "b.mid"):
        (tmp_path / name).write_bytes(midi([(0, 60, 80, 0), (9, 60, 0, 0)]))
    report = json.loads(train("judge", model, tmp_path, tmp_path / "a.mid", "--json").out)
    assert [found["events"] for found in report["sets"]] == [4, 2]


def test_people_get_a_table(train: Trainer, model: Path, music: Path) -> None:
    lines = train("judge", model, music).out.splitlines()
    assert lines[0].split() == ["set", "events", "nats", "time", "kind+pitch", "velocity"]
    assert [line[:12].strip() for line in lines[1:]] == ["my music 🎹", "all of them"]


def test_a_model_knows_where_it_comes_from(run: Path, model: Path) -> None:
    card = json.loads(model.with_suffix(".json").read_text())
    assert card["data"] == ["my music 🎹"]
    assert card["training"]["command"] == "antiphon-train fit 'my music 🎹' --width 16 --layers 1 --epochs 1"
    assert card["training"]["events"] > 0
    assert str(run.parent) not in json.dumps(card)


def test_a_model_is_exported_again_with_what_was_known_and_what_is_new(
    train: Trainer, model: Path, music: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.onnx", tmp_path / "second.onnx"
    words = ("--steps", 100, "--licence", "CC0 & mine", "--score", "étude=7.25", "--data", "a", "--data", "b")
    assert train("export", "--model", model, "--output", first, *words).status == 0
    said = train("export", "--model", first, "--output", second, "--steps", 100, "--judge", music, "--score", "x=1")
    assert said.status == 0
    assert "fp32 and torch: 100.000% of 100 samples the same" in said.err
    card = json.loads(second.with_suffix(".json").read_text())
    judged = json.loads(train("judge", second, music, "--split", "test", "--no-pedal", "--json").out)
    assert (card["licence"], card["data"]) == ("CC0 & mine", ["a", "b"])
    assert card["scores"] == {"étude": 7.25, "x": 1.0, "my music 🎹": judged["total"]["nats_per_event"]}
    assert card["training"] == json.loads(model.with_suffix(".json").read_text())["training"]


def test_a_prepared_corpus_is_learned_from_and_the_run_goes_on(train: Trainer, music: Path, tmp_path: Path) -> None:
    said = train("prepare", music, "-o", tmp_path / "corpus")
    assert said.err.startswith(f"{tmp_path}/corpus: 8 pieces (train 4, valid 2, test 2), ")
    words = ("fit", tmp_path / "corpus", "--run", tmp_path / "run", *TINY, "--seed", 7)
    assert train(*words, "--minutes", 0.001).status == 0
    assert train(*words, "--minutes", 0.001).err.startswith(f"antiphon-train: {tmp_path}/run: holds a training run")
    steps = [json.loads(line)["step"] for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert train("fit", "--run", tmp_path / "run", "--resume", "--epochs", 20).status == 0
    more = [json.loads(line)["step"] for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert more[-1] > steps[-1]
    other = train("fit", "--run", tmp_path / "run", "--resume", "--width", 24)
    assert (other.status, other.err) == (
        2,
        "antiphon-train: --resume goes on as the run began: leave out width, or begin another run\n",
    )


def test_training_goes_on_from_a_model(train: Trainer, model: Path, music: Path, tmp_path: Path) -> None:
    words = ("fit", music, "--from", model, "--minutes", 0.001, "--share", "my music 🎹=1")
    assert train(*words, "--run", tmp_path / "run").status == 0
    settings = json.loads((tmp_path / "run" / "settings.json").read_text())
    assert (settings["sizes"]["width"], settings["sizes"]["layers"]) == (16, 1)
    assert settings["command"].endswith("--from mine.onnx --share 'my music 🎹=1' --minutes 0.001")
    assert train(*words, "--run", tmp_path / "wider", "--width", 24, "--rate", 1e-4).status == 0
    settings = json.loads((tmp_path / "wider" / "settings.json").read_text())
    assert (settings["sizes"]["width"], settings["rate"]) == (24, 1e-4)
    clash = train(*words, "--run", tmp_path / "other", "--width", 8)
    assert (clash.status, "has 1 layers of width 16; it can only be made wider" in clash.err) == (2, True)


def test_what_is_turned_stands_in_the_settings_and_the_command_and_stays_when_the_run_goes_on(
    train: Trainer, music: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    turned = (
        "--streams",
        3,
        "--window",
        24,
        "--dropout",
        0.25,
        "--weight-drop",
        0.1,
        "--exact",
        1,
        "--misheard",
        0.1,
        "--unchanged",
        0.5,
    )
    words = ("fit", music, "--run", run, *TINY, *turned, "--one-key", "--workers", 1)
    assert train(*words, "--epochs", 0.5, "--patience", 2).status == 0
    found = json.loads((run / "settings.json").read_text())
    assert (found["streams"], found["window"], found["weight_drop"]) == (3, 24, 0.1)
    assert (found["sizes"]["dropout"], found["how"]["exact"], found["how"]["misheard"]) == (0.25, 1.0, 0.1)
    assert found["how"]["unchanged"] == 0.5
    assert (found["one_key"], found["patience"]) == (True, 2)
    for part in ("--streams 3", "--weight-drop 0.1", "--one-key --epochs 0.5 --patience 2"):
        assert part in found["command"]
    assert train("fit", "--run", run, "--resume", "--epochs", 0.6, "--patience", 0, "--one-key").status == 0
    again = json.loads((run / "settings.json").read_text())
    assert (again["patience"], again["one_key"], again["streams"]) == (0, True, 3)
    assert train("fit", "--run", run, "--resume", "--dropout", 0.5).err == (
        "antiphon-train: --resume goes on as the run began: leave out dropout, or begin another run\n"
    )


def test_a_run_can_be_looked_at(run: Path) -> None:
    assert {path.name for path in run.iterdir()} >= {"loss.png", "network.png", "samples", "tensorboard", "log.jsonl"}
    samples = [path.suffix for path in (run / "samples").iterdir()]
    assert samples.count(".mid") == samples.count(".png") > 0


def test_pieces_that_nobody_set_aside_are_set_aside_and_named(train: Trainer, tmp_path: Path) -> None:
    folder, tiny = folder_of(tmp_path / "mine", 2, split="train"), (*TINY, "--epochs", "0.1")
    [first, other] = sorted((folder / "train").iterdir(), key=lambda path: sources.digest(path.name))
    said = train("fit", folder, "--run", tmp_path / "run", *tiny).err
    assert f"no piece is in valid: not learned from, to judge by: {first.name}\n" in said
    assert "nats per event on unheard pieces" in said
    said = train("fit", other, "--run", tmp_path / "alone", *tiny).err
    assert "the only piece is learned from and judged by: a low score proves nothing; add more files\n" in said
    assert "nats per event on the pieces that it hears" in said


def refused(said: Said, status: int, *parts: str) -> None:
    """One line says what is wrong."""
    assert said.status == status
    assert said.out == ""
    [line] = said.err.splitlines()
    assert [part for part in ("antiphon-train: ", *parts) if part not in line] == []


def test_data_that_teach_nothing_are_said_in_one_line(train: Trainer, tmp_path: Path) -> None:
    text, one, empty = tmp_path / "x.mid", tmp_path / "one note 🎵.mid", tmp_path / "empty"
    text.write_text("Dear diary, today I practised.")
    one.write_bytes(midi([(0, 60, 80, 0), (9, 60, 0, 0)]))
    empty.mkdir()
    for path, reason in (
        (text, "not a readable MIDI file"),
        (one, "fewer than two notes"),
        (empty, "no .mid file there"),
        (tmp_path / "no such", "no such file or folder"),
    ):
        refused(train("prepare", path, "-o", tmp_path / "out"), 1, str(path), reason)
        refused(train("fit", path, "--run", tmp_path / "run"), 1, str(path), reason)


def test_data_that_cannot_be_judged_are_said_in_one_line(train: Trainer, model: Path, tmp_path: Path) -> None:
    (tmp_path / "x [y].mid").write_text("no music")
    refused(train("judge", model, tmp_path), 1, "x [y].mid", "no MIDI header")
    refused(train("judge", model, tmp_path / "gone"), 1, "gone: no such file or folder")
    (tmp_path / "good.mid").write_bytes(midi(improvised(1)))
    said = train("judge", model, tmp_path, "--json")
    assert json.loads(said.out)["total"]["events"] > 0
    assert said.err == "left out: x [y].mid: not a readable MIDI file (it has no MIDI header); export it again\n"
    splits = [train("judge", model, tmp_path / "good.mid", "--split", split).status for split in SPLITS]
    assert sorted(splits) == [0, 1, 1]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("fit", "--run", "r"), "name the DATA"),
        (("fit", "d", "--run", "r", "--minutes", 1, "--epochs", 1), "not both"),
        (("fit", "d", "--run", "r", "--share", "a"), "write NAME=NUMBER"),
        (("fit", "d", "--run", "r", "--share", "a=2"), "together they are no more than 1"),
        (("judge", "m", "d", "--split", "best"), "there are train, valid, test"),
        (("export", "--output", "m.onnx"), "give --run or --model"),
        (("export", "--run", "r", "--output", "m.pt"), "ends in .onnx"),
        (("export", "--run", "r", "--output", "m.onnx", "--score", "x=y"), "write NAME=NUMBER"),
    ],
)
def test_bad_arguments_end_with_2(train: Trainer, words: Sequence[object], part: str) -> None:
    refused(train(*words), 2, part)


def test_an_option_that_is_not_there_ends_with_2(train: Trainer) -> None:
    assert train("fit", "--nonsense").status == 2


def test_what_is_neither_a_run_nor_a_model_is_said(train: Trainer, music: Path, tmp_path: Path) -> None:
    refused(train("judge", "nonesuch", music), 1, "nonesuch: neither the folder of a training run, nor")
    refused(train("export", "--run", tmp_path, "--output", tmp_path / "m.onnx"), 1, "no training run here")
    refused(train("fit", "--run", tmp_path, "--resume"), 1, "no training run here")


def test_a_share_of_what_is_not_there_is_said_with_what_there_is(train: Trainer, music: Path, tmp_path: Path) -> None:
    said = train("fit", music, "--run", tmp_path / "new", "--share", "other=0.5")
    assert said.status == 2
    assert said.err.splitlines()[-1] == "antiphon-train: --share other: the data are my music 🎹"


WITHOUT_TORCH = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "onnx", "safetensors", "tensorboard", "matplotlib"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Nothing())
from antiphon_training import cli
cli.main()
"""


def test_without_torch_help_preparing_and_judging_a_graph_work_and_training_says_what_is_missing(
    model: Path, music: Path, tmp_path: Path
) -> None:
    def said(*words: object) -> tuple[int, str, str]:
        command = [sys.executable, "-c", WITHOUT_TORCH, *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    assert said("--help")[0] == 0
    assert said("fit", "--help")[0] == 0
    assert said("prepare", music, "-o", tmp_path / "corpus")[0] == 0
    assert json.loads(said("judge", model, tmp_path / "corpus", "--json")[1])["total"]["events"] > 0
    for words in (
        ("fit", tmp_path / "corpus", "--run", tmp_path / "run"),
        ("export", "--model", model, "--output", tmp_path / "m.onnx"),
    ):
        status, _, err = said(*words)
        assert status == 1
        assert err.endswith(f"is not installed; {install('train')}\n")
        assert len(err.splitlines()) == 1
