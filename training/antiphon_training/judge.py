"""How well a model expects what musicians really played, in nats per event.

The score streams every piece from its first event to its last with the state carried along. One
event is a note-on, a note-off or a pedal change; its terms are time (a probability mass on the 1 ms
grid), voice, kind and pitch, and velocity (note-ons only). Parts are merged unless asked otherwise.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from antiphon.music import vocabulary
from antiphon_training.corpus import Corpus
from antiphon_training.dataset import PLAIN, Augmentation, Batch, Board, Performance, perform

TERMS: Final = ("time", "voice", "kind+pitch", "velocity")
_NO_PEDAL: Final = Augmentation((0, 0), (1.0, 1.0), (1.0, 1.0), 1.0, 1.0, 1.0, 0.0)
_LOG_WIDTHS: Final = np.array([vocabulary.log_width(b) for b in range(vocabulary.TIME_BINS)])
_ROWS: Final = 32
_WINDOW: Final = 256


class Scorer(Protocol):
    """A model that can be judged, whatever it runs on."""

    def start(self, rows: int) -> Any:  # each scorer's own state
        """The state before the first event of `rows` pieces."""

    def score(self, batch: Batch, state: Any) -> tuple[NDArray[np.floating[Any]], Any]:
        """(B, T, 4) natural logs of the targets' time bin, voice, token and velocity; the new state."""


@dataclass(slots=True)
class Tally:
    """Sums over events: how many, and minus the log of each term."""

    name: str
    events: int = 0
    nats: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(TERMS)))

    def report(self) -> dict[str, Any]:  # JSON
        """{"name", "events", "nats_per_event", "terms": {...}}"""
        each = self.nats / max(1, self.events)
        terms = {term: round(float(value), 4) for term, value in zip(TERMS, each, strict=True)}
        return {
            "name": self.name,
            "events": self.events,
            "nats_per_event": round(float(each.sum()), 4),
            "terms": terms,
        }


def judge(scorer: Scorer, corpus: Corpus, pedal: bool = True) -> dict[str, Any]:  # JSON
    """Score every piece of a corpus.

    Returns {"sets": [one for each source], "total": {"events", "nats_per_event", "terms"}}. With
    `pedal` False, pedal events are left out, the pedal is forbidden and the rest renormalised.
    """
    tallies = dict[str, Tally]()
    how = PLAIN if pedal else _NO_PEDAL
    rng = np.random.default_rng(0)
    played = [
        (tallies.setdefault(piece.source, Tally(piece.source)), perform(piece, np.asarray(corpus.of(piece)), how, rng))
        for piece in corpus.pieces
    ]
    played.sort(key=lambda pair: -len(pair[1]))
    for first in range(0, len(played), _ROWS):
        _score(scorer, played[first : first + _ROWS])
    total = Tally("total", sum(t.events for t in tallies.values()))
    total.nats = np.sum([t.nats for t in tallies.values()], axis=0)
    return {"sets": [tally.report() for tally in tallies.values()], "total": total.report()}


def masses(log_p: NDArray[np.floating[Any]], ms: NDArray[np.int64]) -> NDArray[np.float64]:
    """Logs of bins to logs of masses on the 1 ms grid. log_p (..., 4), ms (...)."""
    bins = np.minimum(np.searchsorted(vocabulary.EDGES_MS, ms, side="right") - 1, vocabulary.TIME_BINS - 1)
    result = log_p.astype(np.float64)
    result[..., 0] -= _LOG_WIDTHS[bins]
    return result


def windows(pieces: Sequence[Performance], length: int = _WINDOW) -> Iterator[Batch]:
    """All of `pieces` side by side from their beginnings, a window at a time."""
    board = Board(len(pieces))
    for place in range(0, max(map(len, pieces)), length):
        yield board.window([(piece, place) if place < len(piece) else (_AFTER, 1) for piece in pieces], length)


_AFTER: Final = Performance(*(np.zeros(1, np.int64) for _ in range(4)), dynamic=True, pedalled=False)
"""Stands in for a piece that has ended: nothing of it is counted."""


def _score(scorer: Scorer, played: Sequence[tuple[Tally, Performance]]) -> None:
    state = scorer.start(len(played))
    for batch in windows([piece for _, piece in played]):
        log_p, state = scorer.score(batch, state)
        nats = -masses(log_p, batch.target[:, :, 0]) * batch.counted[:, :, None]
        for (tally, _), row, counted in zip(played, nats, batch.counted, strict=True):
            tally.nats += row.sum(0)
            tally.events += int(counted.sum())


def table(report: dict[str, Any]) -> Iterable[str]:  # JSON in
    """The report as lines of text for people."""
    head = f"{'set':24} {'events':>9} {'nats':>8}  " + " ".join(f"{term:>10}" for term in TERMS)
    yield head
    for row in [*report["sets"], report["total"]]:
        terms = " ".join(f"{row['terms'][term]:10.3f}" for term in TERMS)
        yield f"{row['name']:24} {row['events']:9,} {row['nats_per_event']:8.3f}  {terms}"
