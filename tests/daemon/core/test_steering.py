"""What parameters and player ask of the next note, as masks and biases before anything is drawn."""

from typing import Any

import numpy as np
import pytest
from tests.fakes import FakeModel, Performance, Taste, noise, off, on, onsets, spans

from antiphon.core.ear import UNHEARD, Ear
from antiphon.core.parameters import Parameters
from antiphon.core.steering import agreeing, allowed, density, liking, locked, voiced
from antiphon.errors import ParameterError
from antiphon.mind import models, onnx_model
from antiphon.music.events import Voice, note_off, note_on, pedal
from antiphon.music.keyboard import Keyboard
from antiphon.music.scales import classes
from antiphon.music.vocabulary import VELOCITIES

C_MAJOR = (60, 62, 64, 65, 67, 69, 71, 72, 67, 64, 60)


def heard(*pitches: int, gap_s: float = 0.25, velocity: int = 64) -> Ear:
    ear = UNHEARD
    for number, pitch in enumerate(pitches):
        ear = ear.after(note_on(number * gap_s, pitch, velocity))
    return ear


def given(**parameters: Any) -> Parameters:  # of any parameter's type
    return Parameters().changed(**parameters)


def keys(parameters: Parameters, ear: Ear = UNHEARD) -> list[int]:
    return [int(key) for key in np.flatnonzero(allowed(parameters, ear))]


def test_a_lock_leaves_its_notes_in_the_range() -> None:
    assert keys(given(lock="C major", lowest=60, highest=72)) == [60, 62, 64, 65, 67, 69, 71, 72]
    assert keys(given(lock="off", lowest=60, highest=63)) == [60, 61, 62, 63]


def test_a_soft_lock_forbids_nothing_and_likes_its_notes_better() -> None:
    half = given(lock="C major", lock_strength=0.5)
    assert keys(half) == list(range(21, 109))
    assert np.exp(liking(half, UNHEARD)[60:64]).tolist() == pytest.approx([1.0, 0.5, 1.0, 0.5])
    assert not liking(given(lock="C major", lock_strength=0.0), UNHEARD).any()


def test_without_a_lock_it_keeps_to_their_key_as_far_as_they_do() -> None:
    scale, straying = heard(*C_MAJOR), heard(*C_MAJOR, 61, 66, 68, *C_MAJOR, 63, 66)
    kept = np.exp(liking(given(), scale)).round(6)
    assert [at for at in range(12) if kept[60 + at] == 1] == [0, 2, 4, 5, 7, 9, 11]
    assert kept[61] < 0.1 < np.exp(liking(given(), straying))[61] < 1
    assert kept[61] < np.exp(liking(given(tonality=0.5), scale))[61] < 0.35
    assert liking(given(), heard(*range(60, 72), *range(60, 72))).min() > np.log(0.7)
    assert not liking(given(tonality=0), scale).any()
    assert not liking(given(), UNHEARD).any()
    assert not liking(given(lock="D major"), scale).any()  # an absolute lock is a mask


def test_in_minor_the_sixth_and_the_seventh_degree_are_of_the_key_both_ways() -> None:
    minor = heard(57, 60, 64, 69, 68, 69, 71, 72, 71, 69, 64, 60, 57)
    kept = liking(given(), minor)
    assert [at for at in range(12) if kept[60 + at] == 0] == [0, 2, 4, 5, 6, 7, 8, 9, 11]


def test_in_a_duet_what_clashes_with_the_newest_note_they_hold_is_liked_less() -> None:
    keyboard = Keyboard.untouched()
    for event in (note_on(0.0, 65, 70, Voice.LEAD), note_on(0.1, 60, 70, Voice.LEAD), pedal(0.2, True, Voice.LEAD)):
        keyboard = keyboard.after(event)
    liked = agreeing(given(consonance=0.5), keyboard, Voice.LEAD, UNHEARD)
    assert [n - 60 for n in range(60, 72) if liked[n] == 0] == [0, 3, 4, 7, 8, 9]
    assert set(np.exp(liked).round(6)) == {0.5, 1.0}
    assert (liked[:120].reshape(10, 12) == liked[60:72]).all()
    assert not agreeing(given(consonance=0), keyboard, Voice.LEAD, UNHEARD).any()
    assert not agreeing(given(consonance=0.5), keyboard, Voice.ACCOMPANIMENT, UNHEARD).any()
    keyboard = keyboard.after(note_off(0.3, 60, Voice.LEAD))
    assert agreeing(given(consonance=0.5), keyboard, Voice.LEAD, UNHEARD)[64] < 0  # E against F


@pytest.mark.parametrize(("gap_s", "share"), [(0.5, 0.5), (0.35, 0.5), (0.175, 0.5**0.5), (0.07, 0.5**0.2)])
def test_what_clashes_with_a_running_note_is_forgiven_as_much_as_it_runs(gap_s: float, share: float) -> None:
    keyboard, ear = Keyboard.untouched(), UNHEARD
    for number in range(8):
        struck = note_on(number * gap_s, 60, 70, Voice.LEAD)
        keyboard, ear = keyboard.after(struck), ear.after(struck)
    assert np.exp(agreeing(given(consonance=0.5), keyboard, Voice.LEAD, ear)[61]) == pytest.approx(share)


def test_the_automatic_lock_is_the_key_that_was_heard_and_none_before() -> None:
    auto = given(lock="auto")
    assert locked(auto, UNHEARD) == set(range(12))
    assert heard(*C_MAJOR).key == "C major"
    assert locked(auto, heard(*C_MAJOR)) == classes("C major")
    then = heard(*C_MAJOR, *[pitch + 6 for pitch in C_MAJOR] * 5)
    assert locked(auto, then) == classes("F# major")


