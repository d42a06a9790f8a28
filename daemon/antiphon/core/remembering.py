"""A performance with several memories: who strikes a note in a zone with a memory of its own is answered from that."""

from collections.abc import Sequence
from dataclasses import replace

from antiphon.core.apart import Apart, resting
from antiphon.core.due import Order
from antiphon.core.in_time import InTime
from antiphon.core.recall import moved
from antiphon.music.events import Event, Kind, Seconds


class Remembering(InTime):
    """A performance with `model`, from the moment `now` (s) on, with a memory for each of several players."""

    @property
    def whose(self) -> int:
        """The memory that is in force."""
        return self._whose

    @property
    def fed(self) -> bool:
        """True while `memory` holds everything that was heard."""
        return not self._plan.unfed and self._backlog() is None

    def _turn_to(self, memory: int, now: float) -> list[Order]:
        """From now on another memory is in force. What is ours ends, and is remembered where it was played."""
        if memory == self._whose:
            return []
        orders = self._cut(now) + self._silence(now)
        left = Apart(self._plan.past, tuple(self._plan.unfed), self._ear, self._recall)
        taken = resting(self._apart, memory, self._model, now)
        others = {number: each for number, each in self._apart.items() if number != memory}
        self._apart, self._whose = {**others, self._whose: left}, memory
        self._ear, self._recall = replace(taken.ear, chord=self._ear.chord), taken.recall
        self._breath = self._called = None
        self._stand_on(moved(taken.past, 0.0, self._plan.count), now, taken.unfed)
        return orders

    def _divided(self, events: Sequence[Event], channel: int, memory: int, now: float) -> list[Event]:
        """Of what was done on a channel (0-15) by who plays in a memory, what belongs to the one in force. The rest is
        remembered where it belongs."""
        mine = list[Event]()
        for event in events:
            owner = self._owners.of(event, channel, memory)
            if owner == self._whose:
                mine.append(event)
            else:
                before = resting(self._apart, owner, self._model, now)
                self._apart = {**self._apart, owner: before.with_more(event)}
        return mine

    def _rechorded(self, events: Sequence[Event], now: float) -> list[Order]:
        """What somebody did who is not answered may still be the harmony."""
        return self._on_chord(self._chord(any(event.kind is Kind.NOTE_ON for event in events)), now)

    def _backlog(self) -> Seconds | None:
        """Since when a memory that rests is to be fed; None where all have heard all."""
        return next((each.unfed[0].event.time for each in self._apart.values() if each.unfed), None)

    def _remember(self) -> None:
        """Feed some of it."""
        memory = next(number for number, each in self._apart.items() if each.unfed)
        self._apart = {**self._apart, memory: self._apart[memory].fed(self._model)}
