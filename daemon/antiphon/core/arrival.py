"""A scene on its way: its model hears the recent past while the one before still plays, and takes over at a moment."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from antiphon.core.model import Heard, Partner
from antiphon.core.parameters import Parameters, Value
from antiphon.core.past import Past, Played
from antiphon.core.recall import moved
from antiphon.errors import ParameterError
from antiphon.music.events import Seconds
from antiphon.music.keyboard import Keyboard

RECENT: Final = 256
"""Events of the past that another model is told of."""
RECENT_S: Final = 0.3
"""So much of the past (s) is told where the model comes out of other music: what is told soon outweighs that."""
CHUNK: Final = 16
"""Events that it is told of in one piece of work."""


class Arrival:
    """What is to hold from `at` (s) on.

    parameters   None for those that hold then
    model        the model that plays then; None where it is the same and goes on with the same music
    """

    def __init__(
        self, name: str, parameters: Parameters | None, at: Seconds, model: Partner | None, past: Past
    ) -> None:
        self.name, self.parameters, self.at, self.model = name, parameters, at, model
        self._number = max(0, past.count - RECENT)  # of the next event to be told
        self._state = model.start() if model else past.state
        self._last = Heard(0.0, None, Keyboard.untouched())
        self._time: Seconds | None = None
        self._elsewhere = False  # whether the model comes out of other music

    def come_from(self, world: Past, past: Past, happened: Sequence[Played], now: float) -> None:
        """Its model comes out of `world`, which ended BEHIND_S before 0, and is told of the last RECENT_S alone."""
        recent = [played for played in happened if played.event.time >= now - RECENT_S][-RECENT:]
        self._number, self._elsewhere = past.count - len(recent), True
        before = moved(world, recent[0].event.time if recent else now, world.count)
        trace = self.model.start().trace if self.model else None
        self._state, self._last, self._time = replace(before.state, trace=trace), before.last, before.time

    def turn(self, changes: Mapping[str, Value]) -> None:
        """Some parameters have been given these values since: they hold then, too, where they go with its own."""
        if self.parameters:
            with contextlib.suppress(ParameterError):
                self.parameters = self.parameters.changed(**changes)

    def behind(self, past: Past) -> bool:
        """Whether its model has not heard all yet."""
        return self.model is not None and self._number < past.count

    def hear(self, happened: Sequence[Played], past: Past) -> None:
        """Tell its model of some more of what happened; the newest of `happened` is number `past.count`."""
        if self.model is None:
            return
        first = max(self._number, past.count - len(happened))
        some = list(happened)[len(happened) - (past.count - first) :][:CHUNK]
        heard = [self._last]
        for played in some:
            event = played.event
            gap = 0.0 if self._time is None else max(0.0, event.time - self._time)
            self._time = Seconds(max(event.time, self._time or event.time))
            heard.append(Heard(gap, event, heard[-1].keyboard.after(event)))
        self._state, self._last = self.model.follow(self._state, heard[:-1]), heard[-1]
        self._number = first + len(some)

    def past(self, before: Past) -> Past:
        """The music so far as its model stands to it, once it has heard all."""
        keyboard = before.keyboard.touched_as(self._last.keyboard) if self._elsewhere else before.keyboard
        last = replace(self._last, keyboard=keyboard)
        if self._time is None:
            return replace(before, state=self._state, last=last)
        time = Seconds(max(before.time, self._time))
        return replace(before, state=self._state, last=last, time=time, count=max(1, before.count))
