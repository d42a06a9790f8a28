"""What every shipped model keeps to, whatever it learned: tried on the default."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from tests.fakes import noise, steering

from antiphon.core.model import Choice, Heard, State, Steering
from antiphon.core.survival import MOMENTS_S
from antiphon.mind.onnx_model import OnnxModel, load
from antiphon.music.events import Event, Seconds, Voice, note_off, note_on, pedal
from antiphon.music.keyboard import Keyboard
from antiphon.music.vocabulary import BEGIN, KEYS, PEDAL_KEY, TOKENS, time_bin

DRAWS = 150
TUNE = [
    note_on(0.0, 60, 70),
    note_on(0.02, 64, 60),
    pedal(0.5, True),
    note_off(1.0, 60),
    note_on(1.0, 67, 90),
    note_off(1.7, 64),
    pedal(3.0, False),
    note_off(3.4, 67),
    note_on(13.4, 48, 127),
]


@pytest.fixture(scope="module")
def model() -> OnnxModel:
    return load("default")


def heard(events: Sequence[Event]) -> list[Heard]:
    told, keyboard, before = [Heard(0.0, None, Keyboard.untouched())], Keyboard.untouched(), events[0].time
    for event in events:
        keyboard = keyboard.after(event)
        told.append(Heard(event.time - before, event, keyboard))
        before = event.time
    return told


def draws(model: OnnxModel, events: Sequence[Event], steering: Steering, count: int = DRAWS) -> list[Choice]:
    """As many next events, each with noise of its own."""
    told = heard(events)
    state = model.follow(model.start(), told[:-1])
    return [model.choose(state, told[-1], steering, noise(number)) for number in range(count)]


def parts(choice: Choice) -> tuple[int, int, int, int]:
    return choice.ms, choice.voice, choice.token, choice.velocity


def close(one: State, other: State) -> bool:
    return np.allclose(one.hidden, other.hidden, atol=1e-4) and np.allclose(one.cell, other.cell, atol=1e-4)


def test_following_in_one_chunk_equals_step_by_step_and_choosing_as_it_goes(model: OnnxModel) -> None:
    told = heard(TUNE)
    whole = model.follow(model.start(), told)
    stepped = chosen = model.start()
    for each in told:
        stepped = model.follow(stepped, [each])
        chosen = model.choose(chosen, each, steering(), noise(0)).state
    assert close(whole, stepped)
    assert close(whole, chosen)
    assert not close(whole, model.start())


def test_who_witnesses_events_is_told_how_likely_each_was_and_stands_as_one_who_only_follows(model: OnnxModel) -> None:
    told = heard(TUNE)
    state, log_p = model.witness(model.start(), told)
    followed = model.follow(model.start(), told[:-1])
    assert (state.hidden.tobytes(), state.cell.tobytes()) == (followed.hidden.tobytes(), followed.cell.tobytes())
    stepped, singly = model.start(), list[float]()
    for before, after in pairwise(told):
        stepped, [one] = model.witness(stepped, [before, after])
        singly.append(float(one))
    assert log_p.tolist() == pytest.approx(singly, abs=0.05)
    assert (log_p < 0).all()


def test_what_goes_on_as_it_did_surprises_less_than_what_does_not(model: OnnxModel) -> None:
    again = [event for n in range(12) for event in (note_on(n * 0.25, 60, 64), note_off(n * 0.25 + 0.2, 60))]
    leap = [*again[:-2], note_on(2.75, 101, 127), note_off(2.95, 101)]
    same, other = (-float(model.witness(model.start(), heard(each))[1][-2]) for each in (again, leap))
    assert same + 3 < other


def test_a_step_that_was_foreseen_is_the_same_to_the_bit_and_is_taken_for_no_other() -> None:
    ready, plain = load("default"), load("default")
    *before, last = heard(TUNE[:5])
    state, other = plain.follow(plain.start(), before), plain.follow(plain.start(), before[:-1])
    ready.foresee(state, last)
    for start in (state, other):
        found, wanted = ready.follow(start, [last]), plain.follow(start, [last])
        assert (found.hidden.tobytes(), found.cell.tobytes()) == (wanted.hidden.tobytes(), wanted.cell.tobytes())


def test_following_nothing_gives_the_same_state(model: OnnxModel) -> None:
    state = model.follow(model.start(), heard(TUNE))
    assert model.follow(state, []) is state


def test_a_state_is_never_written_in_place(model: OnnxModel) -> None:
    state = model.follow(model.start(), heard(TUNE))
    hidden, cell = state.hidden.copy(), state.cell.copy()
    model.follow(state, heard(TUNE))
    model.choose(state, heard(TUNE)[-1], steering(), noise(0))
    assert np.array_equal(state.hidden, hidden)
    assert np.array_equal(state.cell, cell)


def test_the_same_noise_gives_the_same_choice_and_other_noise_others(model: OnnxModel) -> None:
    first = [parts(choice) for choice in draws(model, TUNE, steering(), 20)]
    again = [parts(choice) for choice in draws(model, TUNE, steering(), 20)]
    assert first == again
    assert len(set(first)) > 10


def test_what_was_heard_and_when_changes_what_is_expected(model: OnnxModel) -> None:
    slow = [replace(event, time=Seconds(event.time * 10)) for event in TUNE]
    assert not close(model.follow(model.start(), heard(TUNE)), model.follow(model.start(), heard(slow)))


def test_a_masked_key_never_goes_down_and_a_release_is_of_a_held_key(model: OnnxModel) -> None:
    allowed = steering([50, 51, PEDAL_KEY])
    assert {choice.token for choice in draws(model, TUNE, allowed)} <= {50, 51, PEDAL_KEY, KEYS + 48}
    holding = replace(allowed, bias=np.repeat(np.array([0, -1000], np.float32), KEYS))
    assert {choice.token for choice in draws(model, TUNE, holding)} <= {50, 51, PEDAL_KEY}


def test_the_release_of_a_held_key_is_never_masked(model: OnnxModel) -> None:
    held = [note_on(0.0, 60, 64), note_on(0.0, 64, 64), pedal(0.1, True)]
    nothing = steering([])
    tokens = {choice.token for choice in draws(model, held, nothing)}
    assert tokens <= {KEYS + 60, KEYS + 64, KEYS + PEDAL_KEY}
    pressed = replace(nothing, bias=np.eye(TOKENS, dtype=np.float32)[KEYS + PEDAL_KEY] * 1000)
    assert {choice.token for choice in draws(model, held, pressed, 10)} == {KEYS + PEDAL_KEY}


def test_a_pedal_that_is_down_cannot_go_down_again(model: OnnxModel) -> None:
    tokens = {choice.token for choice in draws(model, TUNE[:3], steering([PEDAL_KEY]))}
    assert PEDAL_KEY not in tokens


def test_a_bias_moves_the_choice(model: OnnxModel) -> None:
    liked = replace(steering(), bias=np.eye(TOKENS, dtype=np.float32)[77] * 1000)
    assert {choice.token for choice in draws(model, TUNE, liked, 20)} == {77}


@pytest.mark.parametrize("voice", list(Voice))
def test_only_a_voice_that_may_play_is_chosen(model: OnnxModel, voice: Voice) -> None:
    sole = replace(steering(), voices=np.eye(len(Voice), dtype=np.float32)[voice])
    assert {choice.voice for choice in draws(model, TUNE, sole, 20)} == {int(voice)}


@pytest.mark.parametrize(
    ("earliest", "latest"),
    [(0.0, 0.0), (0.0, 0.005), (0.1, 0.2), (1.2345, 1.25), (5.0, 5.0), (19.9, 20.1), (39.0, 39.999), (3.0, 1.0)],
)
def test_nothing_happens_outside_the_window(model: OnnxModel, earliest: float, latest: float) -> None:
    window = steering(earliest=earliest, latest=latest)
    moments = [choice.ms / 1000 for choice in draws(model, TUNE, window, 60)]
    assert min(moments) >= earliest - 1e-9
    assert max(moments) <= max(earliest + 0.001, latest) + 1e-9


def test_silence_grows_less_likely_the_longer_it_lasts(model: OnnxModel) -> None:
    logs = [draws(model, TUNE, steering(earliest=second), 1)[0].log_silence for second in (0.0, 0.5, 2.0, 10.0, 30.0)]
    assert logs == sorted(logs, reverse=True)
    assert logs[0] == pytest.approx(0.0, abs=1e-4)


def test_near_no_temperature_the_noise_changes_next_to_nothing(model: OnnxModel) -> None:
    """A second alternative is granted to the noise: two may be as good as equally likely."""
    cold, warm = (draws(model, TUNE, steering(latest=0.0, warmth=warmth), 60) for warmth in (0.001, 1.0))
    assert len({choice.token for choice in cold}) <= 2 < len({choice.token for choice in warm})
    cold, warm = (draws(model, TUNE, steering(warmth=warmth), 60) for warmth in (0.001, 1.0))
    assert len({time_bin(choice.ms) for choice in cold}) <= 2 < len({time_bin(choice.ms) for choice in warm})


def test_a_small_top_p_keeps_only_the_likeliest(model: OnnxModel) -> None:
    allowed = draws(model, TUNE, replace(steering(latest=0.0), top_p=0.05))
    everything = draws(model, TUNE, replace(steering(latest=0.0), top_p=1.0))
    assert len({choice.token for choice in allowed}) < len({choice.token for choice in everything})


def test_every_choice_is_an_event_with_a_likelihood(model: OnnxModel) -> None:
    for choice in draws(model, TUNE, steering(), 60):
        assert 0 <= choice.ms < 40_000
        assert 0 <= choice.token < BEGIN
        assert (choice.velocity > 0) == (choice.token < KEYS)
        assert choice.velocity <= 127
        assert np.isfinite(choice.log_p).all()
        assert (choice.log_p <= 1e-5).all()


@pytest.mark.parametrize("lowest", [0.0, 1.0])
def test_noise_at_its_bounds_is_noise(model: OnnxModel, lowest: float) -> None:
    told = heard(TUNE)
    choice = model.choose(model.start(), told[0], steering(), np.full_like(noise(0), lowest))
    assert 0 <= choice.token < BEGIN
    assert np.isfinite(choice.log_p).all()


@pytest.mark.parametrize("last", [2, 8, len(TUNE)])
def test_no_key_going_down_is_likelier_than_nothing_happening(model: OnnxModel, last: int) -> None:
    told = heard(TUNE[:last])
    state = model.follow(model.start(), told[:-1])
    expected = model.silence(state, told[-1])
    nothing = [
        model.choose(state, told[-1], replace(steering(), earliest=float(at)), noise(0)).log_silence for at in MOMENTS_S
    ]
    assert expected.shape == MOMENTS_S.shape
    assert (np.diff(expected) <= 1e-6).all()
    assert (expected <= 0).all()
    assert (expected >= np.array(nothing) - 1e-4).all()


def test_the_silence_it_expects_is_the_silence_it_draws(model: OnnxModel) -> None:
    """400 draws; a share is 0.1 from what is expected once in 15,000 times. Draws of the pedal count as if nobody knew
    what came after: so does the survival function."""
    told = heard(TUNE[:8])
    state = model.follow(model.start(), told[:-1])
    expected = np.exp(model.silence(state, told[-1]))
    free = replace(steering(), top_p=1.0)
    drawn = sorted((c.ms / 1000, c.token % KEYS == PEDAL_KEY) for c in draws(model, TUNE[:8], free, 400))
    left, survived = 1.0, [(0.0, 1.0)]
    for number, (moment, trodden) in enumerate(drawn):
        left *= 1.0 if trodden else 1 - 1 / (len(drawn) - number)
        survived.append((moment, left))
    found = [min(share for moment, share in survived if moment < at) for at in MOMENTS_S]
    assert np.abs(np.array(found) - expected).max() < 0.1
