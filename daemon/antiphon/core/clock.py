"""MIDI clock, followed: where its beats lie, whether it runs, and when it has gone. Pure: messages and moments.

A value: `after` gives a new one. Each tick is expected at a moment, and what it is off by moves phase and period by
shares that fall as ticks come in: so the line is that of least squares through all of them, and later through the last
eight beats or so. Where what they are off by keeps one sign, the tempo is changing, and fewer ticks count.

The gains are those of the expanding- and fading-memory polynomial filters of first degree (Morrison, "Introduction to
Sequential Smoothing and Prediction", 1969); the test for a bias is Trigg's tracking signal (1964).
"""

from dataclasses import dataclass, replace
from typing import Final

from antiphon.core.metre import Metre
from antiphon.music.events import Seconds

TICK: Final = 0xF8
START: Final = 0xFA
CONTINUE: Final = 0xFB
STOP: Final = 0xFC
POSITION: Final = 0xF2
TICKS: Final = 24
"""In a beat."""
GONE_S: Final = 1.0
"""Without a tick for so long the clock has gone. At 20 bpm one comes each eighth of a second."""
_SIXTEENTH: Final = 6
_LOCKED: Final = 12.0
"""Ticks after which the tempo is known well enough to go by."""
_LONGEST: Final = 192.0
"""Ticks that count, at the most: jitter of 3 ms then leaves 0.02 % at 200 bpm."""
_SHORTEST: Final = 24.0
"""Ticks that count at the least. Fewer follow a step a beat sooner, and take the beating of a clock against the periods
of a sound card (200 bpm, periods of 21 ms) for changes of tempo."""
_KEPT: Final = 12.0
"""Ticks that the tempo before counts for, when a clock returns."""
_LATELY: Final = 1 / 24
_USUALLY: Final = 1 / 96
"""Of the last deviation, in the two averages that tell a bias from jitter: a bias is as large as jitter usually is."""
_FAINT_S: Final = 0.0005
"""A bias smaller than this is none."""
_SHRINKS: Final = 0.85
_NOWHEN: Final = Seconds(0.0)
_FASTEST_S: Final = 60 / 400 / TICKS
_SLOWEST_S: Final = 60 / 20 / TICKS
_LATE_S: Final = 0.025
_LATE: Final = 3.0
"""A tick that is later than so many periods and a bit: some have been lost, or all were held up."""
_BURST: Final = 0.2
"""Ticks closer than this share of a period were held up."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock as far as it has been heard.

    ticks     the number of the last tick, counted from where Start or song position put it
    at        when it was, as the line has it (s)
    tick_s    from tick to tick (s); 0 while unknown
    memory    how many ticks the line goes by
    bias      the average of what ticks were off by lately (s)
    spread    the average of how much they usually are (s)
    arrived   when the last tick came (s); -inf before
    running   False between Stop and Start or Continue
    jumped    True where the next tick's number has been said, and is not what follows from its moment
    lent      ticks taken for lost, that may still come in a burst
    """

    ticks: int = -1
    at: Seconds = _NOWHEN
    tick_s: float = 0.0
    memory: float = 0.0
    bias: float = 0.0
    spread: float = 0.0
    arrived: float = float("-inf")
    running: bool = True
    jumped: bool = True
    lent: int = 0

    @property
    def metre(self) -> Metre | None:
        """Where its beats lie; None while that is not known."""
        if self.memory < _LOCKED or not self.tick_s:
            return None
        return Metre(self.at, self.ticks / TICKS, self.tick_s * TICKS)

    def alive(self, now: float) -> bool:
        """True while ticks come."""
        return now - self.arrived < GONE_S

    def after(self, message: bytes, now: float) -> "Clock":
        """Once a message has come at `now` (s); one that is not of a clock changes nothing."""
        match message[0] if message else 0:
            case 0xF8:
                return self._ticked(now)
            case 0xFA:
                return replace(self, ticks=-1, running=True, jumped=True)
            case 0xFB:
                return replace(self, running=True, jumped=True)
            case 0xFC:
                return replace(self, running=False)
            case 0xF2 if len(message) == 3:
                return replace(self, ticks=(message[1] | message[2] << 7) * _SIXTEENTH - 1, jumped=True)
        return self

    def _ticked(self, now: float) -> "Clock":
        passed, since = int(self.running), now - self.arrived
        if not self.memory:
            return replace(self._first(now), ticks=self.ticks + passed)
        late = self.tick_s > 0 and since > _LATE * self.tick_s + _LATE_S
        if late and self.jumped:
            return replace(self._first(now), ticks=self.ticks + passed)
        if late:
            missing = max(0, round((now - self.at) / self.tick_s) - 1)
            counted = replace(self, at=Seconds(self.at + missing * self.tick_s), memory=min(self.memory, _KEPT))
            return replace(counted._drawn(now), ticks=self.ticks + passed * (missing + 1), lent=missing)
        if self.lent and since < _BURST * self.tick_s:
            return replace(self, lent=self.lent - 1, arrived=now)
        return replace(self._drawn(now), ticks=self.ticks + passed, jumped=False, lent=0)

    def _first(self, now: float) -> "Clock":
        """The line begins here; what was known of the tempo still counts a little."""
        memory = min(self.memory, _KEPT) if self.tick_s else 1.0
        return replace(self, at=Seconds(now), memory=memory, bias=0.0, spread=0.0, arrived=now, jumped=False, lent=0)

    def _drawn(self, now: float) -> "Clock":
        """The line with one tick more."""
        memory = min(self.memory + 1, _LONGEST)
        phase_share = 2 * (2 * memory - 1) / (memory * (memory + 1))
        period_share = 6 / (memory * (memory + 1))
        off = now - self.at - self.tick_s
        tick_s = min(_SLOWEST_S, max(_FASTEST_S, self.tick_s + period_share * off))
        known = memory > _KEPT
        bias = self.bias + _LATELY * (off - self.bias) if known else 0.0
        spread = self.spread + _USUALLY * (abs(off) - self.spread) if known else 0.0
        if abs(bias) > max(spread, _FAINT_S):
            memory = min(memory, max(_SHORTEST, memory * _SHRINKS))
        at = Seconds(self.at + self.tick_s + phase_share * off)
        return replace(self, at=at, tick_s=tick_s, memory=memory, bias=bias, spread=spread, arrived=now)
