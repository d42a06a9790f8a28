"""Idle steps that keep a model in the processor's caches while someone plays, as often as that is worth it.

Where they hold, a step after a rest takes as long as one without. Where other work, or another guest of the same
machine, empties the caches faster, an idle step is as slow as the one it should spare, changes nothing for the next,
and a note that comes meanwhile waits for its end: measured, 2 to 3 ms at p99 for nothing at p50. So an idle step that
itself took long is followed by a longer rest.
"""

import time
from collections.abc import Callable
from typing import Final

SOONEST_S: Final = 0.004
"""Between two idle steps, where they hold."""
LATEST_S: Final = 0.5
"""Between two idle steps, where they do not."""
_COLD: Final = 1.5
"""So many times as long as without a rest takes a step that found the caches empty."""
_FIRST: Final = 4


class Warmth:
    """Does `act`, one idle step, now and then.

    gap_s   seconds to the next time
    """

    def __init__(self, act: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> None:
        self._act, self._clock = act, clock
        self._shortest = min(self._taken() for _ in range(_FIRST))
        self.gap_s = SOONEST_S

    def keep(self) -> None:
        """Do a step, and see whether the last one was of any use."""
        taken = self._taken()
        self._shortest = min(self._shortest, taken)
        cold = taken > _COLD * self._shortest
        self.gap_s = min(LATEST_S, 2 * self.gap_s) if cold else max(SOONEST_S, self.gap_s / 2)

    def _taken(self) -> float:
        start = self._clock()
        self._act()
        return self._clock() - start
