"""What the mind would need to go on if it died now, in memory that outlives it.

A ring of the last events of both players, one of the player's notes, what they hold, and two copies of the past,
written in turn, so that one of them is always whole; likewise of each memory that rests. Fixed layout, little-endian;
nothing in it is ever executed.
"""

import struct
from dataclasses import dataclass, replace
from typing import Final

from antiphon.core.apart import GROUND, Apart
from antiphon.core.memory import Memory
from antiphon.core.model import Identified, State
from antiphon.core.past import Past, Played, after, beginning
from antiphon.core.session import Session
from antiphon.core.tune import KEPT, Tune
from antiphon.core.zones import COMMON, MOST
from antiphon.mind.layout import (
    EAR,
    EVENT,
    MIND,
    NOTE,
    TUNE,
    ear_of,
    event_of,
    mind_of,
    of_ear,
    of_event,
    of_mind,
    of_past,
    of_tune,
    past_of,
    past_size,
    tune_of,
)

EVERY: Final = 64
"""Events between two copies of the past."""
RING: Final = 1024
_HEAD: Final = struct.Struct("<QQBBHHH")
"""Events happened, messages heard, which copy is whole, which memory is in force, which copies of those that rest are
whole (two bits each), how much is held beside, and how much at all."""
_RESTING: Final = range(GROUND, MOST + 1)
_NOTES: Final = 2 * KEPT
"""Of the player's notes there is room for twice as many as a record leads to: so none of these is written over."""
_HELD: Final = 512
"""Keys and pedals that a player may hold at a time; the rest is forgotten."""
_PRESS: Final = 3
_RECORD: Final = _HEAD.size + MIND + _HELD * _PRESS
_MARK: Final = 7
"""Bytes of the hash of the model whose music it is, behind the first: of another model's nothing is understood."""
_RECORDS_AT: Final = 1 + _MARK
_RING_AT: Final = _RECORDS_AT + 2 * _RECORD
_NOTES_AT: Final = _RING_AT + RING * EVENT.size
_PASTS_AT: Final = _NOTES_AT + _NOTES * NOTE.size


