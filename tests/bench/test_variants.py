"""Variants of the network are what they are called, carry their state, and are taught and judged alike."""

# ruff: noqa: E402  # Without torch the file is left out, before it imports what needs it.
import copy
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.bench.variants import VARIANTS, Mixed, Residual, Zoneout, judged_by, table, tried
from tests.training.pieces import TINY, corpus_of, improvised
from torch import Tensor, nn

from antiphon.errors import ParameterError
from antiphon.music.vocabulary import EDGES_MS
from antiphon_training.dataset import Batch
from antiphon_training.judge import masses
from antiphon_training.network import Network
from antiphon_training.performance import PLAIN
from antiphon_training.settings import Sizes
from antiphon_training.streams import Streams
from antiphon_training.torch_scorer import TorchScorer

pytestmark = pytest.mark.train
CORPUS = corpus_of(*(improvised(seed, notes=150) for seed in range(4)), splits=["train", "train", "valid", "valid"])
CALM = replace(TINY, dropout=0.0)
UNEQUAL = sorted(set(VARIANTS) - {"plain, seed 2", "plain, seed 3"})


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Several threads wait for one another where so little is to be done."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def batch(length: int) -> Batch:
    return next(iter(Streams(CORPUS, range(3), length, PLAIN, {}, 1)))


def part(whole: Batch, steps: slice, fresh: bool) -> Batch:
    cut = {name: getattr(whole, name)[:, steps] for name in ("dt", "event", "keys", "target", "counted")}
    return replace(whole, **cut, fresh=np.full(3, fresh))


def made(name: str, sizes: Sizes = TINY) -> Network:
    torch.manual_seed(5)
    network = VARIANTS[name][0](sizes).eval()
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return network


@pytest.mark.parametrize("name", UNEQUAL)
def test_a_window_cut_in_two_is_scored_as_one(name: str) -> None:
    scorer, whole = TorchScorer(made(name)), part(batch(40), slice(0, 40), fresh=True)
    expected, end = scorer.score(whole, scorer.start(3))
    first, between = scorer.score(part(whole, slice(0, 15), fresh=True), scorer.start(3))
    second, after = scorer.score(part(whole, slice(15, 40), fresh=False), between)
    assert np.concatenate([first, second], 1) == pytest.approx(expected, abs=1e-4)
    for ours, theirs in zip(after, end, strict=True):
        assert ours.numpy() == pytest.approx(theirs.numpy(), abs=1e-5)


@pytest.mark.parametrize("name", sorted(set(UNEQUAL) - {"plain"}))
def test_every_variant_expects_otherwise_than_the_plain_network(name: str) -> None:
    heard = part(batch(40), slice(0, 40), fresh=True)
    ours, theirs = (TorchScorer(made(each)) for each in (name, "plain"))
    assert np.abs(ours.score(heard, ours.start(3))[0] - theirs.score(heard, theirs.start(3))[0]).max() > 1e-3


def test_the_mixture_is_a_distribution_on_the_grid_and_is_judged_as_one() -> None:
    network = made("logistics")
    assert isinstance(network, Mixed)
    every = torch.arange(int(EDGES_MS[-2]) + 1)[None]
    context = 5 * torch.randn(3, 1, 4 * TINY.head)
    found = network.log_mass(context.expand(3, every.shape[1], -1), every.expand(3, -1))
    assert found.exp().sum(-1).tolist() == pytest.approx([1.0] * 3, abs=1e-4)
    heard = part(batch(40), slice(0, 40), fresh=True)
    scored, _ = TorchScorer(network).score(heard, network.start(3))
    ms = heard.target[..., 0]
    with torch.inference_mode():
        expected = network.log_mass(network._context, torch.from_numpy(ms))
    assert masses(scored, ms)[..., 0] == pytest.approx(expected.numpy(), abs=1e-4)


def heard_and_state() -> tuple[Tensor, tuple[Tensor, Tensor]]:
    torch.manual_seed(2)
    return torch.randn(3, 9, 10), (torch.randn(2, 3, TINY.width), torch.randn(2, 3, TINY.width))


