"""Performances side by side as arrays: what has happened, which keys are down, and what happens next.

Numpy only; torch begins in network.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from antiphon.music import vocabulary
from antiphon.music.keyboard import NEVER, TOUCH
from antiphon.music.vocabulary import KEYS, PEDAL_KEY, VOICES

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

    def kept(self) -> tuple[NDArray[np.int16], NDArray[np.float64]]:
        """Copies of what it keeps between windows: counts and moments, each (rows, VOICES * KEYS)."""
        return self._count.copy(), self._touched.copy()

    def keep(self, count: NDArray[np.int16], touched: NDArray[np.float64]) -> None:
        """Go on from what was kept."""
        self._count, self._touched = count.copy(), touched.copy()

    def _keys(self, inputs: NDArray[np.int64]) -> NDArray[np.float32]:
        rows, length = inputs.shape[:2]
        token, seconds = inputs[:, :, 2], inputs[:, :, 0] / 1000.0
        at = inputs[:, :, 1] * KEYS + token % KEYS
        real = (token >= 0) & (token < vocabulary.TOKENS)
        change = np.where(real, np.where(token < KEYS, 1, -1), 0).astype(np.int16)
        keys = np.empty((rows, length, VOICES * KEYS), np.float32)
        side = np.where(self._count > 0, 1.0, -1.0)
        every = np.arange(rows)
        for t in range(length):
            where = at[:, t]
            self._count[every, where] += change[:, t]
            self._touched[every, where] = np.where(real[:, t], seconds[:, t], self._touched[every, where])
            side[every, where] = np.where(self._count[every, where] > 0, 1.0, -1.0)
            np.multiply(seconds[:, t, None] + TOUCH - self._touched, side, out=keys[:, t], casting="unsafe")
        return keys.reshape(rows, length, VOICES, KEYS)

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
