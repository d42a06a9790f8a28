"""Company for a note of the player's: notes that the model strikes with it, and lets go of with it.

Each is drawn from what the model expects next, given that it comes at the same moment and is a note that may be played.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from antiphon.core.chance import noise
from antiphon.core.ear import Ear
from antiphon.core.model import Model, Steering
from antiphon.core.parameters import Parameters
from antiphon.core.past import Past, imagine
from antiphon.core.steering import NEVER, allowed, liking, voiced, warmth
from antiphon.music.events import Event, Kind, Voice
from antiphon.music.vocabulary import PEDAL_KEY, TOKENS, VOICES

_NEAREST: Final = 3
_FARTHEST: Final = 16
"""Semitones from the player's note to its company: from a third to a tenth."""
_NOTES: Final = np.arange(PEDAL_KEY)


class Company:
    """Which of our notes accompany which of the player's, and who still waits for company."""

    def __init__(self) -> None:
        self._waiting = deque[int]()
        self._with = dict[int, list[int]]()

    @property
    def waiting(self) -> bool:
        """True while a note of the player's is still to get company."""
        return bool(self._waiting)

    def heard(self, events: Iterable[Event], size: int) -> list[int]:
        """Take note of what the player did; each note is to get `size` notes. Returns our notes that are to end."""
        ended = list[int]()
        for event in events:
            if event.kind is Kind.NOTE_ON:
                self._waiting.extend([event.pitch] * size)
            elif event.kind is Kind.NOTE_OFF:
                self._waiting = deque(pitch for pitch in self._waiting if pitch != event.pitch)
                ended += self._with.pop(event.pitch, [])
        return ended

    def struck(self, pitch: int) -> None:
        """A note of ours has ended for another reason."""
        for notes in self._with.values():
            if pitch in notes:
                notes.remove(pitch)

    def forget(self) -> None:
        """Nobody gets company any more."""
        self._waiting.clear()
        self._with.clear()

    def next(self, model: Model, past: Past, parameters: Parameters, ear: Ear) -> tuple[Event, Past] | None:
        """A note for the one that has waited longest, and the music with it; None where there is none for it."""
        pitch = self._waiting.popleft()
        tokens = _companions(pitch, past, parameters, ear)
        if not tokens.any():
            return None
        bias = np.zeros(TOKENS, np.float32)
        bias[:PEDAL_KEY], bias[PEDAL_KEY:] = liking(parameters, ear), NEVER
        voices = np.zeros(VOICES, np.float32)
        voices[Voice.SOLO] = 1
        kept, memory = float(parameters.top_p), float(parameters.memory)
        steering = Steering(0.0, 0.0, voices, tokens, bias, warmth(parameters), kept, memory)
        chance = voiced(noise(int(parameters.seed), past.count), parameters, ear)
        event, then = imagine(model, past, steering, chance)
        self._with.setdefault(pitch, []).append(event.pitch)
        return event, then


def _companions(pitch: int, past: Past, parameters: Parameters, ear: Ear) -> NDArray[np.float32]:
    """(TOKENS,) float32, 1 for the notes that may be struck with this one: near it where there are such."""
    tokens = np.zeros(TOKENS, np.float32)
    if past.own.count[:, :PEDAL_KEY].sum() >= int(parameters.polyphony):
        return tokens
    apart = np.abs(_NOTES - pitch)
    free = allowed(parameters, ear) & ~past.keyboard.count[:, :PEDAL_KEY].any(0) & (apart >= _NEAREST)
    near = free & (apart <= _FARTHEST)
    tokens[:PEDAL_KEY] = near if near.any() else free
    return tokens
