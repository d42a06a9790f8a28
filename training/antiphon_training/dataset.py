"""From a corpus to batches: many streams, each walking through a piece with its state carried along.

Augmentation happens when a stream takes up a piece, so one pass through it is one consistent
performance. The random generator is handed in. Numpy only; torch begins in network.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from antiphon.music import vocabulary
from antiphon.music.keyboard import NEVER, TOUCH
from antiphon.music.vocabulary import KEYS, PEDAL_KEY, VOICES
from antiphon_training.corpus import Corpus, Piece, Records

PAD: Final = -1


@dataclass(frozen=True, slots=True)
class Batch:
    """One window of every stream: what happened, and what happened next.

    dt          (B, T) float32     seconds from the event before to the input event
    event       (B, T, 3) int64    voice, token (BEGIN first), velocity of the input event
    keys        (B, T, VOICES, KEYS) float32   signed ages after the input event, as in Keyboard.ages
    target      (B, T, 4) int64    ms to the next event, its voice, token, velocity
    counted     (B, T) bool        False behind a piece's end
    dynamic     (B,) bool          velocity is worth learning here
    pedalled    (B,) bool          the pedal is part of this stream
    voices      (B, VOICES) bool   who plays in this stream
    fresh       (B,) bool          the state starts anew before this window
    """

    dt: NDArray[np.float32]
    event: NDArray[np.int64]
    keys: NDArray[np.float32]
    target: NDArray[np.int64]
    counted: NDArray[np.bool_]
    dynamic: NDArray[np.bool_]
    pedalled: NDArray[np.bool_]
    voices: NDArray[np.bool_]
    fresh: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How a pass through a piece may differ from the file. All chances are 0-1."""

    transpose: tuple[int, int] = (-5, 6)
    tempo: tuple[float, float] = (0.87, 1.15)
    velocity: tuple[float, float] = (0.85, 1.15)
    true_tempo: float = 0.25
    true_velocity: float = 0.5
    pedal_left_out: float = 0.5
    in_parts: float = 0.3


PLAIN: Final = Augmentation((0, 0), (1.0, 1.0), (1.0, 1.0), 1.0, 1.0, 0.0, 0.0)
"""No change at all: the files as they are, all parts merged."""


@dataclass(frozen=True, slots=True)
class Performance:
    """One pass through a piece: (E,) arrays of ms, key, velocity (0 ends) and voice."""

    ms: NDArray[np.int64]
    key: NDArray[np.int64]
    velocity: NDArray[np.int64]
    voice: NDArray[np.int64]
    dynamic: bool
    pedalled: bool

    def __len__(self) -> int:
        return len(self.ms)


def perform(piece: Piece, records: Records, how: Augmentation, rng: np.random.Generator) -> Performance:
    """One performance of a piece, changed as `how` allows, in the order of the file: sorting again after a
    change of tempo would put the end of a short note before its beginning."""
    pedalled = piece.pedalled and rng.random() >= how.pedal_left_out
    kept = records if pedalled else records[records["key"] != PEDAL_KEY]
    in_parts = piece.parts and rng.random() < how.in_parts
    key = kept["key"].astype(np.int64)
    notes = key < PEDAL_KEY
    key = np.where(notes, key + _shift(key[notes], how, rng), key)
    stretch = 1.0 if rng.random() < how.true_tempo else float(np.exp(rng.uniform(*np.log(how.tempo))))
    ms = np.rint(kept["ms"].astype(np.float64) * stretch).astype(np.int64)
    gain = 1.0 if rng.random() < how.true_velocity else rng.uniform(*how.velocity)
    loud = kept["velocity"].astype(np.int64)
    velocity = np.where((loud > 0) & notes, np.clip(np.rint(loud * gain), 1, 127).astype(np.int64), loud)
    voice = kept["part"].astype(np.int64) * int(in_parts)
    return Performance(ms, key, velocity, voice, piece.dynamic, pedalled)


def _shift(pitches: NDArray[np.int64], how: Augmentation, rng: np.random.Generator) -> int:
    low = max(how.transpose[0], -int(pitches.min()))
    high = min(how.transpose[1], 127 - int(pitches.max()))
    return int(rng.integers(low, high + 1)) if low <= high else 0


def from_the_middle(whole: Performance, start: int) -> Performance:
    """What is left of a performance from event `start` on, without the ends of notes begun before it."""
    held = dict[tuple[int, int], int]()
    kept = list[int]()
    for i in range(start, len(whole)):
        at = (int(whole.voice[i]), int(whole.key[i]))
        down = whole.velocity[i] > 0
        if not down and held.get(at, 0) == 0:
            continue
        held[at] = held.get(at, 0) + (1 if down else -1)
        kept.append(i)
    take = np.array(kept, np.int64)
    return Performance(
        whole.ms[take], whole.key[take], whole.velocity[take], whole.voice[take], whole.dynamic, whole.pedalled
    )


class Stream:
    """One player of pieces: holds the place in the present one and which keys are down."""

    def __init__(self) -> None:
        self.piece: Performance | None = None
        self.place = 0


