"""The processes there are: who has which place, who knows whom, and who counts as hung.

Knows their beats and none of their words. What to do about one that has gone is the guard's to say.
"""

import math
import time
from collections.abc import Iterator
from typing import Final

from antiphon.children import Bell, Child, introduce, spawn
from antiphon.lines import BEAT_S
from antiphon.settings import Settings

HANGS_S: Final = 3 * BEAT_S
"""Without a beat for so long a process that plays, or that stood by and was called, counts as hung, and is killed."""
_PLAYS: Final = ("stage", "mind")
_RESTS_S: Final = 5.0
"""The same for the others: nobody waits for them, and on a busy machine they come last."""
STARTS_S: Final = 20.0
"""So long may a process take until its first beat."""


class Crew:
    """The processes in their places, by name, and a stage that stands by.

    bell   rings when one has died
    """

    def __init__(self, settings: Settings, bell: Bell) -> None:
        self._programs, self._takes, self._bell = settings.programs, settings.takes, bell
        self.placed: dict[str, Child] = {}
        self._spare: Child | None = None
        self._excused = -math.inf

    @property
    def names(self) -> list[str]:
        """The places there are, in the order in which they are taken."""
        return ["stage", "mind", "page", *(["scribe"] if self._takes is not None else [])]

    def __iter__(self) -> Iterator[Child]:
        """Everyone, the one that stands by last."""
        return iter([*self.placed.values(), *([self._spare] if self._spare else [])])

    def find(self, *names: str) -> list[Child | None]:
        """Who has these places."""
        return [self.placed.get(name) for name in names]

    def place(self, name: str) -> Child:
        """Somebody takes a place: the stage that stands by, or a new process."""
        child = self._spare if name == "stage" and self._spare and self._spare.alive else self._spawn(name)
        if child is self._spare:
            self._spare = None
        child.beat_at, child.ready = time.monotonic(), False
        self.placed[name] = child
        return child

    def stand_by(self) -> None:
        """Have a stage stand by."""
        self._spare = self._spare or self._spawn("stage")

    def acquaint(self, name: str) -> None:
        """Let a process that has been started, and those there are, have the lines between them: pictures go from the
        mind to the page, the tape from the mind to the scribe. Stage and mind meet when both are ready."""
        mind, page, scribe = self.find("mind", "page", "scribe")
        if mind and page and name in ("mind", "page"):
            introduce(mind, page, {}, {})
        if mind and scribe and name in ("mind", "scribe") and self._takes is not None:
            introduce(mind, scribe, {"silence": self._takes["silence"]}, {})

    def beats(self, name: str) -> bool:
        """True where somebody has that place whose beat is not missed."""
        child = self.placed.get(name)
        return child is not None and time.monotonic() - child.beat_at < HANGS_S

    @property
    def next(self) -> float:
        """The next moment (s) at which somebody in a place counts as hung, if nobody says anything."""
        return min(map(self._hangs_at, self.placed.values()), default=math.inf)

    def hangs(self, child: Child, now: float) -> bool:
        """Whether it counts as hung at `now` (s). One that stands by has nothing to say."""
        return child is not self._spare and now >= self._hangs_at(child)

    def excuse(self, now: float) -> None:
        """Nobody can be told to hang by what happened until `now` (s)."""
        self._excused = now

    def strike_off(self, child: Child) -> bool:
        """One that has ended is no more of us. True where it had a place, which is free now."""
        if child is self._spare:
            self._spare = None
            return False
        if self.placed.get(child.name) is not child:
            return False
        del self.placed[child.name]
        return True

    def leave(self) -> None:
        """Tell everyone to go, and wait until they have."""
        for child in self:
            child.leave()

    def _hangs_at(self, child: Child) -> float:
        if child.prompt or (child.ready and child.name in _PLAYS):
            patience = HANGS_S
        else:
            patience = _RESTS_S if child.ready else STARTS_S
        return max(child.beat_at, self._excused) + patience

    def _spawn(self, name: str) -> Child:
        child = spawn(name, self._programs.get(name, f"antiphon.{name}"))
        self._bell.watch(child.process)
        return child
