"""Messages waiting for their moment.

Knows moments and messages; asks no clock. Where something is taken back, no release is lost that a sounding note needs.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import count

from antiphon.core.due import Due
from antiphon.music.events import Seconds
from antiphon.music.ledger import owing, paying
from antiphon.music.wire import CONTROL


class DueQueue:
    """Gives messages back in the order of their due times; those due at the same time in the order they came."""

    def __init__(self) -> None:
        self._heap: list[tuple[Seconds, int, Due]] = []
        self._arrivals = count()

    @property
    def next(self) -> Seconds | None:
        """When the first message is due; None when nothing waits."""
        return self._heap[0][0] if self._heap else None

    def push(self, dues: Iterable[Due]) -> None:
        """Put messages in."""
        for due in dues:
            heapq.heappush(self._heap, (due.time, next(self._arrivals), due))

    def pop_due(self, now: Seconds) -> list[Due]:
        """Take out whatever is due at `now` (s), earliest first."""
        due = []
        while self._heap and self._heap[0][0] <= now:
            due.append(heapq.heappop(self._heap)[2])
        return due

    def revoke(self, unwanted: Callable[[Due], bool]) -> list[Due]:
        """Take back the unwanted messages, and return them.

        A release is never taken back for itself. A note-off goes with the note it belongs to: left alone it would cut
        a later note of the same key. A pedal-up stays, since the pedal may have been down before.
        """
        kept, gone = [], []
        unpaid: Counter[bytes] = Counter()
        for entry in sorted(self._heap):
            message = entry[2].message
            if (paid := paying(message)) and unpaid[paid]:
                unpaid[paid] -= 1
                gone.append(entry[2])
            elif not paid and unwanted(entry[2]):
                gone.append(entry[2])
                if (debt := owing(message)) and debt[0] < CONTROL:
                    unpaid[debt] += 1
            else:
                kept.append(entry)
        self._heap = kept
        return gone
