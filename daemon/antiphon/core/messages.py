"""What stage and mind say to each other, as bytes. Pure: sockets are somebody else's.

A parcel is a run of entries, each a tag, a moment (float64 seconds, monotonic, one clock for all processes), a
number and a payload. Every parcel fits in one datagram.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from antiphon.core.due import Due, Revoke
from antiphon.core.zones import COMMON, Role
from antiphon.music.events import Seconds

LARGEST: Final = 60_000
"""Bytes of one parcel at the most."""
_HEAD: Final = struct.Struct("<BdQI")
_DUE, _REVOKE, _BEAT, _APART = 2, 3, 4, 7
_HEARD: Final = {Role.PLAYS: 1, Role.HARMONY: 5, Role.COMMANDS: 6}
_ROLES: Final = {tag: role for role, tag in _HEARD.items()}
_LINE: Final = struct.Struct("<ddH?")


@dataclass(frozen=True, slots=True)
class Heard:
    """The stage heard a message; `number` counts everything heard, from 1."""

    time: Seconds
    number: int
    message: bytes
    role: Role = Role.PLAYS
    memory: int = COMMON


@dataclass(frozen=True, slots=True)
class Beat:
    """The beats that the stage is to send a clock with.

    beat    which one it is at `time` (s), with its fraction
    beat_s  seconds from beat to beat
    bar     beats in a bar
    runs    False where no clock is to be sent, or not now
    """

    time: Seconds
    beat: float
    beat_s: float
    bar: int
    runs: bool


Entry: TypeAlias = Heard | Due | Revoke | Beat


def packed(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Parcels that hold the entries in order, as few as will do."""
    parcel = bytearray()
    for entry in entries:
        piece = _packed(entry)
        if parcel and len(parcel) + len(piece) > LARGEST:
            yield bytes(parcel)
            parcel.clear()
        parcel += piece
    if parcel:
        yield bytes(parcel)


def unpacked(parcel: bytes) -> Iterator[Entry]:
    """The entries of a parcel. Raises ValueError for anything that `packed` did not make."""
    at = 0
    while at < len(parcel):
        try:
            tag, time, number, size = _HEAD.unpack_from(parcel, at)
        except struct.error as error:
            raise ValueError(f"a parcel is cut short at byte {at}") from error
        at += _HEAD.size
        payload = parcel[at : at + size]
        if len(payload) != size:
            raise ValueError(f"a parcel is cut short at byte {at}")
        at += size
        yield _unpacked(tag, Seconds(time), number, payload)


def _packed(entry: Entry) -> bytes:
    match entry:
        case Heard(time, number, message, Role.PLAYS, memory) if memory != COMMON:
            return _HEAD.pack(_APART, time, number, len(message) + 1) + bytes((memory,)) + message
        case Heard(time, number, message, role):
            return _HEAD.pack(_HEARD[role], time, number, len(message)) + message
        case Due(time, message):
            return _HEAD.pack(_DUE, time, 0, len(message)) + message
        case Revoke(after):
            return _HEAD.pack(_REVOKE, after, 0, 0)
        case Beat(time, beat, beat_s, bar, runs):
            return _HEAD.pack(_BEAT, time, 0, _LINE.size) + _LINE.pack(beat, beat_s, bar, runs)


def _unpacked(tag: int, time: Seconds, number: int, payload: bytes) -> Entry:
    match tag:
        case 1 | 5 | 6:
            return Heard(time, number, payload, _ROLES[tag])
        case 7 if payload:
            return Heard(time, number, payload[1:], Role.PLAYS, payload[0])
        case 2:
            return Due(time, payload)
        case 3:
            return Revoke(time)
        case 4 if len(payload) == _LINE.size:
            return Beat(time, *_LINE.unpack(payload))
    raise ValueError(f"no entry has the tag {tag}")
