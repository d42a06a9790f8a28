"""A performance as the calls that made it: what a Session was told, when, and what it ordered. Pure: bytes and values.

A tape is a run of frames, each a kind, a moment (float64 seconds, monotonic), a number and a payload. The orders of a
call stand behind it. A tape that was cut off anywhere is whole up to its last whole frame. A clock's ticks that come
one after the other with nothing in between are one frame, of eight bytes a tick.
"""

import json
import math
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby, takewhile
from typing import Any, Final

from antiphon.core.due import Due, Order, Revoke
from antiphon.music.events import Seconds

FORMAT: Final = 2
TICK: Final = b"\xf8"
PIECE: Final = 50_000
"""Bytes of a memory in one frame: what a datagram has room for."""
LARGEST: Final = 1 << 24
"""Bytes of one payload at the most: a tape that says more is damaged."""
_TOGETHER: Final = 1 << 16
"""Ticks in one frame at the most."""
_TICK_BYTES: Final = 8
_HEAD: Final = struct.Struct("<BdQI")


class Kind(IntEnum):
    """What a frame is.

    OPENED     a Session begins; the payload says with what (JSON), a run of RESUMED behind it out of which memory
    RESUMED    a piece of that memory, or of the world that the scene before it begins in
    HEARD      receive: the payload is the message
    ADVANCED   advance
    CHANGED    change: the payload holds the values that were turned (JSON)
    ACTED      act: the payload is its name
    DUE        an order to play: its moment and the message
    REVOKE     an order to forget what is due later than its moment
    HUSHED     whoever plays released everything of ours, because a process was lost or has left
    LOST       `number` frames are missing here
    SWITCHED   switch: the payload says to what (JSON), and of how many bytes the scene's world is, a run of RESUMED
               behind it
    STEERED    receive, of what is in a zone of the harmony's own: the payload is the message
    APART      receive, of who has a memory of their own: the payload is its number, a byte, and the message
    TICKS      as many HEARD of a clock's tick as there are moments (float64) in the payload
    """

    OPENED = 1
    RESUMED = 2
    HEARD = 3
    ADVANCED = 4
    CHANGED = 5
    ACTED = 6
    DUE = 7
    REVOKE = 8
    HUSHED = 9
    LOST = 10
    TICKS = 11
    SWITCHED = 12
    STEERED = 13
    APART = 14


ORDERS: Final = (Kind.DUE, Kind.REVOKE)
CALLS: Final = (Kind.HEARD, Kind.STEERED, Kind.APART, Kind.ADVANCED, Kind.CHANGED, Kind.ACTED, Kind.SWITCHED)


@dataclass(frozen=True, slots=True)
class Frame:
    """One entry of a tape. `number` of a call: microseconds from its moment until its orders were handed over."""

    kind: Kind
    time: Seconds
    number: int = 0
    payload: bytes = b""

    @property
    def played(self) -> bytes | None:
        """The message by which somebody plays; None where it is none."""
        whole = self.payload if self.kind is Kind.HEARD else None
        return self.payload[1:] if self.kind is Kind.APART else whole

    @property
    def said(self) -> dict[str, Any]:  # JSON
        """What a payload of JSON says."""
        found: dict[str, Any] = json.loads(self.payload)
        return found


@dataclass(frozen=True, slots=True)
class Call:
    """A call, and what was ordered because of it."""

    frame: Frame
    orders: tuple[Order, ...]


def packed(frames: Iterable[Frame]) -> bytes:
    """The frames as bytes."""
    runs = groupby(frames, lambda frame: frame.kind is Kind.HEARD and frame.payload == TICK and not frame.number)
    whole = (frame for ticks, run in runs for frame in (_together(run) if ticks else run))
    return b"".join(_HEAD.pack(f.kind, f.time, f.number, len(f.payload)) + f.payload for f in whole)


def unpacked(tape: bytes, most: float = math.inf) -> tuple[list[Frame], int]:
    """The whole frames of a tape, and how many of its bytes they are. What comes after those was cut off, or is none
    of ours. Raises ValueError for one of more than `most` frames, each tick counted."""
    frames, at, left = list[Frame](), 0, most
    while len(tape) - at >= _HEAD.size:
        kind, time, number, size = _HEAD.unpack_from(tape, at)
        begins = at + _HEAD.size
        if kind not in Kind._value2member_map_ or size > LARGEST or begins + size > len(tape):
            break
        at = begins + size
        left -= size // _TICK_BYTES if kind == Kind.TICKS else 1
        if left < 0:
            raise ValueError(f"more than {most} entries")
        frames.append(Frame(Kind(kind), Seconds(time), number, tape[begins:at]))
    return [one for frame in frames for one in (_apart(frame) if frame.kind is Kind.TICKS else (frame,))], at


def _together(ticks: Iterable[Frame]) -> Iterator[Frame]:
    moments = [frame.time for frame in ticks]
    for first in range(0, len(moments), _TOGETHER):
        some = moments[first : first + _TOGETHER]
        yield Frame(Kind.TICKS, some[0], 0, struct.pack(f"<{len(some)}d", *some))


def _apart(frame: Frame) -> list[Frame]:
    moments = frame.payload[: len(frame.payload) // _TICK_BYTES * _TICK_BYTES]
    return [Frame(Kind.HEARD, Seconds(moment), 0, TICK) for (moment,) in struct.iter_unpack("<d", moments)]


def ordered(orders: Iterable[Order]) -> Iterator[Frame]:
    """Orders as frames."""
    for order in orders:
        match order:
            case Due(time, message):
                yield Frame(Kind.DUE, time, 0, message)
            case Revoke(after):
                yield Frame(Kind.REVOKE, after)


def calls(frames: Iterable[Frame]) -> list[Call]:
    """The frames that are no orders, each with those behind it."""
    found = list[tuple[Frame, list[Order]]]()
    for frame in frames:
        if frame.kind not in ORDERS:
            found.append((frame, []))
        elif found:
            due = frame.kind is Kind.DUE
            found[-1][1].append(Due(frame.time, frame.payload) if due else Revoke(frame.time))
    return [Call(frame, tuple(orders)) for frame, orders in found]


def pieces(memory: bytes) -> Iterator[bytes]:
    """A memory, cut for the way."""
    return (memory[at : at + PIECE] for at in range(0, len(memory), PIECE))


def together(calls: Iterable[Call]) -> bytes:
    """The memory that the run of RESUMED holds with which these calls begin."""
    run = takewhile(lambda call: call.frame.kind is Kind.RESUMED, calls)
    return b"".join(call.frame.payload for call in run)


def opening(now: float, said: Mapping[str, Any], memory: Sequence[bytes] = ()) -> list[Frame]:  # JSON
    """The frames that open a tape at `now` (s): what the Session was made with, and the memory it went on from."""
    head = Frame(Kind.OPENED, Seconds(now), 0, json.dumps({"format": FORMAT, **said}, sort_keys=True).encode())
    return [head, *(Frame(Kind.RESUMED, Seconds(now), 0, piece) for piece in memory)]
