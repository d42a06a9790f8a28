"""When another process may take the place of one that died. Knows names and moments; asks no clock."""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Final

MANY: Final = 3
SOON_S: Final = 10.0
"""So many deaths of one process in so many seconds, and the next start has to wait."""
RESTS_S: Final = {"mind": 30.0}
REST_S: Final = 2.0


@dataclass
class Restarts:
    """Who died when, and who is to be started when."""

    _deaths: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=MANY)))
    _waiting: dict[str, float] = field(default_factory=dict)

    def died(self, name: str, now: float) -> float:
        """Enter a death at `now` (s). Returns for how many seconds that process is left alone: mostly none."""
        deaths = self._deaths[name]
        deaths.append(now)
        rest = 0.0
        if len(deaths) == MANY and now - deaths[0] < SOON_S:
            rest = RESTS_S.get(name, REST_S)
        self._waiting[name] = now + rest
        return rest

    def again(self, name: str, now: float) -> bool:
        """True where that process has died more than once of late."""
        return sum(now - moment < SOON_S for moment in self._deaths[name]) > 1

    @property
    def next(self) -> float:
        """The moment (s) at which `due` next names a process; infinity while none waits."""
        return min(self._waiting.values(), default=math.inf)

    def due(self, now: float) -> list[str]:
        """The processes to start at `now` (s). Each is named once for each death."""
        names = [name for name, moment in self._waiting.items() if moment <= now]
        for name in names:
            del self._waiting[name]
        return names
