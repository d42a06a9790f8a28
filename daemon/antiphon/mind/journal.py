"""What the mind would need to go on if it died now, in memory that outlives it.

A ring of the last events of both players, one of the player's notes, what they hold, and two copies of the past,
written in turn, so that one of them is always whole; likewise of each memory that rests. Fixed layout, little-endian;
nothing in it is ever executed.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np

from antiphon.core.answer import Answer
from antiphon.core.apart import GROUND, Apart
from antiphon.core.ear import Ear
from antiphon.core.echo import CONTEXT, PLACES, Echo
from antiphon.core.memory import Memory, Phrase
from antiphon.core.model import Heard, Identified, State
from antiphon.core.past import Past, Played, after, beginning
from antiphon.core.session import Session
from antiphon.core.tune import KEPT, Tune
from antiphon.core.zones import COMMON, MOST
from antiphon.mind.beats import PULSE, of_pulse, pulse_of
from antiphon.music.events import Event, Kind, Seconds, Voice
from antiphon.music.keyboard import Keyboard
from antiphon.music.vocabulary import KEYS, VOICES

EVERY: Final = 64
"""Events between two copies of the past."""
RING: Final = 1024
_EVENT: Final = struct.Struct("<dBBBBB3x")
_HEAD: Final = struct.Struct("<QQBBHHH")
"""Events happened, messages heard, which copy is whole, which memory is in force, which copies of those that rest are
whole (two bits each), how much is held beside, and how much at all."""
_RESTING: Final = range(GROUND, MOST + 1)
_TURN: Final = struct.Struct("<B3d")  # what is known, phrase, anchor
_ANSWER: Final = struct.Struct("<3dBqqdqbb4dBqqdB")
_ECHO: Final = struct.Struct(f"<BB{CONTEXT}hqHHb{2 * PLACES}q")  # pitches, places, then these and the rest
_EAR: Final = struct.Struct("<12dHq4dQH")
_NOTE: Final = struct.Struct("<BH")
_TUNE: Final = KEPT * _NOTE.size
_NOTES: Final = 2 * KEPT
"""Of the player's notes there is room for twice as many as a record leads to: so none of these is written over."""
_PAST: Final = struct.Struct("<Qdd")
_LIVELY, _LIMIT, _VOICE, _THEIRS, _LEAVING, _PROMPT = (
    [field.name for field in fields(Answer)].index(name)
    for name in ("lively", "limit", "voice", "theirs", "leaving", "prompt")
)
_NOTHING: Final = (0.0, 255, 0, 0, 0, 0)
"""In the place of the last event, where all has been forgotten."""
_NO_ANSWER: Final = Answer(Seconds(0.0), Seconds(0.0), Seconds(0.0))
_HELD: Final = 512
"""Keys and pedals that a player may hold at a time; the rest is forgotten."""
_PRESS: Final = 3
_KEYBOARD: Final = VOICES * KEYS * 10
_MIND: Final = _TURN.size + _ANSWER.size + _ECHO.size + _EAR.size + PULSE
_RECORD: Final = _HEAD.size + _MIND + _HELD * _PRESS
_MARK: Final = 7
"""Bytes of the hash of the model whose music it is, behind the first: of another model's nothing is understood."""
_RECORDS_AT: Final = 1 + _MARK
_RING_AT: Final = _RECORDS_AT + 2 * _RECORD
_NOTES_AT: Final = _RING_AT + RING * _EVENT.size
_PASTS_AT: Final = _NOTES_AT + _NOTES * _NOTE.size


