"""Everything a trainer does, in order and as a user would type it: `make train-smoke`. It may take two minutes."""

# Without torch the file is left out.
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from tests.training.pieces import folder_of

from antiphon.music import midifile
from antiphon.music.events import Kind, Seconds

pytestmark = [pytest.mark.train, pytest.mark.timeout(120)]


def typed(program: str, *words: object) -> str:
    """What a command prints for programs; what it says to people goes where pytest shows it."""
    command = [sys.executable, "-m", program, *map(str, words)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def train(*words: object) -> str:
    return typed("antiphon_training.cli", *words)


def scores(*words: object) -> dict[str, Any]:  # JSON
    found: dict[str, Any] = json.loads(train("judge", *words, "--no-pedal", "--json"))
    return found


def test_prepare_fit_judge_and_export_end_with_a_model_that_the_daemon_plays(tmp_path: Path) -> None:
    folder, archive = folder_of(tmp_path / "my 🎹 folder", 6, 80), tmp_path / "concerts.zip"
    for split in ("valid", "test"):
        folder_of(folder, 2, 80, split)
    (folder / "not music.mid").write_text("Dear diary, today I practised.")
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in folder_of(tmp_path / "others", 3, 90).rglob("*.mid"):
            zipped.write(path, f"train/other {path.name}")
    corpus, run, model = tmp_path / "corpus", tmp_path / "run", tmp_path / "models" / "mine.onnx"

    train("prepare", folder, archive, "--output", corpus)
    tiny = ("--width", 48, "--layers", 1, "--streams", 8, "--window", 48, "--rate", 0.01)
    train("fit", corpus, "--run", run, "--epochs", 10, *tiny)
    train("export", "--run", run, "--output", model, "--licence", "CC0", "--steps", 300, "--judge", folder / "test")
    prime, output = folder / "test" / "piece 🎹 0.mid", tmp_path / "more.mid"
    typed(
        "antiphon.cli.main", "generate", "--model", model, "--prime", prime, "--seconds", 20, "--seed", 3, "-o", output
    )

    of_run, of_model = (scores(which, folder / "test")["total"] for which in (run, model))
    assert of_run["nats_per_event"] == pytest.approx(of_model["nats_per_event"], abs=1e-4)
    judged = [record["valid"] for record in map(json.loads, (run / "log.jsonl").open()) if "valid" in record]
    assert of_model["nats_per_event"] < 10.6
    assert min(judged) < 10.6
    card = json.loads(model.with_suffix(".json").read_text(encoding="utf-8"))
    assert (card["data"], card["licence"]) == (["concerts", "my 🎹 folder"], "CC0")
    assert card["scores"]["test"] == pytest.approx(of_model["nats_per_event"], abs=1e-4)
    assert {path.name for path in run.iterdir()} >= {"loss.png", "network.png", "samples", "tensorboard"}
    played = [track for track in midifile.read(output) if track.messages][-1]
    heard = midifile.events(played.messages)
    assert sum(event.kind is Kind.NOTE_ON for event in heard) > 10
    assert sum(event.starts for event in heard) * 2 == len(heard)
    assert played.messages[-1].time > Seconds(1.0)
