"""Which keys may go down, and which are liked better: what parameters and player ask of the next note.

Everything here is a mask or a bias on a distribution before anything is drawn from it, so that whatever is played is
something the model meant, and an absolute lock is a guarantee.
"""

import math
from functools import lru_cache
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from antiphon.core.ear import Ear
from antiphon.core.model import TIME, TOKEN, VELOCITY
from antiphon.core.parameters import Parameters
from antiphon.music import scales
from antiphon.music.events import Voice
from antiphon.music.keyboard import Keyboard
from antiphon.music.vocabulary import PEDAL_KEY, VELOCITIES

_Kind = TypeVar("_Kind", bound=np.generic)

NEVER: Final = -1e4
"""A bias that nothing but necessity overcomes."""
AROUND: Final = 12
"""Semitones from the player's register that still are around it."""
_ALL: Final = frozenset(range(12))
_NOTES: Final = np.arange(PEDAL_KEY)
_VELOCITIES: Final = np.arange(VELOCITIES)
_LOUDER: Final = 1 / 150
"""Of the log of a velocity's chance for each step up and each step of offset. Velocities of one moment spread by some
12 steps around what the model expects, a variance of 150: so an offset of 10 makes the next note some 10 steps louder
on the average, and those after it more, because the model hears how loud it was."""
_NEAR: Final = 16.0
"""Steps of velocity that are near the player's."""
_OCTAVE: Final = 12
_CONSONANT: Final = (0, 3, 4, 7, 8, 9)
"""Semitones above another note: unison, thirds, fifth, sixths."""
_SLOW_S: Final = 0.35
"""From note to note of a melody that is not fast, where the notes of a chord count one by one."""
_APART: Final = 0.3
"""The share of its notes that the model plays outside the key of real pieces, left to itself."""
_UNHEARD_APART: Final = 0.25
"""Notes outside the key that somebody who never left it is still thought to have played, of one more in all."""
_MOST: Final = 8.0
"""The most that one velocity may be preferred to another, as a natural log: the graph keeps noise between 1e-7 and
1 - 1e-6, and a larger preference would be cut off at either end."""


def locked(parameters: Parameters, ear: Ear) -> frozenset[int]:
    """The pitch classes that are allowed: all, where there is no lock, or nothing is known yet that it could go by."""
    match parameters.lock:
        case "off":
            return _ALL
        case "auto":
            return scales.classes(key) if (key := ear.key) else _ALL
        case "chord":
            return ear.chord or _ALL
        case name:
            return scales.classes(str(name))


def allowed(parameters: Parameters, ear: Ear) -> NDArray[np.bool_]:
    """(128,) the notes that may be played at all: in range, in an absolute lock, and, where there are such, in the
    register. Never none, since parameters that would forbid everything are refused."""
    notes = _sounding(parameters)
    if float(parameters.lock_strength) >= 1:
        inside = notes & _inside(parameters, ear)
        notes = inside if inside.any() else notes
    near = notes & _register(parameters, ear)
    return near if near.any() else notes


def _sounding(parameters: Parameters) -> NDArray[np.bool_]:
    """(128,) the notes in range, of which no two sound as the same key: where so many are there, those that need not be
    moved by octaves when they are transposed (core.routes.sent), else an octave at the nearer end of the range."""
    return _in_range(int(parameters.lowest), int(parameters.highest), int(parameters.transpose_out))


@lru_cache(maxsize=16)
def _in_range(low: int, high: int, shift: int) -> NDArray[np.bool_]:
    notes = np.logical_and(low <= _NOTES, high >= _NOTES)
    there = notes & (_NOTES + shift >= 0) & (_NOTES + shift <= _NOTES[-1])
    if there.sum() < min(_OCTAVE, notes.sum()):
        there = notes & (low + _OCTAVE > _NOTES if shift > 0 else high - _OCTAVE < _NOTES)
    return _kept(np.asarray(there))


@lru_cache(maxsize=64)
def _of_classes(allowed: frozenset[int]) -> NDArray[np.bool_]:
    """(128,) the notes of these pitch classes."""
    return _kept(np.isin(_NOTES % 12, list(allowed)))


def _kept(notes: NDArray[_Kind]) -> NDArray[_Kind]:
    """The same for all who ask, so that nobody may change it."""
    notes.flags.writeable = False
    return notes


def liking(parameters: Parameters, ear: Ear) -> NDArray[np.float32]:
    """(128,) float32, what is added to the log of each note's chance: a soft lock makes a note outside it
    1 - lock_strength times as likely; without a lock, see `_tonal`."""
    if parameters.lock == "off":
        return _tonal(float(parameters.tonality), ear.weights)
    strength = float(parameters.lock_strength)
    if strength >= 1:
        return np.zeros(PEDAL_KEY, np.float32)
    return np.where(_inside(parameters, ear), 0.0, math.log(1 - strength)).astype(np.float32)


