"""How well a model expects what musicians really played, in nats per event.

The score streams every piece from its first event to its last with the state carried along. One
event is a note-on, a note-off or a pedal change; its terms are time (a probability mass on the 1 ms
grid), kind and pitch, and velocity (note-ons only). Parts are merged: one voice plays everything.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from antiphon.errors import TrainingError
from antiphon.music import vocabulary
from antiphon_training.corpus import Corpus
from antiphon_training.dataset import Batch, Board, Performance
from antiphon_training.performance import NO_PEDAL, PLAIN, perform

TERMS: Final = {"time": 0, "kind+pitch": 2, "velocity": 3}
"""What a score is made of, and which of the four heads says it. The voice is given, so it adds nothing."""
_HEADS: Final = 4
_IMPOSSIBLE: Final = -1e6
"""No event that can happen is as unlikely as this, in nats; what a mask forbids is at -1e9."""
_LOG_WIDTHS: Final = np.array([vocabulary.log_width(b) for b in range(vocabulary.TIME_BINS)])
_ROWS: Final = 32
_WINDOW: Final = 256


class Scorer(Protocol):
    """A model that can be judged, whatever it runs on."""

    def start(self, rows: int) -> Any:  # each scorer's own state
        """The state before the first event of `rows` pieces."""

    def score(self, batch: Batch, state: Any) -> tuple[NDArray[np.floating[Any]], Any]:
        """(B, T, 4) natural logs of the targets' time bin, voice, token and velocity; the new state. The state
        of a fresh row is that of the beginning, whatever is handed in."""


@dataclass(slots=True)
class Tally:
    """Sums over events: how many, and minus the log of each head's choice."""

    events: int = 0
    nats: NDArray[np.float64] = field(default_factory=lambda: np.zeros(_HEADS))

    def report(self) -> dict[str, Any]:  # JSON
        """{"events", "nats_per_event", "terms": {...}}"""
        each = self.nats / max(1, self.events)
        terms = {term: round(float(each[head]), 6) for term, head in TERMS.items()}
        return {"events": self.events, "nats_per_event": round(float(each.sum()), 6), "terms": terms}


@dataclass(frozen=True, slots=True)
class _Piece:
    tally: Tally
    name: str
    played: Performance


def judge(
    scorer: Scorer,
    sets: Sequence[tuple[str, Corpus]],
    pedal: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
    after: int = 0,
) -> dict[str, Any]:  # JSON
    """Score every piece of each named corpus, from event number `after` on.

    Returns {"sets": [{"name", "events", "nats_per_event", "terms"}, ...], "total": {"events",
    "nats_per_event", "terms"}}. With `pedal` False, pedal events are left out, the pedal is forbidden
    and the rest renormalised. `progress` gets pieces done and all. Raises TrainingError, naming the piece,
    where an event cannot happen, such as the release of a key that is up.
    """
    tallies = [Tally() for _ in sets]
    pieces = [
        piece for tally, (_, corpus) in zip(tallies, sets, strict=True) for piece in _pieces(tally, corpus, pedal)
    ]
    pieces.sort(key=lambda piece: -len(piece.played))
    _score(scorer, pieces, progress, after)
    total = Tally(sum(t.events for t in tallies), sum((t.nats for t in tallies), np.zeros(_HEADS)))
    named = [{"name": name, **tally.report()} for (name, _), tally in zip(sets, tallies, strict=True)]
    return {"sets": named, "total": total.report()}


def masses(log_p: NDArray[np.floating[Any]], ms: NDArray[np.int64]) -> NDArray[np.float64]:
    """Logs of bins to logs of masses on the 1 ms grid. log_p (..., 4), ms (...)."""
    bins = np.minimum(np.searchsorted(vocabulary.EDGES_MS, ms, side="right") - 1, vocabulary.TIME_BINS - 1)
    result = log_p.astype(np.float64)
    result[..., 0] -= _LOG_WIDTHS[bins]
    return result


def table(report: dict[str, Any]) -> Iterable[str]:  # JSON in
    """The report as lines of text for people."""
    yield f"{'set':24} {'events':>9} {'nats':>8}  " + " ".join(f"{term:>10}" for term in TERMS)
    for row in [*report["sets"], {"name": "all of them", **report["total"]}]:
        terms = " ".join(f"{row['terms'][term]:10.3f}" for term in TERMS)
        yield f"{row['name']:24} {row['events']:9,} {row['nats_per_event']:8.3f}  {terms}"


_REST: Final = np.zeros(1, np.int64)
_AFTER: Final = Performance(_REST, _REST, _REST, _REST, dynamic=False, pedalled=False)
"""Stands in for a piece that has ended: nothing of it is counted."""


def _pieces(tally: Tally, corpus: Corpus, pedal: bool) -> Iterator[_Piece]:
    """Nothing says beforehand whether a piece will use the pedal: it is allowed in all of them, or in none."""
    rng = np.random.default_rng(0)  # Nothing is drawn from it: these performances change nothing.
    for piece in corpus.pieces:
        played = perform(piece, np.asarray(corpus.of(piece)), PLAIN if pedal else NO_PEDAL, rng)
        yield _Piece(tally, piece.name, replace(played, pedalled=pedal))


def _score(scorer: Scorer, pieces: Sequence[_Piece], progress: Callable[[int, int], None], after: int) -> None:
    """Side by side in rows; a row whose piece has ended takes the next one."""
    waiting, rows = deque(pieces), min(_ROWS, len(pieces))
    board, state = Board(rows), scorer.start(rows)
    playing: list[tuple[_Piece, int] | None] = [(waiting.popleft(), 0) for _ in range(rows)]
    while any(playing):
        batch = board.window([(row[0].played, row[1]) if row else (_AFTER, 1) for row in playing], _WINDOW)
        log_p, state = scorer.score(batch, state)
        found = np.where(batch.counted[:, :, None], masses(log_p, batch.target[:, :, 0]), 0.0)
        for number, row in enumerate(playing):
            if row is not None:
                early = max(0, after - row[1])
                _add(row[0], found[number, early:], int(batch.counted[number, early:].sum()))
                place = row[1] + _WINDOW
                over = place >= len(row[0].played)
                playing[number] = (row[0], place) if not over else (waiting.popleft(), 0) if waiting else None
        progress(len(pieces) - len(waiting) - sum(row is not None for row in playing), len(pieces))


def _add(piece: _Piece, found: NDArray[np.float64], events: int) -> None:
    if not found.min(initial=0.0) > _IMPOSSIBLE:
        raise TrainingError(f"{piece.name}: {_impossible(found)}")
    piece.tally.nats -= found.sum(0)
    piece.tally.events += events


def _impossible(row: NDArray[np.float64]) -> str:
    if np.isnan(row).any():
        return "the model answers it with what is not a number; train or export the model again"
    return "an event in it cannot happen (a key that is up comes up); prepare the data again, or leave the piece out"
