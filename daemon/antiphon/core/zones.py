"""Zones: what of the player's plays, steers the harmony or commands, by input, keys and channel. A line of text each:

    in launchkey = harmony              what inputs hold whose names hold this is the chord for lock=chord
    keys 0..47 = harmony                so are the keys below C3, on every input
    in nano | beatstep on 10 = commands nothing there is music
    in casio = plays as 2               heard as if it came on channel 2
    in casio = plays with memory 2      answered from what is played there, by whoever else has that memory too

The first that fits holds, and what fits none plays. A message that is of no key, such as a pedal, fits none that names
keys. Pure: names, bytes and values; small enough for the stage.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from antiphon.core.parameter import short
from antiphon.errors import ParameterError
from antiphon.music.wire import ALL_NOTES_OFF, ALL_SOUND_OFF, CONTROL, NOTE_OFF, NOTE_ON, RESET_CONTROLLERS

_LINE: Final = re.compile(
    r"(?:in\s+(?P<input>[^=]*?[^=\s]))?(?:\s*\bkeys\s+(?P<low>\d+)\.\.(?P<high>\d+))?(?:\s*\bon\s+(?P<channel>\d+))?"
    r"\s*=\s*(?P<role>\w+)(?:\s+as\s+(?P<heard_on>\d+))?"
    r"(?:\s+with\s+memory\s+(?P<memory>\d+))?",
    re.IGNORECASE,
)
_GRAMMAR: Final = (
    'write for example "in launchkey = harmony", "keys 0..47 = harmony", "in nano on 10 = commands", '
    '"in casio = plays as 2" or "in casio = plays with memory 2"'
)
_NUMBERS: Final = ("low", "high", "channel", "heard_on", "memory")
_HIGHEST: Final = 127
_CHANNELS: Final = 16
_SYSTEM: Final = 0xF0
_TOUCH: Final = 0xA0
_PEDALS: Final = range(64, 70)
_PRESSED: Final = 64
_ENDING: Final = (ALL_SOUND_OFF, RESET_CONTROLLERS, ALL_NOTES_OFF)


COMMON: Final = 1
"""The memory of all who have none of their own."""
MOST: Final = 4
"""Memories at the most."""


class Role(Enum):
    """What somebody's playing is for."""

    PLAYS = "plays"
    HARMONY = "harmony"
    COMMANDS = "commands"


class Sorted(NamedTuple):
    """A message as it is heard, what it is for, and in which memory."""

    message: bytes
    role: Role
    memory: int = COMMON


class _Place(NamedTuple):
    """Where what is pressed is heard: its channel is 0-15, None as it came."""

    role: Role
    channel: int | None
    memory: int = COMMON

    def heard(self, message: bytes) -> Sorted:
        channel = message[0] & 0x0F if self.channel is None else self.channel
        return Sorted(bytes((message[0] & 0xF0 | channel, *message[1:])), self.role, self.memory)


_PLAYED: Final = _Place(Role.PLAYS, None)


@dataclass(frozen=True, slots=True)
class Zone:
    """What is in it, and what that is for.

    inputs     parts of the names of inputs, in small letters; none: every input
    keys       the lowest and the highest; None: every key, and all that is of no key
    channel    1-16; None: every channel
    heard_on   as if it came on this channel, 1-16; None: as it comes
    memory     in which of several memories, 1-MOST
    """

    role: Role
    inputs: tuple[str, ...] = ()
    keys: tuple[int, int] | None = None
    channel: int | None = None
    heard_on: int | None = None
    memory: int = COMMON

    def fits(self, name: str, channel: int, key: int | None) -> bool:
        """Whether what comes from an input of that name, on a channel (1-16) and of a key, if of one, is in it."""
        here = not self.inputs or any(part in name.casefold() for part in self.inputs)
        within = self.keys is None or (key is not None and self.keys[0] <= key <= self.keys[1])
        return here and within and self.channel in (None, channel)

    @property
    def text(self) -> str:
        """As it is written."""
        said = [f"in {' | '.join(self.inputs)}"] if self.inputs else []
        said += [f"keys {self.keys[0]}..{self.keys[1]}"] if self.keys else []
        said += [f"on {self.channel}"] if self.channel else []
        said += ["=", self.role.value, *([f"as {self.heard_on}"] if self.heard_on else [])]
        return " ".join([*said, *([f"with memory {self.memory}"] if self.memory != COMMON else [])])


