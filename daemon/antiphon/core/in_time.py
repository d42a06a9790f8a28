"""A performance in time with others: a clock that ticks, starts and stops, a DAW that falls silent, a foot that taps.

What is composed to a beat follows it when it moves.
"""

import math
from dataclasses import replace
from typing import Final

from antiphon.core.clock import POSITION, START
from antiphon.core.due import Order
from antiphon.core.metre import Metre
from antiphon.core.model import Partner
from antiphon.core.playing import Playing
from antiphon.music.events import Seconds

_OFF_S: Final = 0.01
"""What was composed to a beat that has moved by more than this is composed anew."""


class InTime(Playing):
    """A performance with `model`, from the moment `now` (s) on, in time with whoever gives the beat."""

    @property
    def metre(self) -> Metre:
        """Where the beats lie."""
        return self._pulse.metre

    @property
    def scene(self) -> str:
        """The scene that is played; empty where none was called for."""
        return self._scene

    @property
    def arrivals(self) -> int:
        """How many scenes have begun in it."""
        return self._arrivals

    @property
    def model(self) -> Partner:
        """The model that plays."""
        return self._model

    @property
    def resting(self) -> bool:
        """True between hold and resume."""
        return self._resting

    @property
    def halted(self) -> bool:
        """True between a clock's Stop and its Start or Continue."""
        return self._pulse.halted

    def led(self, now: float) -> bool:
        """Whether a MIDI clock gives the beat at `now` (s), and ticks."""
        return self._pulse.leads and self._pulse.clock.alive(now)

    def _keep_time(self, message: bytes, now: float) -> list[Order]:
        """A clock has ticked, started, gone on or stopped; of all else that is no channel's nothing follows."""
        before = self._pulse
        self._pulse = before.heard(message, now, "off" if self._parameters.send_clock else str(self._parameters.clock))
        if self._pulse.halted and not before.halted:
            return self._cut(now) + self._silence(now)
        if before.halted and not self._pulse.halted:
            self._since = Seconds(now)
        if self._pulse.leads and (message[0] in (START, POSITION) or not before.leads):
            self._anchor = None
        return self._kept_up(now)

    def _kept_up(self, now: float) -> list[Order]:
        """Where the beat has moved under what was composed to it, that is composed anew."""
        answer, metre, planned_on = self._plan.answer, self._pulse.metre, self._planned_on
        if answer is None or planned_on is None or not (self._grid or self._ends):
            return []
        beat = metre.beat_of(now + 1.0)
        if abs(metre.moment_of(beat) - planned_on.moment_of(beat)) <= _OFF_S:
            return []
        orders, self._planned_on = self._cut(now), metre
        if self._plan.answer and self._ends is not None and not self._plan.answer.leaving:
            end = metre.moment_of(self._ends)
            self._plan.answer = self._plan.answer.until(end, end)
        if self._plan.answer:
            self._plan.answer = replace(self._plan.answer, floor=now)
        return orders

    def _quieted(self, message: bytes, now: float) -> list[Order]:
        """A DAW that stops says to every channel that all is to be silent: then so are we, until somebody plays."""
        told, self._hush = self._hush.told, self._hush.after(message, now)
        if told or not self._hush.told:
            return []
        self._since, self._phrase = Seconds(math.inf), None
        return self._cut(now) + self._silence(now)

    def _tap(self, now: float) -> None:
        self._pulse = self._pulse.tap(now)
        tempo = round(self._pulse.metre.tempo_bpm, 2)
        if not self._pulse.leads and len(self._pulse.tapped) > 1:
            self._parameters = self._parameters.changed(tempo=tempo)
        if self._plan.answer:
            self._plan.answer = replace(self._plan.answer, floor=now)

    def _overdue(self, now: float) -> bool:
        turn = self._turn()
        return turn is not None and turn <= now
