"""The music up to one event, as the model stands to it; and how one imagined event follows another.

A Past keeps the State *before* its last event: hearing that event again with more silence behind it
gives the distribution given that nothing has happened since.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from antiphon.core.model import Heard, Model, State, Steering
from antiphon.music import vocabulary
from antiphon.music.events import Event, Seconds, Voice
from antiphon.music.keyboard import Keyboard


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """Everything that was played up to and including one event.

    state     the model's memory before `last`
    last      the last event, as heard
    time      when it happened (s)
    own       the keys that the model itself holds
    count     how many events there were
    """

    state: State
    last: Heard
    time: Seconds
    own: Keyboard
    count: int

    @property
    def keyboard(self) -> Keyboard:
        """All keys, whoever holds them."""
        return self.last.keyboard


class Played(NamedTuple):
    """An event that happened, and whether the model itself played it."""

    event: Event
    own: bool


def beginning(model: Model, now: float) -> Past:
    """Nothing was played yet."""
    untouched = Keyboard.untouched()
    return Past(model.start(), Heard(0.0, None, untouched), Seconds(now), untouched, 0)


def after(model: Model, past: Past, played: Sequence[Played]) -> Past:
    """The past once these events have really happened, in one call to the model. They are in order of time."""
    if not played:
        return past
    heard, keyboard, own, time = [past.last], past.keyboard, past.own, past.time
    for number, (event, ours) in enumerate(played, past.count):
        gap = 0.0 if number == 0 else max(0.0, event.time - time)
        time = Seconds(max(time, event.time))
        keyboard = keyboard.after(event)
        own = own.after(event) if ours else own
        heard.append(Heard(gap, event, keyboard))
    return Past(model.follow(past.state, heard[:-1]), heard[-1], time, own, past.count + len(played))


def imagine(model: Model, past: Past, steering: Steering, noise: NDArray[np.float32]) -> tuple[Event, Past]:
    """The model's own next event after `past`, and the past once it has happened."""
    choice = model.choose(past.state, past.last, steering, noise)
    gap = choice.ms / 1000
    event = vocabulary.event_of(past.time + gap, choice.token, choice.velocity, Voice(choice.voice))
    return event, _then(past, choice.state, event, gap)


def _then(past: Past, state: State, event: Event, gap: float) -> Past:
    keyboard = past.keyboard.after(event)
    return Past(state, Heard(gap, event, keyboard), event.time, past.own.after(event), past.count + 1)
