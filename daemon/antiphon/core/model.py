"""What the core needs of a model, whatever runs it: follow the events, then choose the next one.

State is a value and never written in place, so that keeping one is keeping a reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from antiphon.core.trace import Trace
from antiphon.music import vocabulary
from antiphon.music.events import Event
from antiphon.music.keyboard import Keyboard

TIME, VOICE, TOKEN, VELOCITY = range(4)
"""The heads, in the order in which they choose."""

MEMORY_SHARES: Final = (0.4, 0.2)
"""Of the choice of time, and of kind and pitch: how much is memory's when it is turned up to 1. Half of it is what
helped most in music unlike that which was learned from (docs/experiments.md)."""

FOREVER_S: Final = 39.999
"""Seconds: the latest moment a choice can name."""


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What the LSTM remembers: hidden and cell, each (layers, 1, width) float32; and, where the model looks back on
    moments of the performance, these."""

    hidden: NDArray[np.float32]
    cell: NDArray[np.float32]
    trace: Trace | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """One event as the model hears it: seconds since the one before, the event (None: the beginning),
    and the keys after it."""

    dt: float
    event: Event | None
    keyboard: Keyboard

    @property
    def token(self) -> int:
        """Kind and pitch, or BEGIN."""
        return vocabulary.BEGIN if self.event is None else vocabulary.token(self.event)

    @property
    def chosen(self) -> tuple[int, int, int, int]:
        """Milliseconds, voice, token and velocity: the event as a choice. Of the beginning there is none."""
        event, token = self.event, self.token
        assert event is not None
        return vocabulary.milliseconds(self.dt), int(event.voice), token, vocabulary.strength(event)


@dataclass(frozen=True, slots=True, eq=False)
class Steering:
    """What is allowed and preferred for the next event.

    earliest, latest   seconds after the last event; nothing has happened before `earliest`
    voices             (VOICES,) float32, 1 where a voice may play
    tokens             (TOKENS,) float32, 1 where a key may go down; releases of held keys are never masked
    bias               (TOKENS,) float32, added to the logs of kind and pitch
    temperature        (4,) float32 for time, voice, kind and pitch, velocity
    top_p              the share of the likeliest kinds and pitches that is kept, 0-1
    memory             how much it keeps to what followed moments like this one before, 0-1
    """

    earliest: float
    latest: float
    voices: NDArray[np.float32]
    tokens: NDArray[np.float32]
    bias: NDArray[np.float32]
    temperature: NDArray[np.float32]
    top_p: float
    memory: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What the model chose, how likely each part of it was, and the state after what it had heard.

    ms           whole milliseconds after the last event
    log_p        (4,) natural logs: time bin, voice, kind and pitch, velocity
    log_silence  log of the chance that nothing happened before `earliest`, unsteered
    """

    ms: int
    voice: int
    token: int
    velocity: int
    log_p: NDArray[np.float32]
    log_silence: float
    state: State


class Model(Protocol):
    """A stateful next-event model."""

    @property
    def name(self) -> str:
        """What users call it."""

    def start(self) -> State:
        """The state before anything was heard."""

    def follow(self, state: State, heard: Sequence[Heard]) -> State:
        """The state after hearing these events in order."""

    def choose(self, state: State, last: Heard, steering: Steering, noise: NDArray[np.float32]) -> Choice:
        """Hear `last` from `state`, then draw the next event with `noise` (NOISE,) in 0-1."""


class Partner(Model, Protocol):
    """A model that can also say how likely was what others did, and how long it expects them to be silent."""

    def witness(self, state: State, heard: Sequence[Heard]) -> tuple[State, NDArray[np.float32]]:
        """The state after hearing all but the last of these events in order, one at least; and for each behind the
        first, (N - 1,), the natural log of how likely it was before it came, unsteered; NaN where nobody knows."""

    def silence(self, state: State, last: Heard) -> NDArray[np.float32]:
        """Hear `last` from `state`; (M,) the log of the chance that no key goes down before each of
        survival.MOMENTS_S after it."""


class Identified(Partner, Protocol):
    """A partner that can be told from every other."""

    @property
    def sha256(self) -> str:
        """Of its graph."""

    @property
    def found_at(self) -> str:
        """By what it can be loaded again: its name, or where it lies."""
