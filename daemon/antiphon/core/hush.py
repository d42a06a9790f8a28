"""The burst of controllers by which a DAW says, when it stops, that all is to be silent. Pure: messages and moments."""

from dataclasses import dataclass
from typing import Final

from antiphon.music.wire import ALL_NOTES_OFF, ALL_SOUND_OFF, CONTROL

_CHANNELS: Final = 8
"""All notes off on so many channels is no keyboard: some of those send it each time the last key comes up."""
_WITHIN_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Hush:
    """What was said of it so far: on which channels, since when (s), and whether that has been enough."""

    channels: frozenset[int] = frozenset()
    since: float = float("-inf")
    told: bool = False

    def after(self, message: bytes, now: float) -> "Hush":
        """Once a message has come at `now` (s)."""
        if len(message) != 3 or message[0] & 0xF0 != CONTROL or message[1] not in (ALL_SOUND_OFF, ALL_NOTES_OFF):
            return self
        fresh = now - self.since > _WITHIN_S
        channels = (frozenset() if fresh else self.channels) | {message[0] & 0x0F}
        told = message[1] == ALL_SOUND_OFF or len(channels) >= _CHANNELS
        return Hush(channels, now if fresh else self.since, told or (self.told and not fresh))


UNHEARD: Final = Hush()