def test_a_lock_that_the_range_has_no_note_of_is_refused() -> None:
    with pytest.raises(ParameterError, match="lock=C major has no note from lowest=61 to highest=61; widen them"):
        given(lock="C major", lowest=61, highest=61)
    with pytest.raises(ParameterError, match="lock=auto needs an octave"):
        given(lock="auto", lowest=60, highest=70)
    assert keys(given(lock="C major", lock_strength=0.5, lowest=61, highest=61)) == [61]


@pytest.mark.parametrize(
    ("register", "notes"),
    [("any", (21, 108)), ("above", (65, 108)), ("below", (21, 63)), ("around", (52, 76))],
)
def test_the_register_goes_by_the_players(register: str, notes: tuple[int, int]) -> None:
    found = keys(given(register=register), heard(60, 64, 68))
    assert (found[0], found[-1]) == notes
    assert keys(given(register=register)) == list(range(21, 109))


def test_a_register_without_a_note_in_range_is_left() -> None:
    assert keys(given(register="above", highest=70), heard(90)) == list(range(21, 71))


def test_the_density_is_a_number_or_goes_by_the_players() -> None:
    assert density(given(), heard(60, 62, 64)) == 0.0
    assert density(given(density=3.0), UNHEARD) == 3.0
    assert density(given(density_follow=2.0), heard(60, 62, 64, gap_s=0.25)) == pytest.approx(8.0)
    assert density(given(density_follow=2.0, density=3.0), UNHEARD) == 3.0


def test_velocities_are_turned_by_the_noise_and_nothing_else_is() -> None:
    plain = noise(1)
    assert voiced(plain, given(), heard(60)) is plain
    louder = voiced(plain, given(velocity_offset=10.0), UNHEARD)
    assert np.array_equal(louder[:-VELOCITIES], plain[:-VELOCITIES])
    gumbel = -np.log(-np.log(np.clip(np.array([plain, louder]), 1e-7, 1 - 1e-6)))[:, -VELOCITIES:]
    moved = gumbel[1] - gumbel[0]
    assert moved[90] - moved[50] == pytest.approx(40 * 10 / 150, abs=0.05)


@pytest.fixture(scope="module")
def default() -> Any:  # a model
    if not any((folder / "default.onnx").is_file() for folder in models.FOLDERS):
        pytest.skip("models/default.onnx is not there")
    return onnx_model.load("default")


def velocities(model: Any, **parameters: Any) -> list[float]:  # as above
    """The mean of each of four answers: one alone says little."""
    means = list[float]()
    for seed in range(1, 5):
        performance = Performance(model, reply_shortest=20.0, reply_longest=20.0, seed=seed, **parameters)
        performance.play_all([(n * 0.25, message) for n in range(12) for message in (on(60 + n, 70), off(60 + n))])
        performance.until(26.0)
        means.append(float(np.mean([due.message[2] for due in performance.dues if due.message[0] == 0x90])))
    return means


def test_the_model_plays_louder_or_softer_by_the_offset_and_near_the_player(default: Any) -> None:
    """It hears how loud it is, and goes further that way: so the bounds are wide."""
    plain = velocities(default)
    assert 8 < np.mean(velocities(default, velocity_offset=15.0)) - np.mean(plain) < 45
    assert 8 < np.mean(plain) - np.mean(velocities(default, velocity_offset=-15.0)) < 45
    near = np.abs(np.array(velocities(default, velocity_follow=1.0)) - 70).mean()
    assert near < np.abs(np.array(plain) - 70).mean()


LOCKS = ["C major", "A minor pentatonic", "F# blues", "000000000001", "101011010101", "auto"]


@pytest.mark.parametrize("lock", LOCKS)
def test_of_2000_notes_in_an_absolute_lock_none_is_outside(lock: str) -> None:
    """Six locks: some 12,000 notes."""
    performance = Performance(FakeModel(Taste(0.02, starts=1.2)), mode="solo", lock=lock, pause=0.5)
    performance.play_all([(n * 0.1, message) for n, key in enumerate(C_MAJOR) for message in (on(key), off(key))])
    performance.until(2.0)
    early = len(performance.dues)
    performance.until(100.0)
    notes = [due.message[1] for due in performance.dues[early:] if due.message[0] == 0x90 and due.message[2]]
    assert len(notes) > 2000
    assert {pitch % 12 for pitch in notes} <= classes("C major" if lock == "auto" else lock)


@pytest.mark.parametrize("rate", [0.5, 2.0, 8.0])
@pytest.mark.parametrize("gap_s", [0.01, 0.3, 20.0])
def test_as_many_notes_begin_as_the_density_says_whatever_the_model_likes(rate: float, gap_s: float) -> None:
    performance = Performance(FakeModel(Taste(gap_s)), mode="solo", density=rate, liveliness=0.0, longest_rest=20.0)
    performance.until(40.0)
    assert len(onsets(performance.dues)) == pytest.approx(40 * rate, abs=8)


@pytest.mark.parametrize("most", [1, 2, 5])
def test_no_more_notes_sound_at_a_time_than_the_polyphony_allows(most: int) -> None:
    performance = Performance(FakeModel(Taste(0.05, starts=50.0)), mode="solo", polyphony=most, pedal=False)
    performance.until(30.0)
    performance.close()
    found = spans(performance.dues)
    assert len(found) > 50
    assert max(sum(down <= at < up for _, down, up in found) for _, at, _ in found) == most