def size(state: State, apart: bool = False) -> int:
    """Bytes of memory that a journal of a model with states like this needs; with memories that rest, or without."""
    return _apart_at(state, _RESTING.stop, 0) if apart else _PASTS_AT + 2 * past_size(state)


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a journal held.

    heard   the number of the last message of the player's that the memory knows
    held    messages that would press what the player holds
    beside  and what they hold in a zone of the harmony's own
    """

    memory: Memory
    heard: int
    held: tuple[bytes, ...]
    beside: tuple[bytes, ...] = ()


class Journal:
    """Writes to `memory`, at least size(model.start()) bytes, zeros or what an earlier mind left there. Memories that
    rest it keeps where there is room for them.

    Of records and of copies of the past there are two each, written in turn; the first byte says which record is
    whole, and a record which copy. So whenever the writer dies, what the first byte leads to is whole.

    afresh   begin a new one, whatever an earlier mind left
    """

    def __init__(self, memory: memoryview, model: Identified, afresh: bool = False) -> None:
        self._memory, self._model = memory, model
        mark = bytes.fromhex(model.sha256[: 2 * _MARK])
        if afresh or bytes(memory[1 : 1 + _MARK]) != mark:
            memory[0], memory[1 : 1 + _MARK] = 0, mark
        self._count = self._copied = self._copy = self._branch = self._tuned = 0
        self._whose = COMMON
        self._copies, self._kept = dict[int, int](), dict[int, Past]()  # of each that rests: which is whole, and what
        if whole := memory[0]:
            self._count, _, self._copy, _, copies, _, _ = _HEAD.unpack_from(memory, _record_at(whole))
            self._copies = _copies_of(copies)

    def of(self, model: Identified) -> "Journal":
        """A new one in the same place, of another model's music."""
        return Journal(self._memory, model, afresh=True)

    def copy(self) -> bytes:
        """What it holds, as another journal could be made of."""
        return bytes(self._memory[: size(self._model.start(), bool(self._copies))])

    def write(self, session: Session, heard: int) -> None:
        """Note what has happened since the last time; `heard` is the number of the last message of the player's.

        Costs microseconds. Nothing is noted while something heard is still to be fed: whoever comes after us will be
        told it again.
        """
        if not session.fed:
            return
        memory = session.memory
        past, new = memory.past, memory.past.count - self._count
        if new > 0:
            latest = list(session.happened)[-min(new, len(session.happened)) :]
            for number, played in enumerate(latest, past.count - len(latest)):
                EVENT.pack_into(self._memory, _RING_AT + (number % RING) * EVENT.size, *of_event(played))
        replaced = (memory.branch, memory.whose) != (self._branch, self._whose)
        self._branch, self._whose = memory.branch, memory.whose
        self._write_notes(memory.ear.tune, replaced)
        if replaced or (past.count and (self._copied == 0 or past.count - self._copied >= EVERY)):
            self._write_past(past)
        self._count = past.count
        self._write_apart(memory)
        beside = session.beside[:_HELD]
        self._write_record(memory, heard, beside, [*beside, *session.held][:_HELD])

    def recall(self) -> Recalled | None:
        """The performance as the earlier mind left it; None where there was none."""
        if not (whole := self._memory[0]):
            return None
        at = _record_at(whole)
        count, heard, copy, whose, copies, beside, holds = _HEAD.unpack_from(self._memory, at)
        past = self._read_past(copy) if copy else beginning(self._model, 0.0)
        missing = [self._event(number) for number in range(past.count, count)]
        held_at = at + _HEAD.size + MIND
        held = bytes(self._memory[held_at : held_at + holds * _PRESS])
        presses = tuple(held[n : n + _PRESS] for n in range(0, len(held), _PRESS))
        written = bytes(self._memory[at + _HEAD.size : held_at])
        mind = mind_of(written, after(self._model, past, missing), self._tune)
        apart = {number: self._read_apart(number, which) for number, which in _copies_of(copies).items()}
        mind = replace(mind, whose=whose or COMMON, apart=apart)
        return Recalled(mind, heard, presses[beside:], presses[:beside])

    def _write_record(self, memory: Memory, heard: int, beside: list[bytes], held: list[bytes]) -> None:
        other = 2 if self._memory[0] == 1 else 1
        at = _record_at(other)
        copies = sum(self._copies[number] << 2 * number for number in memory.apart if number in self._copies)
        _HEAD.pack_into(self._memory, at, self._count, heard, self._copy, memory.whose, copies, len(beside), len(held))
        presses, held_at = b"".join(held), at + _HEAD.size + MIND
        self._memory[at + _HEAD.size : held_at] = of_mind(memory)
        self._memory[held_at : held_at + len(presses)] = presses
        self._memory[0] = other

    def _event(self, number: int) -> Played:
        return event_of(EVENT.unpack_from(self._memory, _RING_AT + (number % RING) * EVENT.size))

    def _write_notes(self, tune: Tune, replaced: bool) -> None:
        new = len(tune.pitches) if replaced else min(len(tune.pitches), tune.count - self._tuned)
        if new > 0:
            for number, note in enumerate(zip(tune.pitches[-new:], tune.gaps[-new:], strict=True), tune.count - new):
                NOTE.pack_into(self._memory, _NOTES_AT + (number % _NOTES) * NOTE.size, *note)
        self._tuned = tune.count

    def _tune(self, count: int, kept: int) -> Tune:
        """The player's last notes, so many of them, of which so many are kept."""
        at = [_NOTES_AT + (number % _NOTES) * NOTE.size for number in range(count - kept, count)]
        return tune_of(b"".join(bytes(self._memory[each : each + NOTE.size]) for each in at), count, kept)

    def _write_past(self, past: Past) -> None:
        """Write the copy that no whole record leads to."""
        self._copy = 2 if self._copy == 1 else 1
        at = _PASTS_AT + (self._copy - 1) * past_size(past.state)
        pieces = of_past(past)
        self._memory[at : at + len(pieces)] = pieces
        self._copied = past.count

    def _write_apart(self, memory: Memory) -> None:
        """Of each memory that rests, and has become another, write the copy that no whole record leads to."""
        state = memory.past.state
        if not memory.apart or len(self._memory) < size(state, True):
            return
        for number, each in memory.apart.items():
            if number in _RESTING and self._kept.get(number) is not each.past:
                self._kept[number], which = each.past, 2 if self._copies.get(number) == 1 else 1
                at = _apart_at(state, number, which)
                data = of_ear(each.ear) + of_tune(each.ear.tune) + of_past(each.past)
                self._memory[at : at + len(data)] = data
                self._copies[number] = which

    def _read_apart(self, number: int, which: int) -> Apart:
        state = self._model.start()
        at = _apart_at(state, number, which)
        data = bytes(self._memory[at : at + EAR.size + TUNE + past_size(state)])
        past = past_of(data[EAR.size + TUNE :], state, beginning(self._model, 0.0))
        return Apart(past, (), ear_of(data, lambda count, kept: tune_of(data[EAR.size :], count, kept)))

    def _read_past(self, which: int) -> Past:
        state = self._model.start()
        at = _PASTS_AT + (which - 1) * past_size(state)
        return past_of(bytes(self._memory[at : at + past_size(state)]), state, beginning(self._model, 0.0))


def _record_at(which: int) -> int:
    return _RECORDS_AT + (which - 1) * _RECORD


def _apart_at(state: State, number: int, which: int) -> int:
    """Where a copy, 1 or 2, of a memory that rests lies; 0: where all of that number begins."""
    behind = 2 * (number - _RESTING.start) + max(0, which - 1)
    return _PASTS_AT + 2 * past_size(state) + behind * (EAR.size + TUNE + past_size(state))


def _copies_of(packed: int) -> dict[int, int]:
    """By the number of a memory that rests, which copy of it is whole."""
    return {number: which for number in _RESTING if (which := packed >> 2 * number & 3)}
