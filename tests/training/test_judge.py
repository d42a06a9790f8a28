"""The score is what its definition says, whatever computes it."""

# ruff: noqa: E402  # Without torch the file is left out, before it imports what needs it.

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.training.pieces import TINY, Row, corpus_of, improvised

from antiphon.errors import TrainingError
from antiphon.music import vocabulary
from antiphon.music.events import Voice
from antiphon.music.keyboard import Keyboard
from antiphon.music.vocabulary import BEGIN, KEYS, NOISE, PEDAL_KEY, TOKENS
from antiphon_training.drawing import draw
from antiphon_training.judge import judge
from antiphon_training.network import Network
from antiphon_training.onnx_scorer import OnnxScorer
from antiphon_training.performer import Performer
from antiphon_training.torch_scorer import TorchScorer

pytestmark = pytest.mark.train
SLOW: list[Row] = [(0, 60, 80, 0), (50, 60, 0, 0), (30_050, 60, 80, 0), (50_049, 60, 0, 0)]
"""Rests of 30 s and of 19,999 ms: on both sides of the last edge."""


@pytest.fixture(scope="module")
def network() -> Network:
    torch.manual_seed(4)
    return Network(TINY).eval()


@pytest.fixture(scope="module")
def graph(network: Network, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return draw(network, tmp_path_factory.mktemp("graph") / "x.onnx").read_bytes()


def by_hand(network: Network, rows: list[Row], pedal: bool) -> tuple[int, list[float]]:
    """Events, and nats of time, kind+pitch and velocity: one event at a time through the performer, which is asked
    for the whole distribution of each head as softmaxes would give it, and the daemon's own keyboard."""
    performer, keyboard = Performer(network), Keyboard.untouched()
    kept = [row for row in rows if pedal or row[1] != PEDAL_KEY]
    hidden, cell = network.start(1)
    event, last, dt, nats = (0, BEGIN, 0), kept[0][0], 0, np.zeros(3)
    allowed = torch.ones(1, TOKENS)
    allowed[0, PEDAL_KEY] = float(pedal)
    for ms, key, velocity, _ in kept:
        token = key + (0 if velocity else KEYS)
        loud = velocity if key < PEDAL_KEY else 0
        with torch.inference_mode():
            _, log_p, _, hidden, cell, _ = performer(
                torch.tensor([[dt / 1000]]),
                torch.tensor([[event]]),
                torch.from_numpy(keyboard.ages(last / 1000))[None, None],
                hidden,
                cell,
                torch.tensor([[0.0, 39.999]]),
                torch.tensor([[1.0, 0.0, 0.0]]),
                allowed,
                torch.zeros(1, TOKENS),
                torch.ones(1, 4),
                torch.ones(1, 1),
                torch.tensor([[[ms - last, 0, token, loud]]]),
                torch.full((1, 1, NOISE), 0.5),
            )
        time, voice, what, hard = log_p[0, 0].double().tolist()
        assert voice == 0
        bin_ = vocabulary.time_bin(ms - last)
        width = 1 if ms - last >= 20_000 else vocabulary.EDGES_MS[bin_ + 1] - vocabulary.EDGES_MS[bin_]
        nats -= [time - np.log(width), what, hard]
        dt, last, event = ms - last, ms, (0, token, loud)
        keyboard = keyboard.after(vocabulary.event_of(ms / 1000, token, velocity, Voice.SOLO))
    return len(kept), nats.tolist()


@pytest.mark.parametrize("pedal", [True, False])
@pytest.mark.parametrize("rows", [improvised(1), improvised(2, notes=300, parts=(1, 2)), SLOW], ids=["a", "b", "slow"])
def test_the_score_is_the_sum_over_events_asked_one_at_a_time(network: Network, rows: list[Row], pedal: bool) -> None:
    events, nats = by_hand(network, rows, pedal)
    report = judge(TorchScorer(network), [("one", corpus_of(rows))], pedal)
    assert report["total"]["events"] == events
    found = [report["total"]["terms"][term] for term in ("time", "kind+pitch", "velocity")]
    np.testing.assert_allclose(found, np.array(nats) / events, atol=5e-6)
    assert report["total"]["nats_per_event"] == pytest.approx(sum(nats) / events, abs=1e-5)


@pytest.mark.parametrize("pedal", [True, False])
def test_torch_and_the_exported_graph_give_one_score(network: Network, graph: bytes, pedal: bool) -> None:
    sets = [
        ("many", corpus_of(*(improvised(seed, notes=20 + 40 * seed, parts=(1, 2)) for seed in range(9)))),
        ("slow", corpus_of(SLOW)),
    ]
    one = judge(TorchScorer(network), sets, pedal)
    other = judge(OnnxScorer(graph, TINY.layers, TINY.width), sets, pedal)
    assert [s["events"] for s in one["sets"]] == [s["events"] for s in other["sets"]]
    for ours, theirs in zip([*one["sets"], one["total"]], [*other["sets"], other["total"]], strict=True):
        assert ours["nats_per_event"] == pytest.approx(theirs["nats_per_event"], abs=1e-4)
        assert ours["terms"] == pytest.approx(theirs["terms"], abs=1e-4)


def test_the_total_is_over_all_events_and_sets_may_share_a_name(network: Network) -> None:
    pieces = [improvised(seed, notes=20 * seed, treads=0) for seed in (1, 5)]
    report = judge(TorchScorer(network), [("same", corpus_of(piece)) for piece in pieces])
    events = [found["events"] for found in report["sets"]]
    assert [found["name"] for found in report["sets"]] == ["same", "same"]
    assert set(report) == {"sets", "total"}
    assert set(report["total"]) == {"events", "nats_per_event", "terms"}
    assert events == [len(piece) for piece in pieces]
    weighed = sum(f["events"] * f["nats_per_event"] for f in report["sets"]) / sum(events)
    assert report["total"]["nats_per_event"] == pytest.approx(weighed, abs=1e-5)
    assert report["total"]["nats_per_event"] == pytest.approx(sum(report["total"]["terms"].values()), abs=1e-5)


def test_more_pieces_than_rows_are_scored_as_each_by_itself(network: Network) -> None:
    pieces = [improvised(seed, notes=5 + seed % 7, treads=0) for seed in range(70)]
    together = judge(TorchScorer(network), [("all", corpus_of(*pieces))])
    alone = judge(TorchScorer(network), [(str(n), corpus_of(piece)) for n, piece in enumerate(pieces)])
    assert together["total"]["events"] == alone["total"]["events"]
    assert together["total"]["terms"] == pytest.approx(alone["total"]["terms"], abs=1e-5)


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
def test_an_event_that_cannot_happen_is_said_with_the_name_of_its_piece(
    network: Network, graph: bytes, runtime: str
) -> None:
    scorer = TorchScorer(network) if runtime == "torch" else OnnxScorer(graph, TINY.layers, TINY.width)
    broken = corpus_of(improvised(1), [(0, 60, 80, 0), (5, 61, 0, 0), (9, 60, 0, 0)])
    with pytest.raises(TrainingError, match=r"^1\.mid: an event in it cannot happen"):
        judge(scorer, [("broken", broken)])


def test_a_model_whose_answer_is_no_number_is_said(network: Network) -> None:
    lost = Network(TINY)
    with torch.no_grad():
        lost.time_out.bias.fill_(float("nan"))
    with pytest.raises(TrainingError, match="not a number"):
        judge(TorchScorer(lost), [("any", corpus_of(SLOW))])