class Streams:
    """Endless batches for training: `streams` pieces side by side, `window` events at a time.

    shares: by source, the share of all events that should come from it.
    """

    def __init__(
        self,
        corpus: Corpus,
        streams: int,
        window: int,
        how: Augmentation,
        shares: Mapping[str, float],
        rng: np.random.Generator,
    ) -> None:
        self._corpus, self._how, self._rng, self._window = corpus, how, rng, window
        self._chances = _chances(corpus.pieces, shares)
        self._board = Board(streams)
        self._streams: list[Stream] = [Stream() for _ in range(streams)]
        for stream in self._streams:
            whole = self._next()
            stream.piece = from_the_middle(whole, int(self._rng.integers(0, max(1, len(whole) * 3 // 4))))

    def __iter__(self) -> Iterator[Batch]:
        while True:
            yield self._batch()

    def _next(self) -> Performance:
        piece = self._corpus.pieces[int(self._rng.choice(len(self._chances), p=self._chances))]
        return perform(piece, np.asarray(self._corpus.of(piece)), self._how, self._rng)

    def _batch(self) -> Batch:
        playing = list[tuple[Performance, int]]()
        for stream in self._streams:
            if stream.piece is None or stream.place >= len(stream.piece):
                stream.piece, stream.place = self._next(), 0
            playing.append((stream.piece, stream.place))
            stream.place += self._window
        return self._board.window(playing, self._window)


def _chances(pieces: Sequence[Piece], shares: Mapping[str, float]) -> NDArray[np.float64]:
    events = dict[str, int]()
    for piece in pieces:
        events[piece.source] = events.get(piece.source, 0) + piece.stop - piece.start
    weights = np.array([shares.get(p.source, 1.0) / events[p.source] for p in pieces])
    return np.asarray(weights / weights.sum())


class Board:
    """Lays windows of performances side by side and keeps the keys of each row between windows."""

    def __init__(self, rows: int) -> None:
        self._count = np.zeros((rows, VOICES * KEYS), np.int16)
        self._touched = np.full((rows, VOICES * KEYS), NEVER)

    def window(self, playing: Sequence[tuple[Performance, int]], length: int) -> Batch:
        """The next `length` events of each (performance, place); place 0 starts a row anew."""
        rows = len(playing)
        step = np.zeros((rows, length + 1, 4), np.int64)
        step[:, :, 2] = PAD
        for row, (piece, place) in enumerate(playing):
            _lay(step[row], piece, place)
        fresh = np.array([place == 0 for _, place in playing])
        self._count[fresh], self._touched[fresh] = 0, NEVER
        inputs, target = step[:, :-1], step[:, 1:].copy()
        counted = target[:, :, 2] != PAD
        keys = self._keys(inputs)
        target[:, :, 0] = np.where(counted, target[:, :, 0] - inputs[:, :, 0], 0)
        target[~counted] = 0
        return Batch(
            dt=self._gaps(playing, inputs),
            event=np.maximum(inputs[:, :, 1:], 0),
            keys=keys,
            target=target,
            counted=counted,
            dynamic=np.array([piece.dynamic for piece, _ in playing]),
            pedalled=np.array([piece.pedalled for piece, _ in playing]),
            voices=np.array([_voices(piece) for piece, _ in playing]),
            fresh=fresh,
        )

    def _keys(self, inputs: NDArray[np.int64]) -> NDArray[np.float32]:
        rows, length = inputs.shape[:2]
        token, seconds = inputs[:, :, 2], inputs[:, :, 0] / 1000.0
        at = inputs[:, :, 1] * KEYS + token % KEYS
        real = (token >= 0) & (token < vocabulary.TOKENS)
        change = np.where(real, np.where(token < KEYS, 1, -1), 0)
        down = np.empty((rows, length, VOICES * KEYS), np.bool_)
        touched = np.empty((rows, length, VOICES * KEYS))
        every = np.arange(rows)
        for t in range(length):
            where = at[:, t]
            self._count[every, where] += change[:, t].astype(np.int16)
            self._touched[every, where] = np.where(real[:, t], seconds[:, t], self._touched[every, where])
            down[:, t], touched[:, t] = self._count > 0, self._touched
        age = (seconds[:, :, None] - touched + TOUCH).astype(np.float32)
        return np.where(down, age, -age).reshape(rows, length, VOICES, KEYS)

    def _gaps(self, playing: Sequence[tuple[Performance, int]], inputs: NDArray[np.int64]) -> NDArray[np.float32]:
        before = np.array([piece.ms[place - 2] if place > 1 else piece.ms[0] for piece, place in playing])
        times = np.concatenate([before[:, None], inputs[:, :, 0]], axis=1)
        return np.maximum(np.diff(times, axis=1), 0).astype(np.float32) / np.float32(1000)


def _voices(piece: Performance) -> list[bool]:
    parts = bool(np.any(piece.voice > 0))
    return [not parts, parts, parts]


def _lay(row: NDArray[np.int64], piece: Performance, place: int) -> None:
    """Fill a row (T + 1, 4) with ms, voice, token and velocity from the event before `place` on."""
    first = place - 1
    if place == 0:
        row[0] = (piece.ms[0], piece.voice[0], vocabulary.BEGIN, 0)
        row, first = row[1:], 0
    stop = min(len(piece), first + len(row))
    part = slice(first, stop)
    n = stop - first
    row[:n, 0], row[:n, 1] = piece.ms[part], piece.voice[part]
    row[:n, 2] = piece.key[part] + np.where(piece.velocity[part] > 0, 0, KEYS)
    row[:n, 3] = np.where(piece.key[part] < PEDAL_KEY, piece.velocity[part], 0)
