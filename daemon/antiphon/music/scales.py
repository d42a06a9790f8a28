"""Scales: their names, the pitch classes they allow, and which of them fits what was heard.

Knows pitch classes (0 is C, 11 is B) and nothing of notes in time.
"""

import difflib
import re
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

SCALES: Final = {
    "major": "101011010101",
    "minor": "101101011010",
    "harmonic minor": "101101011001",
    "melodic minor": "101101010101",
    "dorian": "101101010110",
    "phrygian": "110101011010",
    "lydian": "101010110101",
    "mixolydian": "101011010110",
    "locrian": "110101101010",
    "phrygian dominant": "110011011010",
    "lydian dominant": "101010110110",
    "altered": "110110101010",
    "major pentatonic": "101010010100",
    "minor pentatonic": "100101010010",
    "blues": "100101110010",
    "major blues": "101110010100",
    "whole tone": "101010101010",
    "half-whole": "110110110110",
    "whole-half": "101101101101",
    "augmented": "100110011001",
    "hungarian minor": "101100111001",
    "double harmonic": "110011011001",
    "neapolitan minor": "110101011001",
    "neapolitan major": "110101010101",
    "hirajoshi": "101100011000",
    "in": "110001011000",
    "insen": "110001010010",
    "bebop dominant": "101011010111",
    "bebop major": "101011011101",
    "harmonic major": "101011011001",
    "lydian augmented": "101010101101",
    "half diminished": "101101101010",
    "mixolydian b6": "101011011010",
    "prometheus": "101010100110",
    "persian": "110011101001",
    "yo": "101001010100",
    "kumoi": "101100010100",
    "iwato": "110001100010",
    "chromatic": "111111111111",
}
"""Twelve steps up from the tonic, 1 where the scale has a note."""
_OTHER_NAMES: Final = {
    "": "major",
    "maj": "major",
    "m": "minor",
    "min": "minor",
    "ionian": "major",
    "aeolian": "minor",
    "natural minor": "minor",
    "pentatonic": "major pentatonic",
    "minor blues": "blues",
    "diminished": "whole-half",
    "octatonic": "half-whole",
    "byzantine": "double harmonic",
    "klezmer": "phrygian dominant",
    "freygish": "phrygian dominant",
    "super locrian": "altered",
    "acoustic": "lydian dominant",
    "aeolian dominant": "mixolydian b6",
    "locrian #2": "half diminished",
    "wholetone": "whole tone",
    "pentatonic major": "major pentatonic",
    "pentatonic minor": "minor pentatonic",
    "jazz minor": "melodic minor",
}
TONICS: Final = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_LETTERS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SHIFTS: Final = {"#": 1, "♯": 1, "b": -1, "♭": -1}
_NAMED: Final = re.compile(r"([A-Ga-g])([#♯b♭]{0,2})\s*(.*)")
_CHORD: Final = re.compile(r"(maj|min|m|dim|aug|sus|add)?\d|(dim|aug|sus)$")
_TELLING: Final = 4
"""Letters of a name that can be guessed at."""
_BITS: Final = re.compile(r"[01]{12}")

# Krumhansl and Kessler, "Tracing the dynamic changes in perceived tonal organization in a spatial representation of
# musical keys" (1982): how well each pitch class was felt to fit, from the tonic on.
MAJOR_PROFILE: Final = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR_PROFILE: Final = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_PROFILES: Final = np.array([np.roll(p, tonic) for p in (MAJOR_PROFILE, MINOR_PROFILE) for tonic in range(12)])


def proper(text: str) -> str:
    """The one way of writing a scale: "Bb dorian", or twelve digits from C on. Raises ValueError, with a remedy."""
    text = " ".join(text.split())
    if _BITS.fullmatch(text):
        if "1" not in text:
            raise ValueError("allows no note at all; give at least one 1")
        return text
    if not (found := _NAMED.fullmatch(text)):
        raise ValueError('give a scale like "C major" or "A minor pentatonic", or twelve digits 0 and 1 from C on')
    letter, shift, name = found.groups()
    tonic = (_LETTERS[letter.upper()] + sum(_SHIFTS[sign] for sign in shift)) % 12
    name = name.lower()
    name = _OTHER_NAMES.get(name, name)
    if name not in SCALES:
        raise ValueError(f"no scale of this name; {_hint(TONICS[tonic], name)}")
    return f"{TONICS[tonic]} {name}"


def _hint(tonic: str, name: str) -> str:
    if _CHORD.match(name):
        return "of a chord, hold its keys and set lock=chord"
    known = [each for each in (*SCALES, *_OTHER_NAMES) if len(each) >= _TELLING]
    sorted_ = " ".join(sorted(name.split()))
    turned = [each for each in SCALES if " ".join(sorted(each.split())) == sorted_]
    near = turned or difflib.get_close_matches(name, known, 1)
    return f'did you mean "{tonic} {near[0]}"?' if near else f"there are: {', '.join(SCALES)}"


@lru_cache(maxsize=64)
def classes(text: str) -> frozenset[int]:
    """The pitch classes that a scale allows. Raises ValueError as `proper` does."""
    written = proper(text)
    if _BITS.fullmatch(written):
        return frozenset(at for at, digit in enumerate(written) if digit == "1")
    tonic, name = written.split(" ", 1)
    return frozenset((TONICS.index(tonic) + step) % 12 for step, digit in enumerate(SCALES[name]) if digit == "1")


def degrees(key: str) -> frozenset[int]:
    """The pitch classes of a key, "A minor", as it is used: in minor the sixth and the seventh degree both ways."""
    tonic, name = proper(key).split(" ", 1)
    return classes(key) | classes(f"{tonic} melodic minor") if name == "minor" else classes(key)


def likeliest(weights: NDArray[np.float64]) -> str | None:
    """The key, "A minor", whose profile correlates best with how much of each pitch class was heard, (12,); None where
    that is nothing, or all alike."""
    mine = weights - weights.mean()
    if not np.any(np.abs(mine) > 1e-9):
        return None
    profiles = _PROFILES - _PROFILES.mean(1, keepdims=True)
    best = int(np.argmax(profiles @ mine / np.linalg.norm(profiles, axis=1)))
    return f"{TONICS[best % 12]} {'minor' if best >= 12 else 'major'}"