def size(state: State, apart: bool = False) -> int:
    """Bytes of memory that a journal of a model with states like this needs; with memories that rest, or without."""
    return _apart_at(state, _RESTING.stop, 0) if apart else _PASTS_AT + 2 * _past_size(state)


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
                _EVENT.pack_into(self._memory, _RING_AT + (number % RING) * _EVENT.size, *_of_event(played))
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
        held_at = at + _HEAD.size + _MIND
        held = bytes(self._memory[held_at : held_at + holds * _PRESS])
        presses = tuple(held[n : n + _PRESS] for n in range(0, len(held), _PRESS))
        written = bytes(self._memory[at + _HEAD.size : held_at])
        mind = _mind_of(written, after(self._model, past, missing), self._tune)
        apart = {number: self._read_apart(number, which) for number, which in _copies_of(copies).items()}
        mind = replace(mind, whose=whose or COMMON, apart=apart)
        return Recalled(mind, heard, presses[beside:], presses[:beside])

    def _write_record(self, memory: Memory, heard: int, beside: list[bytes], held: list[bytes]) -> None:
        other = 2 if self._memory[0] == 1 else 1
        at = _record_at(other)
        copies = sum(self._copies[number] << 2 * number for number in memory.apart if number in self._copies)
        _HEAD.pack_into(self._memory, at, self._count, heard, self._copy, memory.whose, copies, len(beside), len(held))
        presses, held_at = b"".join(held), at + _HEAD.size + _MIND
        self._memory[at + _HEAD.size : held_at] = _of_mind(memory)
        self._memory[held_at : held_at + len(presses)] = presses
        self._memory[0] = other

    def _event(self, number: int) -> Played:
        return _event_of(_EVENT.unpack_from(self._memory, _RING_AT + (number % RING) * _EVENT.size))

    def _write_notes(self, tune: Tune, replaced: bool) -> None:
        new = len(tune.pitches) if replaced else min(len(tune.pitches), tune.count - self._tuned)
        if new > 0:
            for number, note in enumerate(zip(tune.pitches[-new:], tune.gaps[-new:], strict=True), tune.count - new):
                _NOTE.pack_into(self._memory, _NOTES_AT + (number % _NOTES) * _NOTE.size, *note)
        self._tuned = tune.count

    def _tune(self, count: int, kept: int) -> Tune:
        """The player's last notes, so many of them, of which so many are kept."""
        at = [_NOTES_AT + (number % _NOTES) * _NOTE.size for number in range(count - kept, count)]
        return _tune_of(b"".join(bytes(self._memory[each : each + _NOTE.size]) for each in at), count, kept)

    def _write_past(self, past: Past) -> None:
        """Write the copy that no whole record leads to."""
        self._copy = 2 if self._copy == 1 else 1
        at = _PASTS_AT + (self._copy - 1) * _past_size(past.state)
        pieces = _bytes_of(past)
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
                data = _of_ear(each.ear) + _of_tune(each.ear.tune) + _bytes_of(each.past)
                self._memory[at : at + len(data)] = data
                self._copies[number] = which

    def _read_apart(self, number: int, which: int) -> Apart:
        state = self._model.start()
        at = _apart_at(state, number, which)
        data = bytes(self._memory[at : at + _EAR.size + _TUNE + _past_size(state)])
        past = _past_of(data[_EAR.size + _TUNE :], state, beginning(self._model, 0.0))
        return Apart(past, (), _ear_of(data, lambda count, kept: _tune_of(data[_EAR.size :], count, kept)))

    def _read_past(self, which: int) -> Past:
        state = self._model.start()
        at = _PASTS_AT + (which - 1) * _past_size(state)
        return _past_of(bytes(self._memory[at : at + _past_size(state)]), state, beginning(self._model, 0.0))


def _record_at(which: int) -> int:
    return _RECORDS_AT + (which - 1) * _RECORD


def _apart_at(state: State, number: int, which: int) -> int:
    """Where a copy, 1 or 2, of a memory that rests lies; 0: where all of that number begins."""
    behind = 2 * (number - _RESTING.start) + max(0, which - 1)
    return _PASTS_AT + 2 * _past_size(state) + behind * (_EAR.size + _TUNE + _past_size(state))


def _copies_of(packed: int) -> dict[int, int]:
    """By the number of a memory that rests, which copy of it is whole."""
    return {number: which for number in _RESTING if (which := packed >> 2 * number & 3)}


def _past_size(state: State) -> int:
    return _PAST.size + _EVENT.size + state.hidden.nbytes + state.cell.nbytes + 2 * _KEYBOARD


def _bytes_of(past: Past) -> bytes:
    event = past.last.event
    last = _of_event(Played(event, False)) if event else _NOTHING
    head = _PAST.pack(past.count, past.time, past.last.dt) + _EVENT.pack(*last)
    boards = b"".join(b.count.tobytes() + b.touched.tobytes() for b in (past.keyboard, past.own))
    return head + past.state.hidden.tobytes() + past.state.cell.tobytes() + boards


def _past_of(data: bytes, like: State, fresh: Past) -> Past:
    count, time, dt = _PAST.unpack_from(data, 0)
    if count == 0:
        return fresh
    row = _EVENT.unpack_from(data, _PAST.size)
    event = None if row == _NOTHING else _event_of(row).event
    at = _PAST.size + _EVENT.size
    hidden = np.frombuffer(data, np.float32, like.hidden.size, at).reshape(like.hidden.shape)
    at += like.hidden.nbytes
    cell = np.frombuffer(data, np.float32, like.cell.size, at).reshape(like.cell.shape)
    at += like.cell.nbytes
    keyboard, own = _board_of(data, at), _board_of(data, at + _KEYBOARD)
    return Past(State(hidden, cell), Heard(dt, event, keyboard), Seconds(time), own, count)


def _board_of(data: bytes, at: int) -> Keyboard:
    shape, keys = (VOICES, KEYS), VOICES * KEYS
    count = np.frombuffer(data, np.int16, keys, at).reshape(shape)
    return Keyboard(count, np.frombuffer(data, np.float64, keys, at + 2 * keys).reshape(shape))


def _of_event(played: Played) -> tuple[float, int, int, int, int, int]:
    event = played.event
    return (event.time, int(event.kind), event.pitch, event.velocity, int(event.voice), int(played.own))


