"""The numbers the network reads and writes, and nothing about how it is built.

Keys are the 128 MIDI notes and the sustain pedal, which is key 128: it goes down and comes up
like any other. A token is a key going down (0..128) or coming up (129..257). Time is a mass on a
grid of 1 ms: one bin per millisecond up to 40 ms, then twelve bins per octave up to 20 s, then one
bin for everything longer; inside a bin every millisecond is equally likely.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from antiphon.music.events import Event, Kind, Seconds, Voice

VERSION: Final = 1
"""Raised whenever the meaning of any number below changes; stands in every model's JSON."""

KEYS: Final = 129
PEDAL_KEY: Final = 128
TOKENS: Final = 2 * KEYS
BEGIN: Final = TOKENS
"""The token before the first event of a performance; read by the network, never written."""
VELOCITIES: Final = 128
VOICES: Final = len(Voice)
LONGEST_MS: Final = 20_000


def _edges() -> NDArray[np.int64]:
    edges = list(range(41))
    step = 0
    while edges[-1] < LONGEST_MS:
        step += 1
        edge = round(40 * 2 ** (step / 12))
        if edge > edges[-1]:
            edges.append(min(edge, LONGEST_MS))
    return np.array([*edges, 2 * LONGEST_MS], dtype=np.int64)


EDGES_MS: Final = _edges()
"""(TIME_BINS + 1,) int64. Bin i holds the whole milliseconds EDGES_MS[i] .. EDGES_MS[i + 1] - 1."""
TIME_BINS: Final = len(EDGES_MS) - 1
WIDTHS_MS: Final = np.diff(EDGES_MS)
"""(TIME_BINS,) int64. Milliseconds in each bin; the last bin is one symbol whatever its width."""

NOISE: Final = TIME_BINS + 1 + VOICES + TOKENS + VELOCITIES
"""Uniform numbers one step needs: one per alternative of each head, one for the place in the bin."""


def milliseconds(span: float) -> int:
    """A span of seconds on the 1 ms grid, 0 or more."""
    return max(0, round(span * 1000))


def time_bin(ms: int) -> int:
    """The bin that holds a span of `ms` milliseconds, 0 .. TIME_BINS - 1."""
    return min(int(np.searchsorted(EDGES_MS, ms, side="right")) - 1, TIME_BINS - 1)


def key(event: Event) -> int:
    """Which key an event moves: its pitch, or PEDAL_KEY."""
    return PEDAL_KEY if event.kind is Kind.PEDAL else event.pitch


def token(event: Event) -> int:
    """Kind and pitch in one number, 0 .. TOKENS - 1."""
    return key(event) + (0 if event.starts else KEYS)


def strength(event: Event) -> int:
    """The velocity that goes with an event's token: 0 for a release, 127 for the pedal going down."""
    if event.kind is Kind.PEDAL:
        return 127 if event.starts else 0
    return event.velocity if event.starts else 0


def event_of(time: float, token_: int, velocity: int, voice: Voice) -> Event:
    """The event that a token and a velocity (1-127, read only for a note-on) stand for."""
    down, moved = token_ < KEYS, token_ % KEYS
    if moved == PEDAL_KEY:
        return Event(Seconds(time), Kind.PEDAL, 0, 127 if down else 0, voice)
    kind = Kind.NOTE_ON if down else Kind.NOTE_OFF
    return Event(Seconds(time), kind, moved, velocity if down else 0, voice)


def log_width(bin_: int) -> float:
    """Natural log of the milliseconds a bin spreads its mass over (0 for the last, one symbol)."""
    return 0.0 if bin_ == TIME_BINS - 1 else math.log(WIDTHS_MS[bin_])
