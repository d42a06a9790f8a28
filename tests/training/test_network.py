"""The network's probabilities: only what can happen has any, and together they are one."""

# ruff: noqa: E402  # Without torch the file is left out, before it imports what needs it.
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.training.asked import asked
from tests.training.pieces import TINY, improvised, performance

from antiphon.music import vocabulary
from antiphon.music.vocabulary import KEYS, PEDAL_KEY, TIME_BINS, TOKENS, VELOCITIES, VOICES
from antiphon_training.dataset import Batch, Board
from antiphon_training.network import Given, Network, State, playable, sounding
from antiphon_training.performer import Performer
from antiphon_training.torch_scorer import TorchScorer, given

pytestmark = pytest.mark.train
CPU = torch.device("cpu")


@pytest.fixture
def network() -> Network:
    torch.manual_seed(1)
    return Network(TINY).eval()


@pytest.fixture
def batch() -> Batch:
    pieces = [performance(improvised(1, notes=80)), performance(improvised(2, notes=80, parts=(1, 2)))]
    return Board(2).window([(piece, 0) for piece in pieces], 96)


def test_the_heads_have_an_answer_for_every_alternative(network: Network, batch: Batch) -> None:
    heard = given(batch, CPU)
    with torch.inference_mode():
        features = network.features(heard.keys)
        context, state = network.trunk(heard.dt, heard.event, features, network.start(2))
        _, voice, token, _ = heard.target.unbind(-1)
        answers = [
            network.time_logits(context),
            network.voice_logits(context, voice),
            network.token_logits(context, voice, voice, features),
            network.velocity_logits(context, voice, voice, token),
        ]
    assert [tuple(a.shape) for a in answers] == [(2, 96, n) for n in (TIME_BINS, VOICES, TOKENS, VELOCITIES)]
    assert [tuple(s.shape) for s in state] == [(TINY.layers, 2, TINY.width)] * 2


def test_what_may_be_played_is_every_key_and_the_release_of_those_that_are_down(batch: Batch) -> None:
    heard = given(batch, CPU)
    voice = heard.target[:, :, 1]
    allowed = playable(heard.keys, voice, heard.pedalled).numpy()
    held = np.take_along_axis(batch.keys > 0, batch.target[:, :, 1][:, :, None, None], 2)[:, :, 0]
    assert allowed[:, :, :PEDAL_KEY].all()
    assert np.array_equal(allowed[:, :, PEDAL_KEY], ~held[:, :, PEDAL_KEY])
    assert np.array_equal(allowed[:, :, KEYS:], held)
    unpedalled = playable(heard.keys, voice, torch.zeros(2, dtype=torch.bool)).numpy()
    assert not unpedalled[:, :, PEDAL_KEY].any()


def test_no_note_begins_with_velocity_0() -> None:
    p = torch.softmax(sounding(torch.randn(5, VELOCITIES)), -1)
    assert p[:, 0].tolist() == [0.0] * 5
    torch.testing.assert_close(p.sum(-1), torch.ones(5))


@pytest.mark.parametrize("head", [1, 2, 3])
def test_the_probabilities_of_all_that_is_allowed_are_one(network: Network, batch: Batch, head: int) -> None:
    """Every alternative of one head is asked for in turn, at one place in a piece where keys are held."""
    place, count = 40, (TIME_BINS, VOICES, TOKENS, VELOCITIES)[head]
    tokens = batch.target[:, place, 2]
    target = np.repeat(batch.target[:, place : place + 1], count, 0).reshape(2 * count, 1, 4)
    target[:, 0, head] = np.tile(np.arange(count), 2)
    if head == 3:
        assert (tokens < PEDAL_KEY).any()
    dt, event, keys = (array[:, place : place + 1] for array in (batch.dt, batch.event, batch.keys))
    voices, pedalled = batch.voices, batch.pedalled
    repeated = (torch.from_numpy(np.repeat(array, count, 0)) for array in (dt, event, keys, voices, pedalled))
    dt_, event_, keys_, voices_, pedalled_ = repeated
    heard = Given(dt_, event_, keys_, torch.from_numpy(target), voices_, pedalled_)
    with torch.inference_mode():
        log_p, _ = network.log_p(heard, network.start(2 * count))
    p = log_p[:, 0, head].exp().reshape(2, count)
    sums = p[:, 1:].sum(-1) if head == 3 else p.sum(-1)
    certain = torch.tensor([float(VELOCITIES - 1) if head == 3 and t >= PEDAL_KEY else 1.0 for t in tokens])
    torch.testing.assert_close(sums, certain, atol=1e-4, rtol=0)
    if head == 2:
        held = np.take_along_axis(batch.keys[:, place] > 0, batch.target[:, place, 1][:, None, None], 1)[:, 0]
        assert (p[:, KEYS:].numpy()[~held] == 0).all()
        assert (p[:, KEYS:].numpy()[held] > 0).all()


def test_time_bins_are_those_of_the_vocabulary(network: Network) -> None:
    ms = np.array([0, 1, 39, 40, 41, 63, 500, 19_999, 20_000, 39_999, 10**6])
    assert network.bins(torch.from_numpy(ms)).tolist() == [vocabulary.time_bin(int(one)) for one in ms]


def test_a_performer_that_is_given_the_music_finds_it_as_likely_as_the_network_does(
    network: Network, batch: Batch
) -> None:
    heard = given(batch, CPU)
    steering = list(asked(network, 2, 96)[5:11])
    steering[1] = heard.voices.float()
    noise = torch.rand(2, 96, vocabulary.NOISE)
    with torch.inference_mode():
        expected, state = network.log_p(heard, network.start(2))
        choice, log_p, _, hidden, cell, _ = Performer(network)(
            heard.dt, heard.event, heard.keys, *network.start(2), *steering, heard.target, noise
        )
    counted = torch.from_numpy(batch.counted)
    torch.testing.assert_close(log_p[counted], expected[counted], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(State(hidden, cell), state)
    onsets = counted & (heard.target[..., 2] != PEDAL_KEY)
    assert torch.equal(choice[onsets], heard.target[onsets])


@pytest.mark.parametrize("length", [16, 64])
def test_a_piece_in_windows_is_as_likely_as_in_one(network: Network, length: int) -> None:
    piece, scorer = performance(improvised(3, notes=70)), TorchScorer(network)
    whole, _ = scorer.score(Board(1).window([(piece, 0)], 192), scorer.start(1))
    board, state, parts = Board(1), scorer.start(1), []
    for place in range(0, 192, length):
        if place < len(piece):
            log_p, state = scorer.score(board.window([(piece, place)], length), state)
            parts.append(log_p)
    joined = np.concatenate(parts, 1)[:, : len(piece)]
    np.testing.assert_allclose(joined, whole[:, : len(piece)], atol=1e-5)


def test_a_fresh_row_remembers_nothing_of_what_went_before(network: Network, batch: Batch) -> None:
    scorer = TorchScorer(network)
    first, state = scorer.score(batch, scorer.start(2))
    again, _ = scorer.score(batch, state)
    np.testing.assert_array_equal(first, again)


def test_one_layer_needs_no_dropout_between_layers(recwarn: pytest.WarningsRecorder) -> None:
    Network(type(TINY)(width=16, layers=1))
    assert [str(warning.message) for warning in recwarn] == []