def _event_of(row: tuple[float, int, int, int, int, int]) -> Played:
    time, kind, pitch, velocity, voice, own = row
    return Played(Event(Seconds(time), Kind(kind), pitch, velocity, Voice(voice)), bool(own))


def _of_mind(memory: Memory) -> bytes:
    """All that a memory holds beside the past, in _MIND bytes."""
    phrase, answer, anchor = memory.phrase, memory.answer, memory.anchor
    known = bool(phrase) | bool(answer) << 1 | (anchor is not None) << 2 | memory.resting << 3
    edges = (phrase.first, phrase.last) if phrase else (0.0, 0.0)
    turn, answer = _TURN.pack(known, *edges, anchor or 0.0), answer or _NO_ANSWER
    ear = _of_ear(memory.ear)
    return turn + _ANSWER.pack(*_of_answer(answer)) + _of_echo(answer.echo) + ear + of_pulse(memory.pulse)


def _of_ear(ear: Ear) -> bytes:
    """What an ear knows, but for the notes of its tune."""
    chord = sum(1 << each for each in ear.chord)
    heard = (*ear.weights, chord, ear.notes, ear.pitch, ear.velocity, ear.gap, ear.last)
    return _EAR.pack(*heard, ear.tune.count, len(ear.tune.pitches))


def _of_tune(tune: Tune) -> bytes:
    """Its notes, in _TUNE bytes."""
    notes = b"".join(_NOTE.pack(*note) for note in zip(tune.pitches, tune.gaps, strict=True))
    return notes.ljust(_TUNE, b"\0")


def _tune_of(data: bytes, count: int, kept: int) -> Tune:
    """What `_of_tune` made of a tune of `count` notes, `kept` of which are there."""
    notes = np.array([*_NOTE.iter_unpack(data[: kept * _NOTE.size])], np.int64).reshape(-1, 2)
    return Tune.of(count, notes[:, 0].astype(np.uint8), notes[:, 1].astype(np.uint16))


def _ear_of(data: bytes, tune: Callable[[int, int], Tune]) -> Ear:
    *weights, chord, notes, pitch, velocity, gap, late, count, kept = _EAR.unpack_from(data, 0)
    classes = frozenset(each for each in range(12) if chord >> each & 1)
    return Ear(tuple(weights), classes, notes, pitch, velocity, gap, late, tune(count, kept))


def _mind_of(data: bytes, past: Past, tune: Callable[[int, int], Tune]) -> Memory:
    known, first, last, anchor = _TURN.unpack_from(data, 0)
    echo_at = _TURN.size + _ANSWER.size
    answer = replace(_answer_of(_ANSWER.unpack_from(data, _TURN.size)), echo=_echo_of(data, echo_at))
    return Memory(
        past,
        Phrase(Seconds(first), Seconds(last)) if known & 1 else None,
        answer if known & 2 else None,
        _ear_of(data[echo_at + _ECHO.size :], tune),
        anchor if known & 4 else None,
        bool(known & 8),
        pulse=pulse_of(data[-PULSE:]),
    )


def _of_echo(echo: Echo) -> bytes:
    line = (*echo.line, *(CONTEXT - len(echo.line)) * [0])
    spent = [edge for place in echo.spent for edge in place]
    spent += [0] * (2 * PLACES - len(spent))
    sizes = (len(echo.line), len(echo.spent))
    return _ECHO.pack(*sizes, *line, echo.place, echo.agreed, echo.followed, echo.shift, *spent)


def _echo_of(data: bytes, at: int) -> Echo:
    pitches, places, *more = _ECHO.unpack_from(data, at)
    line, (place, agreed, followed, shift), spent = more[:CONTEXT], more[CONTEXT : CONTEXT + 4], more[CONTEXT + 4 :]
    pairs = tuple(zip(spent[: 2 * places : 2], spent[1 : 2 * places : 2], strict=True))
    return Echo(tuple(line[:pitches]), place, agreed, followed, shift, pairs)


def _of_answer(answer: Answer) -> tuple[float, ...]:
    *row, _ = (getattr(answer, field.name) for field in fields(Answer))
    row[_LIMIT] = -1 if answer.limit is None else answer.limit
    row[_THEIRS] = -1 if answer.theirs is None else answer.theirs
    return tuple(row)


def _answer_of(packed: tuple[Any, ...]) -> Answer:  # values of several types
    row = list(packed)
    row[:_LIVELY] = map(Seconds, row[:_LIVELY])
    row[_LIVELY] = bool(row[_LIVELY])
    row[_LIMIT] = None if row[_LIMIT] < 0 else row[_LIMIT]
    row[_VOICE] = Voice(row[_VOICE])
    row[_THEIRS] = None if row[_THEIRS] < 0 else Voice(row[_THEIRS])
    row[_LEAVING], row[_PROMPT] = bool(row[_LEAVING]), bool(row[_PROMPT])
    return Answer(*row)
