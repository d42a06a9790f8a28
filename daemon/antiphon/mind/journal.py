"""What the mind would need to go on if it died now, in memory that outlives it.

A ring of the last events of both players, what the player holds, and two copies of the past, written in turn, so
that one of them is always whole. Fixed layout, little-endian; nothing in it is ever executed.
"""

import struct
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from antiphon.core.answer import Answer
from antiphon.core.model import Heard, Model, State
from antiphon.core.past import Past, Played, after, beginning
from antiphon.core.session import Memory, Phrase, Session
from antiphon.music import ledger
from antiphon.music.events import Event, Kind, Seconds, Voice
from antiphon.music.keyboard import Keyboard
from antiphon.music.vocabulary import KEYS, VOICES
from antiphon.music.wire import CONTROL, NOTE_ON, SUSTAIN

EVERY: Final = 64
"""Events between two copies of the past."""
RING: Final = 1024
_EVENT: Final = struct.Struct("<dBBBBB3x")
_HEAD: Final = struct.Struct("<QQdQ")  # events happened, messages heard, time of the copy, which copy is whole
_TURN: Final = struct.Struct("<BdddddBqqdq")
_PAST: Final = struct.Struct("<Qdd")
_NO_ANSWER: Final = Answer(Seconds(0.0), Seconds(0.0), Seconds(0.0))
Turn: TypeAlias = tuple[int, float, float, float, float, float, int, int, int, float, int]
_KEYBOARD: Final = VOICES * KEYS * 10
_TURN_AT: Final = _HEAD.size
_RING_AT: Final = _TURN_AT + 2 * _TURN.size
_LEDGER_AT: Final = _RING_AT + RING * _EVENT.size
_PASTS_AT: Final = _LEDGER_AT + ledger.SIZE
_PRESSED: Final = 64
"""The velocity a key is taken to have been struck with that was down when we came back."""


def size(state: State) -> int:
    """Bytes of memory that a journal of a model with states like this needs."""
    return _PASTS_AT + 2 * _past_size(state)


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a journal held.

    heard   the number of the last message of the player's that the memory knows
    held    messages that would press what the player holds
    """

    memory: Memory
    heard: int
    held: tuple[bytes, ...]


class Journal:
    """Writes to `memory`, at least size(model.start()) bytes, zeros or what an earlier mind left there."""

    def __init__(self, memory: memoryview, model: Model) -> None:
        self._memory, self._model = memory, model
        self._count, self._heard, _, self._whole = _HEAD.unpack_from(memory, 0)
        self._copied = 0
        self.players = ledger.Ledger(memory[_LEDGER_AT : _LEDGER_AT + ledger.SIZE])

    def write(self, session: Session, heard: int) -> None:
        """Note what has happened since the last time; `heard` is the number of the last message of the player's.

        Costs microseconds. While something heard is still to be fed, the number stays where it was.
        """
        memory = session.memory
        past = memory.past
        new = past.count - self._count
        if new > 0:
            latest = list(session.happened)[-new:]
            for number, played in enumerate(latest, past.count - len(latest)):
                _EVENT.pack_into(self._memory, _RING_AT + (number % RING) * _EVENT.size, *_of_event(played))
        _TURN.pack_into(self._memory, _TURN_AT, *_of_turn(memory))
        if past.count and (past.count - self._copied >= EVERY or self._copied == 0):
            self._copy(past)
        self._count, self._heard = past.count, heard if session.fed else self._heard
        _HEAD.pack_into(self._memory, 0, self._count, self._heard, past.time, self._whole)

    def recall(self) -> Recalled | None:
        """The performance as the earlier mind left it; None where there was none."""
        count, heard, _, whole = _HEAD.unpack_from(self._memory, 0)
        if count == 0 or whole == 0:
            return None
        past = self._past(whole)
        missing = [self._event(number) for number in range(past.count, count)]
        past = after(self._model, past, missing)
        phrase, answer = _turn_of(_TURN.unpack_from(self._memory, _TURN_AT))
        self._copied = 0
        return Recalled(Memory(past, phrase, answer), heard, tuple(map(_press, self.players.owed())))

    def _event(self, number: int) -> Played:
        return _event_of(_EVENT.unpack_from(self._memory, _RING_AT + (number % RING) * _EVENT.size))

    def _copy(self, past: Past) -> None:
        """Write the copy that is not the whole one, then say that it is."""
        other = 2 if self._whole == 1 else 1
        at = _PASTS_AT + (other - 1) * _past_size(past.state)
        pieces = _bytes_of(past)
        self._memory[at : at + len(pieces)] = pieces
        self._whole, self._copied = other, past.count

    def _past(self, which: int) -> Past:
        state = self._model.start()
        at = _PASTS_AT + (which - 1) * _past_size(state)
        return _past_of(bytes(self._memory[at : at + _past_size(state)]), state, beginning(self._model, 0.0))


def _press(release: bytes) -> bytes:
    """What a release releases."""
    if release[0] & 0xF0 == CONTROL:
        return bytes((release[0], SUSTAIN, 127))
    return bytes((NOTE_ON | release[0] & 0x0F, release[1], _PRESSED))


def _past_size(state: State) -> int:
    return _PAST.size + _EVENT.size + state.hidden.nbytes + state.cell.nbytes + 2 * _KEYBOARD


def _bytes_of(past: Past) -> bytes:
    event = past.last.event
    last = _of_event(Played(event, False)) if event else (0.0, 0, 0, 0, 0, 0)
    head = _PAST.pack(past.count, past.time, past.last.dt) + _EVENT.pack(*last)
    boards = b"".join(b.count.tobytes() + b.touched.tobytes() for b in (past.keyboard, past.own))
    return head + past.state.hidden.tobytes() + past.state.cell.tobytes() + boards


def _past_of(data: bytes, like: State, fresh: Past) -> Past:
    count, time, dt = _PAST.unpack_from(data, 0)
    if count == 0:
        return fresh
    event = _event_of(_EVENT.unpack_from(data, _PAST.size)).event
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


def _of_turn(memory: Memory) -> Turn:
    phrase, answer = memory.phrase, memory.answer or _NO_ANSWER
    known = (1 if phrase else 0) | (2 if memory.answer else 0)
    edges = (phrase.first, phrase.last) if phrase else (0.0, 0.0)
    spans = (answer.begins, answer.quiet_from, answer.over_at)
    limit = -1 if answer.limit is None else answer.limit
    return (known, *edges, *spans, int(answer.lively), answer.notes, limit, answer.paced, answer.treads)


def _turn_of(row: Turn) -> tuple[Phrase | None, Answer | None]:
    known, first, last, begins, quiet, over, lively, notes, limit, paced, treads = row
    phrase = Phrase(Seconds(first), Seconds(last)) if known & 1 else None
    spans = (Seconds(begins), Seconds(quiet), Seconds(over))
    answer = Answer(*spans, bool(lively), notes, None if limit < 0 else limit, paced, treads)
    return phrase, answer if known & 2 else None
