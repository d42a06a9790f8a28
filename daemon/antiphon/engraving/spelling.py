"""What notes are called: the key that fits them best, and each note by its place around it."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from antiphon.music.notes import Note

_MAJOR: Final = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR: Final = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
"""How well each pitch class fits a key on C (C. Krumhansl, "Cognitive Foundations of Musical Pitch", 1990)."""
_LETTERS: Final = "FCGDAEB"
_FLATTEST: Final = -4
"""From so many fifths below the key's signature on twelve names are used: in C, from A flat to C sharp."""


def sharps(notes: Sequence[Note]) -> int:
    """The signature of the key that fits some notes best: sharps, or flats below 0. Longer notes count more."""
    weight = np.zeros(12)
    for note in notes:
        weight[note.pitch % 12] += min(1.0, note.ends - note.begins) + 0.05
    fits = [
        (float(np.corrcoef(np.roll(profile, tonic), weight)[0, 1]), (tonic + 3) % 12 if profile is _MINOR else tonic)
        for tonic in range(12)
        for profile in (_MAJOR, _MINOR)
    ]
    relative = max(fits)[1] if weight.std() > 0 else 0
    fifths = 7 * relative % 12
    return fifths - 12 if fifths > 6 else fifths


def named(pitch: int, signature: int) -> tuple[str, int, int]:
    """A MIDI note's letter, alteration (sharps, or flats below 0) and octave (middle C begins the fourth)."""
    fifths = next(f for f in range(signature + _FLATTEST, signature + _FLATTEST + 12) if 7 * f % 12 == pitch % 12)
    letter, alter = _LETTERS[(fifths + 1) % 7], (fifths + 1) // 7
    natural = (7 * (_LETTERS.index(letter) - 1)) % 12
    return letter, alter, (pitch - alter - natural) // 12 - 1
