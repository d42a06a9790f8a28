"""What the stage is told of the beats, where it is to send a clock with them: whenever they have moved."""

from antiphon.core.messages import Beat
from antiphon.core.session import Session
from antiphon.music.events import Seconds

_OFF_S = 0.0005
"""Beats that have moved by less than this have not."""


class Conductor:
    """Remembers what the stage was told last."""

    def __init__(self) -> None:
        self._told: Beat | None = None

    def anew(self) -> None:
        """There is another stage, which knows nothing."""
        self._told = None

    def news(self, session: Session, now: float) -> list[Beat]:
        """What the stage is to be told, if anything."""
        if self._told is None and not session.parameters.send_clock:
            return []
        metre, runs = session.metre, bool(session.parameters.send_clock) and not session.resting
        beat = Beat(Seconds(now), metre.beat_of(now), metre.beat_s, int(session.parameters.beats), runs)
        if self._told and (runs, beat.bar) == (self._told.runs, self._told.bar):
            before = self._told
            moved = (before.beat + (now - before.time) / before.beat_s - beat.beat) * beat.beat_s
            if abs(moved) <= _OFF_S and abs(beat.beat_s - before.beat_s) <= _OFF_S / 100:
                return []
        self._told = beat
        return [beat]
