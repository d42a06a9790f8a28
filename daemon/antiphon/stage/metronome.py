"""The clock that we send: a tick at each twenty-fourth of a beat, start, stop and continue. Moments and bytes only.

It goes on as it was told last, whoever told it may have died meanwhile.
"""

import math
from typing import Final

from antiphon.core.messages import Beat
from antiphon.music.events import Seconds

_TICK, _START, _CONTINUE, _STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"
_TICKS: Final = 24
_SIXTEENTHS: Final = 4
_POSITIONS: Final = 1 << 14
_HELD_UP_S: Final = 0.2
"""Ticks that are later than this are left out, and the place is said anew."""


class Metronome:
    """Gives out what is due. A first bar begins with Start, a later one with song position and Continue."""

    def __init__(self) -> None:
        self._beat: Beat | None = None
        self._tick: int | None = None  # the number of the next one; None where none is due
        self._fresh = False  # whether the place is to be said before it
        self._started = False

    @property
    def next(self) -> Seconds | None:
        """When the next message is due; None while it stands still."""
        return None if self._beat is None or self._tick is None else self._moment(self._beat, self._tick)

    def follow(self, beat: Beat, now: float) -> list[bytes]:
        """From `now` (s) on the beats are these. Returns what is to be sent at once."""
        old, self._beat = self._beat, beat
        if not beat.runs:
            stops = self._tick is not None and not self._fresh
            self._tick = None
            return [_STOP] if stops else []
        jumps = old is None or abs(_beat_at(old, now) - _beat_at(beat, now)) > 1 / _TICKS
        if self._tick is None or (jumps and not self._fresh):
            self._begin(beat, now)
        return []

    def due(self, now: float) -> list[bytes]:
        """The messages that are due at `now` (s)."""
        messages, beat = list[bytes](), self._beat
        while beat and self._tick is not None and (moment := self._moment(beat, self._tick)) <= now:
            if now - moment > _HELD_UP_S:
                self._begin(beat, now)
                break
            if self._fresh:
                messages += self._place(self._tick)
            messages.append(_TICK)
            self._fresh, self._tick = False, self._tick + 1
        return messages

    def farewell(self) -> list[bytes]:
        """What is to be sent before we leave."""
        going, self._tick = self._tick is not None and not self._fresh, None
        return [_STOP] if going else []

    def _begin(self, beat: Beat, now: float) -> None:
        """With the next bar."""
        self._tick = math.ceil(_beat_at(beat, now) / beat.bar) * beat.bar * _TICKS
        self._fresh = True

    def _place(self, tick: int) -> list[bytes]:
        position = tick // _TICKS * _SIXTEENTHS
        first, self._started = not self._started, True
        if first or not 0 <= position < _POSITIONS:
            return [_START]
        return [bytes((0xF2, position & 0x7F, position >> 7)), _CONTINUE]

    @staticmethod
    def _moment(beat: Beat, tick: int) -> Seconds:
        return Seconds(beat.time + (tick / _TICKS - beat.beat) * beat.beat_s)


def _beat_at(beat: Beat, moment: float) -> float:
    return beat.beat + (moment - beat.time) / beat.beat_s
