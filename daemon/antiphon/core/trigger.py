"""Which messages of a controller may be commands, and how they are told from music. Small enough for the stage."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

CC: Final = "cc"
NOTE: Final = "note"
PROGRAM: Final = "program"
STANDARD: Final = (1, 7, 10, 11, 64, 65, 66, 67, *range(120, 128))
"""Controllers that mean something to every instrument, and so can do nothing else here: modulation, volume, pan,
expression, the pedals, and the channel mode messages."""
STATUS: Final = {CC: 0xB0, NOTE: 0x90, PROGRAM: 0xC0}
_KINDS: Final = {status: kind for kind, status in STATUS.items()}
_FULL: Final = 127


@dataclass(frozen=True, slots=True)
class Trigger:
    """Which messages a control heeds: their kind and number (0-127), and their channel (1-16) where it matters."""

    kind: str
    number: int
    channel: int | None = None

    def heeds(self, message: bytes) -> bool:
        """True for a message that is this control's."""
        return message[:2] in places((self,))

    @property
    def text(self) -> str:
        """As it is written in a control's line: programs are counted from 1."""
        return f"{self.kind} {self.number + (self.kind == PROGRAM)}" + (f" on {self.channel}" if self.channel else "")


def places(triggers: Iterable[Trigger]) -> frozenset[bytes]:
    """How the messages begin that some of these heed: status and number."""
    found = set[bytes]()
    for one in triggers:
        channels = range(16) if one.channel is None else (one.channel - 1,)
        statuses = (STATUS[one.kind], 0x80) if one.kind == NOTE else (STATUS[one.kind],)
        found |= {bytes((status | channel, one.number)) for status in statuses for channel in channels}
    return frozenset(found)


def trigger(message: bytes) -> Trigger | None:
    """What could be given a target, when a controller is moved to be learned: None for a message that is nothing of the
    kind (a release, a pedal, a clock)."""
    kind = _KINDS.get(message[0] & 0xF0) if message[0] < 0xF0 else None
    if kind is None or (kind == NOTE and message[2] == 0) or (kind == CC and message[1] in STANDARD):
        return None
    return Trigger(kind, message[1], (message[0] & 0x0F) + 1)