def test_zoneout_that_keeps_nothing_is_the_lstm_and_that_keeps_all_stands_still() -> None:
    heard, state = heard_and_state()
    none, every = (Zoneout(10, CALM, (share, share)) for share in (0.0, 1.0))
    said, after = none(heard, state)
    expected, then = nn.LSTM.forward(none, heard, state)
    for ours, theirs in ((said, expected), (after[0], then[0]), (after[1], then[1])):
        assert torch.allclose(ours, theirs, atol=1e-6)
    assert all(map(torch.equal, every(heard, state)[1], state))


def test_zoneout_keeps_a_share_of_single_values_while_it_learns_and_of_all_when_it_is_judged() -> None:
    heard, _ = heard_and_state()
    lstm = Zoneout(10, Sizes(width=2000, layers=1), (0.0, 0.25))
    start = (torch.zeros(1, 3, 2000), torch.ones(1, 3, 2000))
    plain = nn.LSTM.forward(lstm, heard[:, :1], start)[1][1]
    learning = lstm.train()(heard[:, :1], start)[1][1]
    kept = (learning == 1).float().mean().item()
    assert kept == pytest.approx(0.25, abs=0.03)  # 6,000 draws: 5 standard errors
    assert torch.allclose(learning[learning != 1], plain[learning != 1], atol=1e-6)
    assert torch.allclose(lstm.eval()(heard[:, :1], start)[1][1], 0.25 + 0.75 * plain, atol=1e-6)


def test_layers_that_say_nothing_leave_what_was_given_to_the_last_norm() -> None:
    heard, state = heard_and_state()
    stack = Residual(10, CALM)
    with torch.no_grad():
        for layer in (stack, *stack.above):
            assert isinstance(layer, nn.LSTM)
            for weight in layer._flat_weights:
                assert weight is not None
                weight.zero_()
    said, _ = stack(heard, (state[0] * 0, state[1] * 0))
    assert torch.allclose(said, stack.norms[-1](stack.entry(heard)), atol=1e-6)


def test_tied_tokens_are_read_and_written_by_the_same_vectors_in_a_copy_too() -> None:
    network = copy.deepcopy(made("tied"))
    inner = torch.randn(4, TINY.head)
    before = network.token_out(inner)
    with torch.no_grad():
        network.token_in.weight[60] += 1.0
    changed = (network.token_out(inner) != before).any(0)
    assert changed.nonzero().flatten().tolist() == [60]


def test_a_projected_state_is_as_small_as_ever_and_has_twice_the_cells() -> None:
    assert [tuple(each.shape) for each in made("projection").start(5)] == [(2, 5, 32), (2, 5, 64)]


@pytest.mark.parametrize("name", UNEQUAL)
def test_every_variant_learns(name: str) -> None:
    begun, taught = (tried(name, CORPUS, CORPUS.only("valid"), events, TINY) for events in (1, 6000))
    assert taught.scores["nats_per_event"] < begun.scores["nats_per_event"] - 0.1
    assert taught.scores["events"] == begun.scores["events"]


def test_the_same_variant_is_taught_the_same_twice_and_another_seed_is_another() -> None:
    names = ("plain", "plain", "plain, seed 2")
    one, again, other = (tried(name, CORPUS, CORPUS.only("valid"), 1000, TINY) for name in names)
    assert (one.scores, one.loss) == (again.scores, again.loss)
    assert one.loss != other.loss


def test_a_set_is_judged_by_the_beginnings_of_its_first_played_pieces_until_there_are_enough_events() -> None:
    typed = [(ms, key, 64 * (velocity > 0), part) for ms, key, velocity, part in improvised(0)]
    rows = [typed, improvised(1), improvised(2, notes=1500), improvised(3)]
    three = corpus_of(*rows, splits=["valid"] * 4)
    chosen = judged_by(three, len(rows[1]) + 1).pieces
    assert [(piece.name, piece.stop - piece.start) for piece in chosen] == [("1.mid", len(rows[1])), ("2.mid", 1500)]


def test_a_table_has_a_row_for_each_that_was_asked_for_and_an_unknown_name_is_said() -> None:
    head, row = table(CORPUS, ["tied"], 1000, 16, 100)
    assert [len(line.split("|")) for line in (*head.splitlines(), row)] == [11] * 3
    assert row.startswith("| tied | ")
    with pytest.raises(ParameterError, match="no such variant: tight; known: plain"):
        list(table(CORPUS, ["tight"], 1000, 16, 100))