@lru_cache(maxsize=8)
def _tonal(strength: float, weights: tuple[float, ...]) -> NDArray[np.float32]:
    """(128,) float32, the bias towards the player's key, of whom so much of each pitch class was heard. The seldomer
    they leave it themselves, the less likely is a note outside it; one who leaves it as often as the model does by
    itself is followed without any bias."""
    key = scales.likeliest(np.array(weights)) if strength else None
    if not key:
        return _kept(np.zeros(PEDAL_KEY, np.float32))
    inside = scales.degrees(key)
    apart = sum(weight for at, weight in enumerate(weights) if at not in inside)
    seldom = (apart + _UNHEARD_APART) / (sum(weights) + 1) / _APART
    return _kept(np.where(_of_classes(inside), 0.0, strength * math.log(min(1.0, seldom))).astype(np.float32))


def agreeing(parameters: Parameters, keyboard: Keyboard, theirs: Voice, ear: Ear) -> NDArray[np.float32]:
    """(128,) float32, what is added to the log of each note's chance while the other plays, too: one that is no unison,
    third, fifth or sixth above the newest note that they hold is 1 - consonance times as likely. Of one who plays
    fast or in chords the newest note says less of the harmony, and the bias is as much weaker."""
    strength, held = float(parameters.consonance), np.flatnonzero(keyboard.count[theirs, :PEDAL_KEY])
    if not strength or not len(held):
        return np.zeros(PEDAL_KEY, np.float32)
    newest = held[np.argmax(keyboard.touched[theirs, held])]
    clashes = ~np.isin((_NOTES - newest) % _OCTAVE, _CONSONANT)
    weight = min(1.0, ear.gap / _SLOW_S) if ear.gap > 0 else 1.0
    return np.where(clashes, weight * math.log(1 - strength), 0.0).astype(np.float32)


def density(parameters: Parameters, ear: Ear) -> float:
    """Notes a second that are wanted; 0 where that is free."""
    wanted, follow, rate = float(parameters.density), float(parameters.density_follow), ear.rate
    if follow > 0 and rate is not None:
        wanted = follow * rate
    return min(20.0, max(0.25, wanted)) if wanted > 0 else 0.0


def voiced(noise: NDArray[np.float32], parameters: Parameters, ear: Ear) -> NDArray[np.float32]:
    """The noise by which velocities that are wanted louder, softer or near the player's are drawn oftener.

    The graph has no input for a bias of the velocity, and needs none. It draws the alternative with the largest sum of
    log-probability and Gumbel noise -log(-log(u)); raising u to the power exp(-b) adds b to that sum, which is what a
    bias of b would do. (Behind the temperature, not before it.)
    """
    bias = _louder(parameters, ear)
    if bias is None:
        return noise
    turned = noise.copy()
    turned[-VELOCITIES:] = turned[-VELOCITIES:] ** np.exp(-bias)
    return turned


def warmth(parameters: Parameters) -> NDArray[np.float32]:
    """(4,) float32, the temperature of each head."""
    heads = np.ones(4, np.float32)
    heads[TIME] = float(parameters.time_temperature)
    heads[TOKEN] = float(parameters.temperature)
    heads[VELOCITY] = float(parameters.velocity_temperature)
    return heads


def _inside(parameters: Parameters, ear: Ear) -> NDArray[np.bool_]:
    return _of_classes(locked(parameters, ear))


def _register(parameters: Parameters, ear: Ear) -> NDArray[np.bool_]:
    """(128,) the notes that lie as they should to the player's."""
    wanted, theirs = parameters.register, round(ear.pitch)
    if wanted == "any" or not ear.notes:
        return np.ones(PEDAL_KEY, np.bool_)
    if wanted == "around":
        return np.abs(_NOTES - theirs) <= AROUND
    return theirs < _NOTES if wanted == "above" else theirs > _NOTES


def _louder(parameters: Parameters, ear: Ear) -> NDArray[np.float32] | None:
    """(VELOCITIES,) float32 from 0 to _MOST; None where none is preferred."""
    follow, offset = float(parameters.velocity_follow), float(parameters.velocity_offset)
    follow, theirs = (follow, ear.velocity) if ear.notes else (0.0, 64.0)
    if not follow and not offset:
        return None
    bias = np.clip(offset * _LOUDER * (_VELOCITIES - theirs), -_MOST / 2, _MOST / 2)
    if follow:
        bias = (1 - follow) * bias - follow * ((_VELOCITIES - theirs - offset) / _NEAR) ** 2 / 2
    preferred: NDArray[np.float32] = np.clip(bias - bias.max() + _MOST, 0.0, _MOST).astype(np.float32)
    return preferred
