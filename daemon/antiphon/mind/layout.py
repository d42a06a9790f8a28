"""What the mind knows of a performance as bytes of a fixed layout, little-endian. Values only, of no journal."""

import struct
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, Final

import numpy as np

from antiphon.core.answer import Answer
from antiphon.core.ear import Ear
from antiphon.core.echo import CONTEXT, PLACES, Echo
from antiphon.core.memory import Memory, Phrase
from antiphon.core.model import Heard, State
from antiphon.core.past import Past, Played
from antiphon.core.tune import KEPT, Tune
from antiphon.mind.beats import PULSE, of_pulse, pulse_of
from antiphon.music.events import Event, Kind, Seconds, Voice
from antiphon.music.keyboard import Keyboard
from antiphon.music.vocabulary import KEYS, VOICES

EVENT: Final = struct.Struct("<dBBBBB3x")
_TURN: Final = struct.Struct("<B3d")  # what is known, phrase, anchor
_ANSWER: Final = struct.Struct("<3dBqqdqbb4dBqqdBd")
_ECHO: Final = struct.Struct(f"<BB{CONTEXT}hqHHb{2 * PLACES}q")  # pitches, places, then these and the rest
EAR: Final = struct.Struct("<12dHq4dQH")
NOTE: Final = struct.Struct("<BH")
TUNE: Final = KEPT * NOTE.size
_PAST: Final = struct.Struct("<Qdd")
_LIVELY, _LIMIT, _VOICE, _THEIRS, _LEAVING, _PROMPT = (
    [field.name for field in fields(Answer)].index(name)
    for name in ("lively", "limit", "voice", "theirs", "leaving", "prompt")
)
_NOTHING: Final = (0.0, 255, 0, 0, 0, 0)
"""In the place of the last event, where all has been forgotten."""
_NO_ANSWER: Final = Answer(Seconds(0.0), Seconds(0.0), Seconds(0.0))
_KEYBOARD: Final = VOICES * KEYS * 10
MIND: Final = _TURN.size + _ANSWER.size + _ECHO.size + EAR.size + PULSE


def past_size(state: State) -> int:
    """Bytes of a past with states like this."""
    return _PAST.size + EVENT.size + state.hidden.nbytes + state.cell.nbytes + 2 * _KEYBOARD


def of_past(past: Past) -> bytes:
    """A past, but for what it looks back on, in past_size bytes."""
    event = past.last.event
    last = of_event(Played(event, False)) if event else _NOTHING
    head = _PAST.pack(past.count, past.time, past.last.dt) + EVENT.pack(*last)
    boards = b"".join(b.count.tobytes() + b.touched.tobytes() for b in (past.keyboard, past.own))
    return head + past.state.hidden.tobytes() + past.state.cell.tobytes() + boards


def past_of(data: bytes, like: State, fresh: Past) -> Past:
    """What `of_past` made of a past with states like this; `fresh` where nothing had happened."""
    count, time, dt = _PAST.unpack_from(data, 0)
    if count == 0:
        return fresh
    row = EVENT.unpack_from(data, _PAST.size)
    event = None if row == _NOTHING else event_of(row).event
    at = _PAST.size + EVENT.size
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


def of_event(played: Played) -> tuple[float, int, int, int, int, int]:
    """A row of EVENT."""
    event = played.event
    return (event.time, int(event.kind), event.pitch, event.velocity, int(event.voice), int(played.own))


def event_of(row: tuple[float, int, int, int, int, int]) -> Played:
    """What `of_event` made."""
    time, kind, pitch, velocity, voice, own = row
    return Played(Event(Seconds(time), Kind(kind), pitch, velocity, Voice(voice)), bool(own))


def of_mind(memory: Memory) -> bytes:
    """All that a memory holds beside the past, in MIND bytes."""
    phrase, answer, anchor = memory.phrase, memory.answer, memory.anchor
    known = bool(phrase) | bool(answer) << 1 | (anchor is not None) << 2 | memory.resting << 3
    edges = (phrase.first, phrase.last) if phrase else (0.0, 0.0)
    turn, answer = _TURN.pack(known, *edges, anchor or 0.0), answer or _NO_ANSWER
    ear = of_ear(memory.ear)
    return turn + _ANSWER.pack(*_of_answer(answer)) + _of_echo(answer.echo) + ear + of_pulse(memory.pulse)


def of_ear(ear: Ear) -> bytes:
    """What an ear knows, but for the notes of its tune."""
    chord = sum(1 << each for each in ear.chord)
    heard = (*ear.weights, chord, ear.notes, ear.pitch, ear.velocity, ear.gap, ear.last)
    return EAR.pack(*heard, ear.tune.count, len(ear.tune.pitches))


def of_tune(tune: Tune) -> bytes:
    """Its notes, in TUNE bytes."""
    notes = b"".join(NOTE.pack(*note) for note in zip(tune.pitches, tune.gaps, strict=True))
    return notes.ljust(TUNE, b"\0")


def tune_of(data: bytes, count: int, kept: int) -> Tune:
    """What `of_tune` made of a tune of `count` notes, `kept` of which are there."""
    notes = np.array([*NOTE.iter_unpack(data[: kept * NOTE.size])], np.int64).reshape(-1, 2)
    return Tune.of(count, notes[:, 0].astype(np.uint8), notes[:, 1].astype(np.uint16))


def ear_of(data: bytes, tune: Callable[[int, int], Tune]) -> Ear:
    """What `of_ear` made; `tune` gives the notes, by how many there were and how many of them are kept."""
    *weights, chord, notes, pitch, velocity, gap, late, count, kept = EAR.unpack_from(data, 0)
    classes = frozenset(each for each in range(12) if chord >> each & 1)
    return Ear(tuple(weights), classes, notes, pitch, velocity, gap, late, tune(count, kept))


def mind_of(data: bytes, past: Past, tune: Callable[[int, int], Tune]) -> Memory:
    """What `of_mind` made, on this past; `tune` as in `ear_of`."""
    known, first, last, anchor = _TURN.unpack_from(data, 0)
    echo_at = _TURN.size + _ANSWER.size
    answer = replace(_answer_of(_ANSWER.unpack_from(data, _TURN.size)), echo=_echo_of(data, echo_at))
    return Memory(
        past,
        Phrase(Seconds(first), Seconds(last)) if known & 1 else None,
        answer if known & 2 else None,
        ear_of(data[echo_at + _ECHO.size :], tune),
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
