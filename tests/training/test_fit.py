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
from antiphon_training.keys import in_one_key
from antiphon_training.learner import Learner, multiplies_bfloat16, precisely, rate
from antiphon_training.network import Network
from antiphon_training.performance import PLAIN
from antiphon_training.ranks import Ranks
from antiphon_training.runs import Run
from antiphon_training.settings import Settings
from antiphon_training.streams import Streams

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


def test_a_run_in_which_nothing_gets_better_stops_early_and_says_so(tmp_path: Path) -> None:
    run, judged = Run(tmp_path), list[Progress]()
    watching = Watching(shown=lambda network, progress: judged.append(replace(progress)))
    hopeless = replace(SMALL, epochs=500.0, rate=1e-9, judged_every_minutes=0.0, patience=2)
    fit(CORPUS, run, replace(hopeless, averaged=1.0), watching)
    assert [progress.waited for progress in judged][-2:] == [1, 2]
    assert judged[-1].done < 1
    assert run.records()[-1]["stopped"] == "no better in 2 judgements"
    assert run.latest()["waited"] == 0


def test_patience_of_nothing_goes_on_to_the_end(tmp_path: Path) -> None:
    judged = list[Progress]()
    watching = Watching(shown=lambda network, progress: judged.append(replace(progress)))
    settings = replace(SMALL, rate=1e-9, judged_every_minutes=0.0, patience=0)
    fit(CORPUS, Run(tmp_path), settings, watching)
    assert judged[-1].done >= 1


def test_weights_are_dropped_while_learning_and_whole_afterwards() -> None:
    torch.manual_seed(1)
    streams = Streams(CORPUS, range(4), 16, PLAIN, {}, 1)
    still = replace(SMALL, rate=1e-12, sizes=replace(TINY, dropout=0.0))
    losses = list[list[float]]()
    for share in (0.0, 0.5):
        torch.manual_seed(1)
        network = Network(still.sizes)
        learner = Learner(network, replace(still, weight_drop=share), 4, Ranks())
        batch = next(iter(streams))
        losses.append([learner.learn(batch, 0.5)[0] for _ in range(3)])
        assert [id(weight) for weight in network.lstm._flat_weights] == [id(p) for p in network.lstm.parameters()]
    assert len(set(losses[1])) == 3


def test_an_lstm_can_keep_its_precision_amid_an_autocast() -> None:
    torch.manual_seed(1)
    lstm = torch.nn.LSTM(8, 8, 2, batch_first=True)
    heard, state = torch.randn(3, 5, 8), (torch.zeros(2, 3, 8), torch.zeros(2, 3, 8))
    plain = lstm(heard, state)
    with torch.autocast("cpu", torch.bfloat16):
        exact = precisely(lstm, heard, state)
        if multiplies_bfloat16(torch.device("cpu")):  # elsewhere torch has no LSTM for it
            assert lstm(heard, state)[0].dtype == torch.bfloat16
    assert torch.equal(exact[0], plain[0])
    assert torch.equal(exact[1][1], plain[1][1])


def test_in_one_key_everything_is_learned_and_judged_there(tmp_path: Path) -> None:
    there = in_one_key(corpus_of(improvised(1)).records).tolist()
    assert there != improvised(1)
    settings, heard = replace(SMALL, epochs=2.0, one_key=True, how=replace(PLAIN, transpose=(-5, 6))), list[float]()
    for name, rows in (("away", improvised(1)), ("there", there)):
        watching = Watching(watched=lambda progress: heard.append(progress.loss))
        fit(corpus_of(rows, rows, splits=["train", "valid"]), Run(tmp_path / name), settings, watching)
    half = len(heard) // 2
    assert heard[:half] == heard[half:]
    one, other = (
        [r["valid"] for r in Run(tmp_path / name).records() if "valid" in r][-1] for name in ("away", "there")
    )
    assert one == other


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


def test_a_short_run_has_a_curve_too(tmp_path: Path) -> None:
    run = Run(tmp_path)
    fit(CORPUS, run, SMALL)
    assert len([record for record in run.records() if "loss" in record]) == run.latest()["steps"] < 50


@pytest.mark.parametrize(("splits", "expected"), [(["train", "valid"], {None}), (["train"], {True})])
def test_a_score_on_what_was_heard_is_called_so(tmp_path: Path, splits: list[str], expected: set[bool | None]) -> None:
    music, run = corpus_of(*(improvised(seed, notes=60) for seed in range(len(splits))), splits=splits), Run(tmp_path)
    fit(music, run, SMALL)
    assert {record.get("heard") for record in run.records() if "valid" in record} == expected
