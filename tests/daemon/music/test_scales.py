"""Scales by name and by digits, and the key that fits what was heard."""

import numpy as np
import pytest

from antiphon.music.scales import MAJOR_PROFILE, MINOR_PROFILE, SCALES, TONICS, classes, likeliest, proper


@pytest.mark.parametrize(
    ("typed", "notes"),
    [
        ("C major", {0, 2, 4, 5, 7, 9, 11}),
        ("A minor", {9, 11, 0, 2, 4, 5, 7}),
        ("A minor pentatonic", {9, 0, 2, 4, 7}),
        ("F# major", {6, 8, 10, 11, 1, 3, 5}),
        ("G harmonic minor", {7, 9, 10, 0, 2, 3, 6}),
        ("D dorian", {2, 4, 5, 7, 9, 11, 0}),
        ("E blues", {4, 7, 9, 10, 11, 2}),
        ("101011010101", {0, 2, 4, 5, 7, 9, 11}),
        ("000000000001", {11}),
    ],
)
def test_a_scale_allows_its_pitch_classes(typed: str, notes: set[int]) -> None:
    assert classes(typed) == notes


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("c  MAJOR", "C major"),
        ("Am", "A minor"),
        ("C", "C major"),
        ("bb Dorian", "Bb dorian"),
        ("b minor", "B minor"),
        ("Cb major", "B major"),
        ("E♭ aeolian", "Eb minor"),
        ("E## dorian", "F# dorian"),
        ("Bbb major", "A major"),
        ("A pentatonic minor", "A minor pentatonic"),
        ("G super locrian", "G altered"),
        ("G♯ pentatonic", "Ab major pentatonic"),
        (" 111000111000 ", "111000111000"),
    ],
)
def test_a_scale_has_one_proper_name(typed: str, written: str) -> None:
    assert proper(typed) == written


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("C majr", 'no scale of this name; did you mean "C major"?'),
        ("C dorain", 'no scale of this name; did you mean "C dorian"?'),
        ("Bb minor doriann", 'no scale of this name; did you mean "Bb dorian"?'),
        ("D minor neapolitan", 'no scale of this name; did you mean "D neapolitan minor"?'),
        ("Cmaj7", "no scale of this name; of a chord, hold its keys and set lock=chord"),
        ("C#m7b5", "no scale of this name; of a chord, hold its keys and set lock=chord"),
        ("Gsus", "no scale of this name; of a chord, hold its keys and set lock=chord"),
        ("C xyzzy", "no scale of this name; there are: major, minor, "),
        ("H major", 'give a scale like "C major"'),
        ("", 'give a scale like "C major"'),
        ("1010", 'give a scale like "C major"'),
        ("000000000000", "allows no note at all; give at least one 1"),
    ],
)
def test_what_is_no_scale_is_refused_with_a_remedy(typed: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"give|name") as refused:
        proper(typed)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("name", SCALES)
def test_every_scale_in_every_key_is_the_same_scale_moved(name: str) -> None:
    at_c = classes(f"C {name}")
    assert 0 in at_c
    for steps, tonic in enumerate(TONICS):
        assert classes(f"{tonic} {name}") == {(each + steps) % 12 for each in at_c}
        assert proper(proper(f"{tonic} {name}")) == f"{tonic} {name}"


@pytest.mark.parametrize("steps", range(12))
def test_the_key_is_the_one_whose_profile_was_heard(steps: int) -> None:
    assert likeliest(np.roll(MAJOR_PROFILE, steps)) == f"{TONICS[steps]} major"
    assert likeliest(np.roll(MINOR_PROFILE, steps)) == f"{TONICS[steps]} minor"


def test_silence_and_all_notes_alike_are_in_no_key() -> None:
    assert likeliest(np.zeros(12)) is None
    assert likeliest(np.full(12, 3.0)) is None
