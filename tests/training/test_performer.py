"""How the next event is drawn: from the distribution, within what is steered, by the noise and by nothing else."""

# ruff: noqa: E402  # Without torch the file is left out, before it imports what needs it.
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from numpy.typing import NDArray
from tests.training.asked import asked
from tests.training.pieces import TINY

from antiphon.music import vocabulary
from antiphon.music.vocabulary import EDGES_MS, KEYS, NOISE, PEDAL_KEY, TIME_BINS, TOKENS
from antiphon_training.network import Network
from antiphon_training.performer import INPUTS, Performer

pytestmark = pytest.mark.train
DRAWS = 4000
HELD = (48, 52, PEDAL_KEY)


@pytest.fixture(scope="module")
def performer() -> Performer:
    torch.manual_seed(3)
    network = Network(TINY).eval()
    with torch.no_grad():
        for head in (network.time_out, network.token_out, network.velocity_out, network.voice_out):
            head.weight.mul_(8.0)  # An untrained network finds all things equally likely; this one has its likings.
            head.bias.normal_(0, 1.0)
    return Performer(network)


def drawn(performer: Performer, rows: int = DRAWS, **steered: object) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Choices and their logs, each (rows, 4), of one moment: the solo voice holds two keys and the pedal."""
    inputs = dict(zip(INPUTS, asked(performer.network, rows, 1), strict=True))
    inputs["event"] = torch.tensor([0, 52, 80]).expand(rows, 1, 3)
    for key in HELD:
        inputs["keys"][:, :, 0, key] = 0.4
    inputs["voice_mask"] = torch.tensor([[1.0, 0.0, 0.0]]).expand(rows, 3)
    inputs["noise"] = torch.from_numpy(np.random.default_rng(11).random((rows, 1, NOISE), np.float32))
    for name, value in steered.items():
        inputs[name] = torch.as_tensor(np.asarray(value)).expand(inputs[name].shape).to(inputs[name].dtype)
    with torch.inference_mode():
        choice, log_p, *_ = performer(*inputs.values())
    return choice[:, 0].numpy(), log_p[:, 0].numpy()


def given_all(performer: Performer, head: int, count: int, **steered: object) -> NDArray[np.float64]:
    """(count,) the probability of each alternative of one head; the heads before it are at their first."""
    given = np.tile(np.array([0, 0, 0, 1]), (count, 1, 1))
    given[:, 0, head] = EDGES_MS[:-1] if head == 0 else np.arange(count)
    _, log_p = drawn(performer, count, given=given, **steered)
    return np.exp(log_p[:, head].astype(np.float64))


def frequencies(values: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    return np.bincount(values, minlength=count) / len(values)


def far(found: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    """The furthest of the likelier alternatives from what is expected, in standard deviations. Of 100 such numbers
    the largest is above 5 once in 17,000 seeds; the seed is fixed."""
    likely = expected * DRAWS > 10
    deviation = np.sqrt(expected * (1 - expected) / DRAWS)
    return float(np.abs(found - expected)[likely].max() / deviation[likely].max() if likely.any() else 0)


def test_nothing_but_the_noise_is_random(performer: Performer) -> None:
    one, again = drawn(performer, 50), drawn(performer, 50)
    assert np.array_equal(one[0], again[0])
    assert np.array_equal(one[1], again[1])


def test_times_are_drawn_as_often_as_they_are_likely(performer: Performer) -> None:
    choice, _ = drawn(performer)
    bins = np.searchsorted(EDGES_MS, choice[:, 0], side="right") - 1
    expected = given_all(performer, 0, TIME_BINS)
    assert expected.sum() == pytest.approx(1, abs=1e-4)
    assert far(frequencies(bins, TIME_BINS), expected) < 5


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_are_drawn_as_often_as_they_are_likely_at_any_temperature(
    performer: Performer, temperature: float
) -> None:
    temperatures = [[1.0, 1.0, temperature, 1.0]]
    fixed = [[[0, 0, -1, -1]]]
    choice, _ = drawn(performer, temperature=temperatures, given=fixed)
    plain = given_all(performer, 2, TOKENS)
    warm = plain ** (1 / temperature)
    expected = warm / warm.sum()
    np.testing.assert_allclose(given_all(performer, 2, TOKENS, temperature=temperatures), expected, atol=1e-5)
    assert far(frequencies(choice[:, 2], TOKENS), expected) < 5


def test_only_held_keys_come_up_and_a_pedal_that_is_down_goes_down_no_further(performer: Performer) -> None:
    p = given_all(performer, 2, TOKENS)
    releases = [KEYS + key for key in HELD]
    assert p.sum() == pytest.approx(1, abs=1e-5)
    assert (p[releases] > 0).all()
    assert p[KEYS:].sum() == pytest.approx(p[releases].sum())
    assert p[PEDAL_KEY] == 0


def test_masked_keys_never_go_down_and_held_keys_may_always_come_up(performer: Performer) -> None:
    mask = np.zeros((1, TOKENS), np.float32)
    mask[0, [60, 64]] = 1
    choice, _ = drawn(performer, token_mask=mask)
    assert set(choice[:, 2].tolist()) <= {60, 64, *(KEYS + key for key in HELD)}
    p, plain = given_all(performer, 2, TOKENS, token_mask=mask), given_all(performer, 2, TOKENS)
    allowed = p > 0
    np.testing.assert_allclose(p[allowed], plain[allowed] / plain[allowed].sum(), rtol=1e-4)


def test_a_bias_is_added_to_the_logs_of_kind_and_pitch(performer: Performer) -> None:
    bias = np.random.default_rng(2).normal(0, 1, (1, TOKENS)).astype(np.float32)
    moved = given_all(performer, 2, TOKENS) * np.exp(bias[0].astype(np.float64))
    np.testing.assert_allclose(given_all(performer, 2, TOKENS, token_bias=bias), moved / moved.sum(), atol=1e-5)


def test_top_p_keeps_the_likeliest_that_make_it_up_and_no_others(performer: Performer) -> None:
    plain, p = given_all(performer, 2, TOKENS), given_all(performer, 2, TOKENS, top_p=[[0.7]])
    order = np.argsort(-plain)
    count = int(np.searchsorted(np.cumsum(plain[order]), 0.7)) + 1
    assert set(np.flatnonzero(p > 0).tolist()) == set(order[:count].tolist())
    np.testing.assert_allclose(p[order[:count]], plain[order[:count]] / plain[order[:count]].sum(), atol=1e-5)


def test_only_the_voices_that_may_play_do(performer: Performer) -> None:
    choice, log_p = drawn(performer, voice_mask=[[0.0, 1.0, 1.0]])
    assert set(choice[:, 1].tolist()) == {1, 2}
    assert (choice[:, 2] < KEYS).all()  # What the solo voice holds is not theirs to release.
    choice, log_p = drawn(performer)
    assert choice[:, 1].tolist() == [0] * DRAWS
    assert log_p[:, 1].tolist() == [0.0] * DRAWS


@pytest.mark.parametrize("window", [(0.0, 0.0), (0.0, 0.033), (0.25, 0.75), (1.0, 1.0), (2.0, 39.999), (39.9, 39.999)])
def test_the_next_event_comes_within_the_window(performer: Performer, window: tuple[float, float]) -> None:
    choice, _ = drawn(performer, window=[window])
    assert round(window[0] * 1000) <= choice[:, 0].min()
    assert choice[:, 0].max() <= round(window[1] * 1000)


@pytest.mark.parametrize("waited_ms", [0, 1, 35, 47, 300, 5000, 19_000])
def test_after_a_silence_the_time_is_what_remains_of_its_distribution_exactly(
    performer: Performer, waited_ms: int
) -> None:
    """Each millisecond has its own probability beforehand; those behind the silence are renormalised."""
    plain = given_all(performer, 0, TIME_BINS)
    by_ms = np.repeat(plain / np.diff(EDGES_MS), np.diff(EDGES_MS))
    remaining = by_ms[waited_ms:].sum()
    expected = np.add.reduceat(np.where(np.arange(len(by_ms)) >= waited_ms, by_ms, 0), EDGES_MS[:-1]) / remaining
    window = [[waited_ms / 1000, 39.999]]
    found = given_all(performer, 0, TIME_BINS, window=window)
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=1e-7)

    inputs = dict(zip(INPUTS, asked(performer.network, 1, 1), strict=True))
    inputs["event"] = torch.tensor([[[0, 52, 80]]])
    inputs["keys"][:, :, 0, list(HELD)] = 0.4
    inputs["window"] = torch.tensor(window)
    with torch.inference_mode():
        log_silence = performer(*inputs.values())[2].item()
    assert log_silence == pytest.approx(np.log(remaining), abs=1e-4)


def test_inside_a_bin_every_millisecond_is_as_likely(performer: Performer) -> None:
    """One bin in the window: its milliseconds are hit evenly. A chi-squared of as many degrees of freedom as there
    are milliseconds less one is above its mean by 6 of its standard deviations once in 10,000 seeds or less."""
    bin_ = vocabulary.time_bin(1000)
    low, high = int(EDGES_MS[bin_]), int(EDGES_MS[bin_ + 1])
    choice, _ = drawn(performer, window=[[low / 1000, (high - 1) / 1000]])
    counts = np.bincount(choice[:, 0] - low, minlength=high - low)
    assert len(counts) == high - low
    chi = float(((counts - DRAWS / len(counts)) ** 2 / (DRAWS / len(counts))).sum())
    assert chi < (len(counts) - 1) + 6 * np.sqrt(2 * (len(counts) - 1))


def test_velocities_are_those_of_notes_and_the_pedal_goes_down_whole(performer: Performer) -> None:
    for token, expected in ((PEDAL_KEY, {127}), (KEYS + 48, {0}), (KEYS + PEDAL_KEY, {0})):
        choice, log_p = drawn(performer, 100, given=[[[10, 0, token, -1]]])
        assert set(choice[:, 3].tolist()) == expected
        assert log_p[:, 3].tolist() == [0.0] * 100
    choice, _ = drawn(performer, given=[[[10, 0, 60, -1]]])
    assert choice[:, 3].min() >= 1
