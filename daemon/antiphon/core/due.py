"""What the core hands out: a message and the moment it is due."""

from dataclasses import dataclass

from antiphon.music.events import Seconds


@dataclass(frozen=True, slots=True)
class Due:
    """One whole MIDI message that must leave at `time` (s, monotonic)."""

    time: Seconds
    message: bytes
