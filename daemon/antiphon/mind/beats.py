"""Who gives the beat, as bytes of a fixed layout, for the journal."""

import struct
from typing import Final

from antiphon.core.clock import Clock
from antiphon.core.metre import Metre
from antiphon.core.pulse import TAPS, Pulse
from antiphon.music.events import Seconds

_LAYOUT: Final = struct.Struct(f"<B3dq6d??q??B{TAPS}d")  # known, own beats, the clock, who leads, taps
PULSE: Final = _LAYOUT.size
"""Bytes."""


def of_pulse(pulse: Pulse | None) -> bytes:
    """A pulse in PULSE bytes."""
    if pulse is None:
        return bytes(PULSE)
    own, clock, taps = pulse.own, pulse.clock, pulse.tapped[-TAPS:]
    line = (clock.ticks, clock.at, clock.tick_s, clock.memory, clock.bias, clock.spread, clock.arrived)
    state = (clock.running, clock.jumped, clock.lent, pulse.leads, pulse.halted, len(taps))
    return _LAYOUT.pack(1, own.at, own.beat, own.beat_s, *line, *state, *taps, *[0.0] * (TAPS - len(taps)))


def pulse_of(data: bytes) -> Pulse | None:
    """What `of_pulse` made."""
    known, at, beat, beat_s, ticks, line_at, *more = _LAYOUT.unpack(data)
    if not known:
        return None
    tick_s, memory, bias, spread, arrived, running, jumped, lent, leads, halted, count, *taps = more
    clock = Clock(ticks, Seconds(line_at), tick_s, memory, bias, spread, arrived, running, jumped, lent)
    tapped = tuple(Seconds(tap) for tap in taps[:count])
    return Pulse(Metre(Seconds(at), beat, beat_s), clock, leads, halted, tapped)