def parse(line: str) -> Zone:
    """A zone from its line of text. Raises ParameterError that says what is wrong with it."""
    where, found = f"zone {short(line.strip())!r}", _LINE.fullmatch(line.strip())
    if found is None:
        raise ParameterError(f"{where}: {_GRAMMAR}")
    said: dict[str, str | None] = found.groupdict()
    names = tuple(part.strip().casefold() for part in (said["input"] or "").split("|") if part.strip())
    low, high, channel, heard_on, memory = (None if said[n] is None else int(str(said[n])) for n in _NUMBERS)
    if not names and low is None and channel is None:
        raise ParameterError(f"{where}: say what is in it; {_GRAMMAR}")
    if low is not None and high is not None and not low <= high <= _HIGHEST:
        raise ParameterError(f"{where}: keys are 0 to 127, the lower one first (60 is middle C)")
    if any(number is not None and not 1 <= number <= _CHANNELS for number in (channel, heard_on)):
        raise ParameterError(f"{where}: channels are 1 to 16")
    roles = {role.value: role for role in Role}
    if str(said["role"]).lower() not in roles:
        raise ParameterError(f"{where}: {short(str(said['role']))!r} is no role; there are: {', '.join(roles)}")
    role = roles[str(said["role"]).lower()]
    if (heard_on or memory is not None) and role is not Role.PLAYS:
        raise ParameterError(f"{where}: only what plays is heard as on another channel, or has a memory")
    if memory is not None and not COMMON <= memory <= MOST:
        raise ParameterError(f"{where}: memories are {COMMON} to {MOST}; {COMMON} is that of all who have none")
    keys = None if low is None or high is None else (low, high)
    return Zone(role, names, keys, channel, heard_on, memory or COMMON)


class Sorter:
    """Sorts what comes from one input. What is down when the zones become others comes up where it went down."""

    def __init__(self, zones: Iterable[Zone] = ()) -> None:
        self.zones = tuple(zones)
        self._down = dict[tuple[int, int], _Place]()  # by channel and key; 128 and more are pedals

    def sort(self, message: bytes, name: str) -> tuple[Sorted, ...]:
        """What a message of the input `name` is heard as, mostly one. "All notes off" and its like end what they would
        end in every zone."""
        if not message or message[0] >= _SYSTEM:
            return (Sorted(message, Role.PLAYS),)
        at, channel = _lever(message), message[0] & 0x0F
        if at is None:
            here = self._place(name, channel, None)
            there = self._ended(channel, message)
            return tuple(place.heard(message) for place in dict.fromkeys((here, *there)))
        before, wanted = self._down.get(at), self._place(name, channel, at[1] if at[1] <= _HIGHEST else None)
        if not _presses(message):
            if message[0] & 0xF0 != _TOUCH:
                self._down.pop(at, None)
            return ((before or wanted).heard(message),)
        self._down[at] = wanted
        if before is None or before == wanted:
            return (wanted.heard(message),)
        return (before.heard(_release(message)), wanted.heard(message))

    def _place(self, name: str, channel: int, key: int | None) -> _Place:
        zone = next((zone for zone in self.zones if zone.fits(name, channel + 1, key)), None)
        if zone is None:
            return _PLAYED
        return _Place(zone.role, zone.heard_on - 1 if zone.heard_on else None, zone.memory)

    def _ended(self, channel: int, message: bytes) -> list[_Place]:
        """Where something of a channel was down that a message ends which is of no key."""
        if message[0] & 0xF0 != CONTROL or not (message[1] in _ENDING or message[1] > ALL_NOTES_OFF):
            return []
        first = _HIGHEST + 1 if message[1] == RESET_CONTROLLERS else 0
        return [self._down.pop(at) for at in list(self._down) if at[0] == channel and at[1] >= first]


def _lever(message: bytes) -> tuple[int, int] | None:
    """The key or the pedal that a message is of, with its channel."""
    if len(message) != 3:
        return None
    kind, channel = message[0] & 0xF0, message[0] & 0x0F
    if kind in (NOTE_ON, NOTE_OFF, _TOUCH):
        return channel, message[1]
    return (channel, _HIGHEST + 1 + message[1]) if kind == CONTROL and message[1] in _PEDALS else None


def _presses(message: bytes) -> bool:
    kind = message[0] & 0xF0
    return (kind == NOTE_ON and message[2] > 0) or (kind == CONTROL and message[2] >= _PRESSED)


def _release(message: bytes) -> bytes:
    """What ends what a message pressed."""
    off = message[0] if message[0] & 0xF0 == CONTROL else NOTE_OFF | message[0] & 0x0F
    return bytes((off, message[1], 0))
