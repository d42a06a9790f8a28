"""Memory of a piece: what followed moments like this one is expected again, and only where it is asked for."""

# ruff: noqa: E402  # Without torch the file is left out, before it imports what needs it.
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from tests.training.asked import asked
from tests.training.pieces import TINY, corpus_of, improvised

from antiphon.music.vocabulary import TIME_BINS, TOKENS
from antiphon_training.drawing import draw
from antiphon_training.judge import judge
from antiphon_training.network import Network
from antiphon_training.onnx_scorer import OnnxScorer
from antiphon_training.performer import Performer, moments

pytestmark = pytest.mark.train
OVER_AND_OVER = [
    (ms + 6000 * turn, key, velocity, part)
    for turn in range(12)
    for ms, key, velocity, part in improvised(3, notes=40, treads=0)
]


@pytest.fixture
def network() -> Network:
    torch.manual_seed(1)
    return Network(TINY).eval()


def test_a_moment_has_two_halves_of_length_one() -> None:
    read = moments(torch.randn(2, 3, 4 * TINY.head), TINY.head).unflatten(-1, (2, TINY.head))
    torch.testing.assert_close(read.norm(dim=-1), torch.ones(2, 3, 2))


def test_what_followed_this_very_moment_becomes_as_likely_as_its_share_says(network: Network) -> None:
    inputs = list(asked(network, 1, 1))
    performer = Performer(network)
    with torch.inference_mode():
        moment = performer(*inputs)[5]
        inputs[11] = torch.tensor([[[500, 0, 64, 90]]])
        _, before, *_ = performer(*inputs)
        followed = torch.tensor([[[int(network.bins(torch.tensor(500))), 64]]])
        _, after, *_ = performer(*inputs, moment, followed, torch.tensor([[0.25, 0.5]]))
    expected = [0.75 * float(before[0, 0, 0].exp()) + 0.25, 0.5 * float(before[0, 0, 2].exp()) + 0.5]
    assert after[0, 0, [0, 2]].exp().tolist() == pytest.approx(expected, abs=1e-4)
    torch.testing.assert_close(after[0, 0, [1, 3]], before[0, 0, [1, 3]])


def test_what_is_forbidden_is_not_remembered_into_being(network: Network) -> None:
    inputs = list(asked(network, 1, 1))
    inputs[7] = torch.zeros(1, TOKENS)
    inputs[7][0, 60] = 1
    with torch.inference_mode():
        moment = Performer(network)(*inputs)[5]
        followed = torch.tensor([[[TIME_BINS - 1, 64]]])
        choice, log_p, *_ = Performer(network)(*inputs, moment, followed, torch.tensor([[0.0, 0.9]]))
    assert choice[0, 0, 2] == 60
    assert float(log_p[0, 0, 2]) == pytest.approx(0, abs=1e-5)


def test_music_that_repeats_is_expected_better_with_memory_and_the_beginning_is_left_out(
    network: Network, tmp_path: Path
) -> None:
    graph = draw(network, tmp_path / "etude.onnx").read_bytes()
    sets = [("again", corpus_of(OVER_AND_OVER))]

    def nats(share: float, after: int) -> tuple[int, float]:
        scorer = OnnxScorer(graph, TINY.layers, TINY.width, (share, share))
        total = judge(scorer, sets, pedal=False, after=after)["total"]
        return total["events"], total["nats_per_event"]

    events = len(OVER_AND_OVER)
    assert nats(0.0, 0)[0] == events
    assert nats(0.0, 500)[0] == events - 500
    assert nats(0.3, 500)[1] < nats(0.0, 500)[1] - 1
    assert nats(0.3, 0)[1] < nats(0.0, 0)[1]
