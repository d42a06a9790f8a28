"""A network made wider plays what it played before, and learns with its new cells."""

# ruff: noqa: E402  # Without torch the file is left out, before it imports what needs it.
import pytest

torch = pytest.importorskip("torch")

from tests.training.pieces import TINY, improvised, performance

from antiphon.errors import TrainingError
from antiphon_training.dataset import Board
from antiphon_training.growth import widened
from antiphon_training.network import Network
from antiphon_training.torch_scorer import given

pytestmark = pytest.mark.train


def test_a_wider_network_gives_the_same_probabilities_and_its_new_cells_are_alive() -> None:
    torch.manual_seed(1)
    network = Network(TINY).eval()
    wider = widened(network, 2 * TINY.width).eval()
    heard = given(Board(1).window([(performance(improvised(1)), 0)], 64), torch.device("cpu"))
    before, _ = network.log_p(heard, network.start(1))
    after, state = wider.log_p(heard, wider.start(1))
    torch.testing.assert_close(after, before, atol=1e-5, rtol=1e-5)
    assert state.hidden.shape == (TINY.layers, 1, 2 * TINY.width)
    assert state.hidden[:, :, TINY.width :].abs().mean() > 1e-3
    after.sum().backward()
    assert wider.context.weight.grad is not None
    assert wider.context.weight.grad[:, TINY.width :].abs().mean() > 0


def test_a_network_does_not_shrink() -> None:
    with pytest.raises(TrainingError, match="cannot shrink"):
        widened(Network(TINY), TINY.width - 1)
