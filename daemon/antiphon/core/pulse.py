"""Who gives the beat, and where it lies: a MIDI clock, the taps of a foot, or the tempo that was set. Pure values.

Whoever spoke last leads. A clock that has gone leads on with its last tempo, until somebody taps or turns the tempo; as
long as it ticks, nobody else does.
"""

from dataclasses import dataclass, replace
from typing import Final

from antiphon.core.clock import CONTINUE, POSITION, START, STOP, Clock
from antiphon.core.metre import Metre
from antiphon.music.events import Seconds

SLOWEST_BPM: Final = 20.0
FASTEST_BPM: Final = 400.0
_PAUSE_S: Final = 60 / SLOWEST_BPM
"""A tap after so long begins anew."""
TAPS: Final = 8
"""Taps that count, at the most."""
_UNHEARD: Final = Clock()
_TRANSPORT: Final = (START, CONTINUE, STOP)
_PICKUP: Final = 0.5
"""Beats: a note so shortly before a bar belongs to it."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """Where the beat is.

    own     the beats of the tempo that was set or tapped
    clock   the clock that is heard
    leads   whether the clock gives the beat
    halted  True between its Stop and its Start or Continue
    tapped  when the last taps were (s); then the beats lie where they were tapped
    """

    own: Metre
    clock: Clock = _UNHEARD
    leads: bool = False
    halted: bool = False
    tapped: tuple[Seconds, ...] = ()

    @property
    def metre(self) -> Metre:
        """Where the beats lie."""
        return (self.leads and self.clock.metre) or self.own

    def heard(self, message: bytes, now: float, follows: str) -> "Pulse":
        """Once a message that is no channel's has come. `follows` is a value of the parameter `clock`."""
        if follows == "off" or (message[0] != POSITION and message[0] < 0xF8):
            return self
        clock = self.clock.after(message, now)
        halted = not clock.running if message[0] in _TRANSPORT and follows == "follow" else self.halted
        leads = self.leads or clock.metre is not None
        return replace(self, clock=clock, halted=halted, leads=leads, tapped=() if leads else self.tapped)

    def tap(self, now: float) -> "Pulse":
        """A foot was put down: the second tap says how fast, and each where the beat is."""
        if self._led(now):
            return self
        taps = (*self.tapped, Seconds(now)) if self.tapped and now - self.tapped[-1] <= _PAUSE_S else (Seconds(now),)
        taps, own = taps[-TAPS:], self.own
        beat_s = (taps[-1] - taps[0]) / (len(taps) - 1) if len(taps) > 1 else self.metre.beat_s
        beat_s = min(60 / SLOWEST_BPM, max(60 / FASTEST_BPM, beat_s))
        beat = 0.0 if len(taps) == 1 else own.beat + 1
        return replace(self, own=Metre(Seconds(now), beat, beat_s), leads=False, tapped=taps)

    def turned(self, tempo_bpm: float, now: float) -> "Pulse":
        """The tempo was set."""
        own = (self.own if self._led(now) else self.metre).paced(60 / tempo_bpm, now)
        return replace(self, own=own, leads=self._led(now))

    def begun(self, now: float) -> "Pulse":
        """The player begins after a rest: where nobody gives the beat, it is there."""
        return self if self.leads or self.tapped else replace(self, own=Metre(Seconds(now), 0.0, self.own.beat_s))

    def bar(self, now: float, beats: int) -> float:
        """The beat on which the bar began that a note at `now` belongs to."""
        return (self.metre.beat_of(now) + _PICKUP) // beats * beats if self.leads or self.tapped else 0.0

    def _led(self, now: float) -> bool:
        return self.leads and self.clock.alive(now)


def steady(tempo_bpm: float, now: float) -> Pulse:
    """Nobody gives the beat but the tempo that is set."""
    return Pulse(Metre(Seconds(now), 0.0, 60 / tempo_bpm))
