"""One immutable event type for everything that is modelled: note-on, note-off, sustain pedal.

Knows nothing of bytes (wire), files (midifile) or numbers for the network (vocabulary).
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NewType

Seconds = NewType("Seconds", float)
"""A moment or a span in seconds. Moments are monotonic and share one origin per performance."""


class Kind(IntEnum):
    """What happened."""

    NOTE_ON = 0
    NOTE_OFF = 1
    PEDAL = 2


class Voice(IntEnum):
    """Who played. A performance without roles is all SOLO."""

    SOLO = 0
    LEAD = 1
    ACCOMPANIMENT = 2


@dataclass(frozen=True, slots=True)
class Event:
    """Something a player did.

    time      seconds, monotonic
    kind      note-on, note-off or pedal
    pitch     MIDI note number 0-127 (0 for the pedal)
    velocity  1-127 for a note-on; 0 for a note-off; for the pedal 127 is down and 0 is up
    voice     who played it
    """

    time: Seconds
    kind: Kind
    pitch: int
    velocity: int
    voice: Voice = Voice.SOLO

    @property
    def starts(self) -> bool:
        """True where something goes down (a key, the pedal) and so owes a release."""
        return self.velocity > 0


def note_on(time: float, pitch: int, velocity: int, voice: Voice = Voice.SOLO) -> Event:
    """A key goes down at `time` (s). Velocity is 1-127."""
    return Event(Seconds(time), Kind.NOTE_ON, pitch, velocity, voice)


def note_off(time: float, pitch: int, voice: Voice = Voice.SOLO) -> Event:
    """A key comes up at `time` (s)."""
    return Event(Seconds(time), Kind.NOTE_OFF, pitch, 0, voice)


def pedal(time: float, down: bool, voice: Voice = Voice.SOLO) -> Event:
    """The sustain pedal goes down or comes up at `time` (s)."""
    return Event(Seconds(time), Kind.PEDAL, 0, 127 if down else 0, voice)
