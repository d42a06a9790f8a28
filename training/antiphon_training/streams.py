"""Endless batches for training: many streams, each walking through one performance after another.

Where the walk stands can be kept and taken up again, to the same batches. The random generator is
handed in.
"""

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from antiphon.errors import TrainingError
from antiphon_training.corpus import Corpus, Piece
from antiphon_training.dataset import Batch, Board, Performance
from antiphon_training.performance import Augmentation, from_the_middle, perform

_SEEDS = 2**63
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True, eq=False)
class Whereabouts:
    """Where a walk stands between two batches.

    passes   (S, 3) int64: for each stream the seed of its performance, 1 where that began in the middle, its place
    count    (S, VOICES * KEYS) int16: how often each key is down
    touched  (S, VOICES * KEYS) float64: when each key last moved, seconds
    chance   the state of the random generator, JSON
    """

    passes: NDArray[np.int64]
    count: NDArray[np.int16]
    touched: NDArray[np.float64]
    chance: str


class Streams:
    """`streams` performances side by side, `window` events at a time.

    shares: by source, the share of all events that should come from it; sources that are not named divide
    what remains by their size. Raises TrainingError where that leaves nothing to play.
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
        self._passes = np.stack([rng.integers(0, _SEEDS, streams), np.ones(streams, int), np.zeros(streams, int)], 1)
        self._playing = [self._performance(*row[:2]) for row in self._passes]

    def __iter__(self) -> Iterator[Batch]:
        while True:
            yield self._batch()

    def walk(self) -> Iterator[tuple[Batch, Whereabouts]]:
        """Each batch with where the walk stands behind it."""
        for batch in self:
            chance = json.dumps(self._rng.bit_generator.state)
            yield batch, Whereabouts(self._passes.copy(), *self._board.kept(), chance)

    def go_to(self, place: Whereabouts) -> None:
        """Stand where a walk through the same corpus once stood."""
        self._rng.bit_generator.state = json.loads(place.chance)
        self._passes = place.passes.copy()
        self._playing = [self._performance(*row[:2]) for row in self._passes]
        self._board.keep(place.count, place.touched)

    def _performance(self, seed: int, in_the_middle: int) -> Performance:
        rng = np.random.default_rng(seed)
        piece = self._corpus.pieces[int(rng.choice(len(self._chances), p=self._chances))]
        whole = perform(piece, np.asarray(self._corpus.of(piece)), self._how, rng)
        return from_the_middle(whole, int(rng.integers(0, max(1, len(whole) * 3 // 4)))) if in_the_middle else whole

    def _batch(self) -> Batch:
        playing = list[tuple[Performance, int]]()
        for stream, (_, _, place) in enumerate(self._passes):
            if place >= len(self._playing[stream]):
                self._passes[stream] = self._rng.integers(0, _SEEDS), 0, 0
                self._playing[stream] = self._performance(*self._passes[stream, :2])
            playing.append((self._playing[stream], int(self._passes[stream, 2])))
            self._passes[stream, 2] += self._window
        return self._board.window(playing, self._window)


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
