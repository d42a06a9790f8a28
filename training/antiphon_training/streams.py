"""Endless batches for training: many streams, each walking through one performance after another.

What a stream plays follows from the seed of the run, its number and how much it has played: several
processes that divide the streams play together what one process plays. Where the walk stands can be kept
and taken up again, to the same batches.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from antiphon.errors import TrainingError
from antiphon.music.vocabulary import VELOCITIES
from antiphon_training.corpus import Corpus, Piece
from antiphon_training.dataset import Batch, Board, Performance
from antiphon_training.performance import Augmentation, from_the_middle, perform

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True, eq=False)
class Whereabouts:
    """Where a walk stands between two batches.

    passes   (S, 2) int64: for each stream how many performances it has ended, and its place in this one
    count    (S, VOICES * KEYS) int16: how often each key is down
    touched  (S, VOICES * KEYS) float64: when each key last moved, seconds
    """

    passes: NDArray[np.int64]
    count: NDArray[np.int16]
    touched: NDArray[np.float64]


class Streams:
    """The streams of these `numbers` side by side, `window` events at a time.

    shares: by source, the share of all events that should come from it; sources that are not named divide
    what remains by their size. Raises TrainingError where that leaves nothing to play.
    """

    def __init__(
        self,
        corpus: Corpus,
        numbers: Sequence[int],
        window: int,
        how: Augmentation,
        shares: Mapping[str, float],
        seed: int,
    ) -> None:
        self._corpus, self._how, self._seed, self._window, self._numbers = corpus, how, seed, window, tuple(numbers)
        self._chances = np.cumsum(_chances(corpus.pieces, shares))
        self._board = Board(len(self._numbers))
        self._passes = np.zeros((len(self._numbers), 2), np.int64)
        self._playing = self._performances()

    def __iter__(self) -> Iterator[Batch]:
        while True:
            yield self._batch()

    def walk(self) -> Iterator[tuple[Batch, Whereabouts]]:
        """Each batch with where the walk stands behind it."""
        for batch in self:
            yield batch, Whereabouts(self._passes.copy(), *self._board.kept())

    def go_to(self, place: Whereabouts) -> None:
        """Stand where a walk through the same corpus once stood."""
        self._passes = place.passes.copy()
        self._playing = self._performances()
        self._board.keep(place.count, place.touched)

    def _performances(self) -> list[Performance]:
        return [self._performance(row) for row in range(len(self._numbers))]

    def _performance(self, row: int) -> Performance:
        """What a stream plays now; the first of all begins in the middle, so that not all begin at once."""
        ended = int(self._passes[row, 0])
        rng = np.random.default_rng((self._seed, self._numbers[row], ended))
        chosen = np.searchsorted(self._chances, rng.random() * self._chances[-1], side="right")
        piece = self._corpus.pieces[int(chosen)]
        whole = perform(piece, np.asarray(self._corpus.of(piece)), self._how, rng)
        return whole if ended else from_the_middle(whole, int(rng.integers(0, max(1, len(whole) * 3 // 4))))

    def _batch(self) -> Batch:
        for row in range(len(self._numbers)):
            while self._passes[row, 1] >= len(self._playing[row]):
                self._passes[row] = self._passes[row, 0] + 1, 0
                self._playing[row] = self._performance(row)
        places = self._passes[:, 1].copy()
        batch = self._board.window(list(zip(self._playing, places.tolist(), strict=True)), self._window)
        batch = self._misheard(batch) if self._how.misheard else batch
        self._passes[:, 1] += self._window
        return batch

    def _misheard(self, batch: Batch) -> Batch:
        """The same batch with times and velocities that are not quite what was played; what is asked stays exact."""
        dt, event, unsure = batch.dt.copy(), batch.event.copy(), self._how.misheard
        for row, number in enumerate(self._numbers):
            rng = np.random.default_rng((self._seed, number, *self._passes[row].tolist()))
            dt[row] *= np.exp(rng.normal(0, unsure, dt.shape[1]))
            struck = event[row, :, 2]
            heard = np.rint(struck * np.exp(rng.normal(0, unsure, len(struck)))).astype(np.int64)
            event[row, :, 2] = np.where(struck > 0, np.clip(heard, 1, VELOCITIES - 1), struck)
        return replace(batch, dt=dt, event=event)


def ahead(things: Iterator[Thing]) -> Generator[Thing, None, None]:
    """The same endless things, each made in a thread beside while the one before it is in use."""
    with ThreadPoolExecutor(1) as beside:
        coming = beside.submit(next, things)
        while True:
            thing = coming.result()
            coming = beside.submit(next, things)
            yield thing


def _chances(pieces: Sequence[Piece], shares: Mapping[str, float]) -> NDArray[np.float64]:
    events = dict[str, int]()
    for piece in pieces:
        events[piece.source] = events.get(piece.source, 0) + piece.stop - piece.start
    rest = max(0.0, 1.0 - sum(shares.get(source, 0.0) for source in events))
    unnamed = sum(count for source, count in events.items() if source not in shares)
    each = {s: shares[s] / count if s in shares else rest / unnamed for s, count in events.items()}
    weights = np.array([each[piece.source] for piece in pieces])
    if not weights.sum() > 0:
        raise TrainingError(f"the shares leave nothing to learn from; the data are {', '.join(events)}")
    return np.asarray(weights / weights.sum())
