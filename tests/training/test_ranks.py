"""Two processes that torchrun starts learn what one process learns."""

# ruff: noqa: E402  # Without torch the file is left out, before it imports what needs it.
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from tests.training.pieces import TINY, corpus_of, folder_of, improvised

from antiphon.errors import TrainingError
from antiphon_training import commands, running
from antiphon_training.beginning import Beginning, Length
from antiphon_training.fit import fit
from antiphon_training.ranks import Ranks
from antiphon_training.runs import Run
from antiphon_training.settings import Settings

pytestmark = pytest.mark.train
TURNED = {"width": 24, "layers": 2, "streams": 6, "window": 32, "rate": 5e-3}
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "--", "antiphon_training.cli")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = folder_of(tmp_path_factory.mktemp("data"), 5)
    commands.prepare([folder_of(data, 2, split="valid")], data / "corpus")
    return data / "corpus"


def together(*words: object) -> subprocess.CompletedProcess[str]:
    """Two processes on this machine, spoken to as a user would."""
    command = [sys.executable, *TORCHRUN, *map(str, words)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def judged(folder: Path) -> list[dict[str, Any]]:
    return [record for record in Run(folder).records() if "valid" in record]


def test_two_processes_come_to_the_score_of_one_and_go_on_together(corpus: Path, tmp_path: Path) -> None:
    running.fit(tmp_path / "one", Beginning((corpus,), turned=TURNED), Length(epochs=8.0), resume=False)
    flags = [word for name, value in TURNED.items() for word in (f"--{name}", value)]
    done = together("fit", corpus, "--run", tmp_path / "two", "--epochs", 8, *flags)
    assert done.returncode == 0, done.stderr
    one, two = judged(tmp_path / "one")[-1], judged(tmp_path / "two")[-1]
    assert two["valid"] == pytest.approx(one["valid"], rel=0.02)
    assert (two["step"], two["events"]) == (one["step"], one["events"])
    assert done.stderr.count("nats per event; next: ") == 1
    kept = Run(tmp_path / "two").latest()
    assert sorted(kept["stream"].tolist()) == [0, 1, 2, 3, 4, 5]
    assert [len(kept[name]) for name in ("hidden", "cell", "passes", "count", "touched", "chance")] == [
        6,
        6,
        6,
        6,
        6,
        2,
    ]

    running.fit(tmp_path / "two", Beginning(()), Length(epochs=9.0), resume=True)

    assert judged(tmp_path / "two")[-1]["valid"] < one["valid"] * 1.02
    assert judged(tmp_path / "two")[-1]["step"] > one["step"]


def test_streams_that_cannot_be_divided_are_said(tmp_path: Path) -> None:
    settings = Settings(epochs=1.0, streams=1, sizes=TINY)
    with pytest.raises(TrainingError, match="2 processes cannot divide 1 streams; give --streams"):
        fit(corpus_of(improvised(1)), Run(tmp_path), settings, ranks=Ranks(1, 2))
