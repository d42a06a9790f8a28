"""What the core hands out: messages with the moment they are due, and what is to be forgotten again."""

from dataclasses import dataclass
from typing import TypeAlias

from antiphon.music.events import Seconds


@dataclass(frozen=True, slots=True)
class Due:
    """One whole MIDI message that must leave at `time` (s, monotonic)."""

    time: Seconds
    message: bytes


@dataclass(frozen=True, slots=True)
class Revoke:
    """Whatever was handed out and is due later than `after` (s) is not to be played: the player has moved on."""

    after: Seconds


Order: TypeAlias = Due | Revoke
