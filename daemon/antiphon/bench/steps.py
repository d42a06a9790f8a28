"""How long the model takes for one event, in a process that does nothing else. Seconds."""

import time
from collections.abc import Callable

from antiphon.core.answer import Answer
from antiphon.core.model import Model
from antiphon.core.parameters import Parameters
from antiphon.core.past import Played, after, beginning
from antiphon.music.events import Seconds, note_on

REST_S = 0.02
"""After so long a rest a step finds nothing of its own in the processor's caches."""


def step(model: Model) -> Callable[[], object]:
    """One event composed: what is allowed, one run of the graph, the event and the past after it."""
    past = after(model, beginning(model, 0.0), [Played(note_on(0.0, 60, 80), False)])
    forever = Seconds(float("inf"))
    answer, parameters = Answer(Seconds(0.5), forever, forever, False), Parameters()
    return lambda: answer.next(model, past, parameters)


def taken(act: Callable[[], object], span_s: float, rest_s: float = 0.0) -> list[float]:
    """How long it took, each time, done over and over for `span_s` with a rest before each."""
    times = list[float]()
    end = time.perf_counter() + span_s
    while not times or time.perf_counter() < end:
        if rest_s:
            time.sleep(rest_s)
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return times
