"""The music up to one event, as the model stands to it; and how one imagined event follows another.

A Past keeps the State *before* its last event: hearing that event again with more silence behind it
gives the distribution given that nothing has happened since.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from antiphon.core.model import Heard, Model, Partner, State, Steering
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
    log_p     where the last event was the model's own choice: the natural log of how likely it was
    """

    state: State
    last: Heard
    time: Seconds
    own: Keyboard
    count: int
    log_p: float | None = None

    @property
    def keyboard(self) -> Keyboard:
        """All keys, whoever holds them."""
        return self.last.keyboard


class Played(NamedTuple):
    """An event that happened, whether the model itself played it, and the natural log of how likely it was to the
    model: None or NaN where that is not known."""

    event: Event
    own: bool
    log_p: float | None = None


def beginning(model: Model, now: float) -> Past:
    """Nothing was played yet."""
    untouched = Keyboard.untouched()
    return Past(model.start(), Heard(0.0, None, untouched), Seconds(now), untouched, 0)


def after(model: Model, past: Past, played: Sequence[Played]) -> Past:
    """The past once these events have really happened, in one call to the model. They are in order of time."""
    if not played:
        return past
    heard, then = _heard(past, played)
    return replace(then, state=model.follow(past.state, heard[:-1]))


def behind(past: Past, played: Sequence[Played]) -> Past:
    """The same without the model: its state is that of before."""
    return _heard(past, played)[1]


def witnessed(model: Partner, past: Past, played: Sequence[Played]) -> tuple[Past, list[Played]]:
    """The same, and each event with how likely it was. There is one at least."""
    heard, then = _heard(past, played)
    state, log_p = model.witness(past.state, heard)
    known = zip(played, log_p.tolist(), strict=True)
    return replace(then, state=state), [Played(each.event, each.own, likely) for each, likely in known]


def _heard(past: Past, played: Sequence[Played]) -> tuple[list[Heard], Past]:
    """The last event of the past and those that were played behind it; and the past behind them, but for its state."""
    heard, keyboard, own, time = [past.last], past.keyboard, past.own, past.time
    for number, (event, ours, _) in enumerate(played, past.count):
        gap = 0.0 if number == 0 else max(0.0, event.time - time)
        time = Seconds(max(time, event.time))
        keyboard = keyboard.after(event)
        own = own.after(event) if ours else own
        heard.append(Heard(gap, event, keyboard))
    return heard, Past(past.state, heard[-1], time, own, past.count + len(played))


def imagine(model: Model, past: Past, steering: Steering, noise: NDArray[np.float32]) -> tuple[Event, Past]:
    """The model's own next event after `past`, and the past once it has happened."""
    choice = model.choose(past.state, past.last, steering, noise)
    gap = choice.ms / 1000
    event = vocabulary.event_of(past.time + gap, choice.token, choice.velocity, Voice(choice.voice))
    last = Heard(gap, event, past.keyboard.after(event))
    log_p = float(choice.log_p.sum())
    return event, Past(choice.state, last, event.time, past.own.after(event), past.count + 1, log_p)
