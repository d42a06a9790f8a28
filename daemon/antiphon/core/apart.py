"""Memories apart: what a performance remembers of who plays in a zone with a memory of its own. Values, and whose keys
are down.

Of several memories one is in force: what is played is made from it, and what its player does goes into it. The others
rest, and hear of their players only what is let go of.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from antiphon.core.ear import UNHEARD, Ear
from antiphon.core.model import Partner
from antiphon.core.past import Past, Played, after, beginning
from antiphon.core.recall import Recall
from antiphon.music.events import Event, Kind
from antiphon.music.wire import Listener

GROUND: Final = 0
"""What the others begin from that have not been in force yet, where that is not nothing."""
_CHUNK: Final = 16
_PEDAL: Final = (-1, -1)


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """A memory that rests.

    past    the music in it
    unfed   what has happened in it since, and is still to be fed
    ear     what steering goes by of its player
    recall  the last answer that was made from it
    """

    past: Past
    unfed: tuple[Played, ...] = ()
    ear: Ear = UNHEARD
    recall: Recall | None = None

    def with_more(self, event: Event) -> "Apart":
        """The same, once its player has done this too."""
        return replace(self, unfed=(*self.unfed, Played(event, False)))

    def fed(self, model: Partner) -> "Apart":
        """The same, some more of it fed."""
        return replace(self, past=after(model, self.past, self.unfed[:_CHUNK]), unfed=self.unfed[_CHUNK:])


def resting(apart: Mapping[int, Apart], memory: int, model: Partner, now: float) -> Apart:
    """The memory of this number, as it rests; a new one where there is none."""
    return apart.get(memory) or apart.get(GROUND) or Apart(beginning(model, now))


class Owners:
    """In which memory each key that the players hold went down: there it comes up."""

    def __init__(self) -> None:
        self._down = dict[tuple[int, int], int]()

    def of(self, event: Event, channel: int, memory: int) -> int:
        """The memory that an event on a channel (0-15) belongs to, where `memory` is that of whoever did it."""
        at = _PEDAL if event.kind is Kind.PEDAL else (channel, event.pitch)
        if event.starts:
            self._down[at] = memory
            return memory
        return self._down.pop(at, memory)

    def keys(self, listener: Listener, memory: int) -> list[tuple[int, int]]:
        """The keys that are down in a memory, each its channel (0-15) and note."""
        return [key for key in listener.keys if self._down.get(key) == memory]

    def presses(self, listener: Listener, memory: int, now: float) -> list[Event]:
        """What is down in a memory, as if it went down at `now` (s)."""
        pressed = listener.presses(now)
        places = [*listener.keys, *[_PEDAL] * (len(pressed) - len(listener.keys))]
        return [each for at, each in zip(places, pressed, strict=True) if self._down.get(at) == memory]
