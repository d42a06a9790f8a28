"""Training learns, keeps its best, and goes on from where it was left as if it had never stopped."""

# ruff: noqa: E402  # Without torch the file is left out, before it imports what needs it.
import json
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from tests.training.pieces import TINY, corpus_of, improvised

from antiphon.errors import TrainingError
from antiphon_training.fit import Progress, Watching, fit
from antiphon_training.learner import rate
from antiphon_training.network import Network
from antiphon_training.runs import Run
from antiphon_training.settings import Settings

pytestmark = pytest.mark.train
SMALL = Settings(epochs=3.0, streams=4, window=32, rate=5e-3, sizes=TINY, kept_every_minutes=0.0)
CORPUS = corpus_of(*(improvised(seed, notes=80) for seed in range(6)), splits=["train"] * 5 + ["valid"])


class PowerCutError(Exception):
    """The machine went dark."""


def weights(network: Network) -> list[list[float]]:
    return [p.flatten().tolist() for p in network.parameters()]


def test_a_network_comes_to_expect_what_it_hears(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    losses = list[float]()
    fit(CORPUS, run, replace(SMALL, epochs=12.0), Watching(watched=lambda progress: losses.append(progress.loss)))
    assert sum(losses[-10:]) / 10 < sum(losses[:5]) / 5 - 1


def test_a_run_folder_tells_what_was_done_and_holds_the_best(tmp_path: Path) -> None:
    run, told = Run(tmp_path / "run"), list[dict[str, object]]()
    best = fit(CORPUS, run, SMALL, Watching(told=told.append), about={"command": "antiphon-train fit"})
    assert sorted(path.name for path in run.folder.iterdir()) == [
        "best.safetensors",
        "latest.pt",
        "log.jsonl",
        "settings.json",
    ]
    assert run.records() == told
    assert "valid" in told[-1]
    assert run.settings() == SMALL
    assert run.about()["command"] == "antiphon-train fit"
    assert weights(run.best()) == weights(best)


def test_an_epoch_is_as_many_events_as_there_are_to_learn_from(tmp_path: Path) -> None:
    seen = list[Progress]()
    fit(CORPUS, Run(tmp_path), SMALL, Watching(watched=lambda progress: seen.append(replace(progress))))
    expected = 3 * CORPUS.only("train").events()
    assert expected <= seen[-1].events < expected + SMALL.streams * SMALL.window


def test_a_run_that_goes_on_ends_as_one_that_was_never_stopped(tmp_path: Path) -> None:
    whole, halved = Run(tmp_path / "whole"), Run(tmp_path / "halved")
    losses, parts = list[float](), list[float]()
    fit(CORPUS, whole, SMALL, Watching(watched=lambda progress: losses.append(progress.loss)))

    def cut(progress: Progress) -> None:
        if progress.step == 8:
            raise PowerCutError
        parts.append(progress.loss)

    with pytest.raises(PowerCutError):
        fit(CORPUS, halved, SMALL, Watching(watched=cut))
    fit(CORPUS, halved, SMALL, Watching(watched=lambda progress: parts.append(progress.loss)), resume=True)

    assert len(losses) > 12
    assert parts == losses
    ours, theirs = whole.latest(), halved.latest()
    assert {n: v.tolist() for n, v in ours["averaged"].items()} == {
        n: v.tolist() for n, v in theirs["averaged"].items()
    }


def test_a_run_that_has_ended_goes_on_when_it_is_given_more(tmp_path: Path) -> None:
    run, steps = Run(tmp_path), list[int]()
    fit(CORPUS, run, SMALL)
    ended = run.latest()["steps"]
    fit(CORPUS, run, SMALL, Watching(watched=lambda progress: steps.append(progress.step)), resume=True)
    assert steps == []
    fit(
        CORPUS,
        run,
        replace(SMALL, epochs=4.0),
        Watching(watched=lambda progress: steps.append(progress.step)),
        resume=True,
    )
    assert steps[0] == ended + 1
    assert run.settings().epochs == 4.0


def test_training_goes_on_from_a_network_that_is_handed_in(tmp_path: Path) -> None:
    torch.manual_seed(9)
    first = Network(replace(TINY, width=40))
    heard = list[float]()
    fit(CORPUS, Run(tmp_path / "a"), replace(SMALL, epochs=10.0), begin_with=first)
    fit(
        CORPUS,
        Run(tmp_path / "b"),
        SMALL,
        Watching(watched=lambda at: heard.append(at.loss)),
        Run(tmp_path / "a").best(),
    )
    assert Run(tmp_path / "b").settings().sizes.width == 40
    assert heard[0] < 10.5


@pytest.mark.parametrize("spoil", [None, b"", b"not a checkpoint", b"cut"])
def test_a_checkpoint_that_is_missing_or_damaged_is_said(tmp_path: Path, spoil: bytes | None) -> None:
    run = Run(tmp_path)
    fit(CORPUS, run, replace(SMALL, epochs=0.1))
    latest = tmp_path / "latest.pt"
    if spoil is None:
        latest.unlink()
    else:
        latest.write_bytes(latest.read_bytes()[:5000] if spoil == b"cut" else spoil)
    with pytest.raises(TrainingError, match="nothing to go on from here"):
        fit(CORPUS, run, SMALL, resume=True)


def test_a_checkpoint_of_other_sizes_is_said(tmp_path: Path) -> None:
    fit(CORPUS, Run(tmp_path), replace(SMALL, epochs=0.1))
    with pytest.raises(TrainingError, match="cannot go on from its checkpoint"):
        fit(CORPUS, Run(tmp_path), replace(SMALL, sizes=replace(TINY, width=40)), resume=True)


def test_a_folder_without_a_run_holds_no_network(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no training run here"):
        Run(tmp_path).best()
    (tmp_path / "settings.json").write_text(json.dumps({"sizes": {}}))
    with pytest.raises(TrainingError, match="no trained network"):
        Run(tmp_path).best()


def test_without_pieces_to_learn_from_training_says_so(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no pieces to train on"):
        fit(corpus_of(improvised(1), splits=["test"]), Run(tmp_path), SMALL)


def test_a_line_of_the_log_cut_short_by_a_crash_is_passed_over(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.log({"step": 1, "minutes": 1.0})
    with (tmp_path / "log.jsonl").open("a") as log:
        log.write('{"step": 2, "min')
    assert run.records() == [{"step": 1, "minutes": 1.0}]


def test_the_rate_warms_up_and_falls_to_a_hundredth() -> None:
    rates = [rate(done / 1000, SMALL) for done in range(1001)]
    top = rates.index(max(rates))
    assert max(rates) == pytest.approx(SMALL.rate, rel=1e-2)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] == pytest.approx(SMALL.rate / 100)
