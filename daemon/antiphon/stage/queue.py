"""Messages waiting for their moment. Knows moments and messages; asks no clock."""

import heapq
from itertools import count

from antiphon.core.due import Due
from antiphon.music.events import Seconds


class DueQueue:
    """Gives messages back in the order of their due times; those due at the same time in the order they came."""

    def __init__(self) -> None:
        self._heap: list[tuple[Seconds, int, Due]] = []
        self._arrivals = count()

    @property
    def next(self) -> Seconds | None:
        """When the first message is due; None when nothing waits."""
        return self._heap[0][0] if self._heap else None

    def push(self, due: Due) -> None:
        """Put a message in."""
        heapq.heappush(self._heap, (due.time, next(self._arrivals), due))

    def pop_due(self, now: Seconds) -> list[Due]:
        """Take out whatever is due at `now` (s), earliest first."""
        due = []
        while self._heap and self._heap[0][0] <= now:
            due.append(heapq.heappop(self._heap)[2])
        return due

    def revoke(self, after: Seconds) -> None:
        """Forget whatever is due later than `after` (s). Whoever takes a release back owes another one."""
        self._heap = [entry for entry in self._heap if entry[0] <= after]
        heapq.heapify(self._heap)
