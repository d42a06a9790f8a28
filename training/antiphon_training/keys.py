"""In which key a piece is, and the same piece in C major or A minor.

Krumhansl and Kessler, "Tracing the dynamic changes in perceived tonal organization in a spatial representation of
musical keys" (1982): the key whose profile correlates best with how long each pitch class sounds.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from antiphon.music.vocabulary import PEDAL_KEY
from antiphon_training.reading import Records

_MAJOR: Final = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR: Final = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_PROFILES: Final = np.array([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
_LONGEST_MS: Final = 4_000
"""A note that is held longer says no more of the key."""
_A: Final = 9


def key_of(records: Records) -> tuple[int, bool]:
    """The tonic (0 is C, 11 is B) and True for minor. (E,) of RECORD with at least one note."""
    best = int(np.argmax(_alike(_sounding(records))))
    return best % 12, best >= 12


def in_one_key(records: Records) -> Records:
    """A copy in C major or A minor, moved by no more than six semitones; where that would leave the keyboard, by
    an octave less or more."""
    tonic, minor = key_of(records)
    shift = ((_A if minor else 0) - tonic + 5) % 12 - 5
    moved = records.copy()
    notes = moved["key"] < PEDAL_KEY
    pitches = moved["key"][notes].astype(np.int64) + shift
    if len(pitches) and (pitches.min() < 0 or pitches.max() >= PEDAL_KEY):
        pitches += 12 if pitches.min() < 0 else -12
    moved["key"][notes] = np.clip(pitches, 0, PEDAL_KEY - 1)
    return moved


def _sounding(records: Records) -> NDArray[np.float64]:
    """(12,) for how long each pitch class sounds, ms."""
    sounding, began = np.zeros(12), dict[tuple[int, int], int]()
    for ms, key, velocity, part in records[records["key"] < PEDAL_KEY].tolist():
        since = began.pop((part, key), None)
        if since is not None:
            sounding[key % 12] += min(ms - since, _LONGEST_MS)
        if velocity:
            began[part, key] = ms
    return sounding


def _alike(sounding: NDArray[np.float64]) -> NDArray[np.float64]:
    """(24,) the correlation with each profile: twelve major keys from C on, then twelve minor ones."""
    profiles = _PROFILES - _PROFILES.mean(1, keepdims=True)
    mine = sounding - sounding.mean()
    length = np.linalg.norm(profiles, axis=1) * max(1e-9, float(np.linalg.norm(mine)))
    return np.asarray(profiles @ mine / length)
