"""Learning from one player: from a shipped model and some of their playing to a model that expects them better, and has
not forgotten what it could.

Half of what is heard while learning is the shipped model's own playing (generated here, since the music it learned from
is not at hand). What was learned is then mixed with what was known, weight by weight (Wortsman et al., "Robust
fine-tuning of zero-shot models", 2022), as far as a held-out part of the player's music says. Two parts more, of the
player's music and of the model's, are not chosen by: they say what it was worth, and whether it is kept. Where the
second says that too much was forgotten, less of what was learned is taken.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from antiphon.core.parameters import Parameters
from antiphon.errors import CorpusError, TrainingError
from antiphon.music.events import Seconds
from antiphon_training import corpus as corpora
from antiphon_training.corpus import Corpus
from antiphon_training.fit import Progress, Watching, fit
from antiphon_training.holding import KEPT, YOURS, held_out
from antiphon_training.index import Piece
from antiphon_training.judge import judge
from antiphon_training.network import Network
from antiphon_training.onnx_graph import OnnxGraph
from antiphon_training.performance import Augmentation
from antiphon_training.playing import Arrays, play, primed
from antiphon_training.reading import RECORD, Read, records_of
from antiphon_training.runs import Run
from antiphon_training.settings import Settings
from antiphon_training.sources import File
from antiphon_training.storing import piece_of
from antiphon_training.torch_scorer import TorchScorer

FORGOTTEN: Final = 0.1
"""Nats per event: so much less well may it expect its own old playing, and no more."""
LEAST_EVENTS: Final = 400
"""Fewer are hardly a minute of playing, and teach nothing that could be measured."""
_MARGIN: Final = 0.7
"""What is chosen stays so far within that, since it is judged by other music than it is chosen by."""
_SHARES: Final = (1.0, 0.8, 0.6, 0.4, 0.2)
"""How much of what was learned may be taken."""
_OLD: Final = 0.4
"""The share of what is heard that is the model's own playing."""
_OLD_TEST: Final = 0.25
"""So much of that is held back, half to choose by and half to judge by."""
_PACE: Final = 25.0
"""Events a second in the liveliest of many performances, about."""

Scores = dict[str, dict[str, Any]]  # JSON
Told = Callable[[str, float], None]
"""Is told what is being done, and how much of that is behind (0-1)."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done: `minutes` of learning at the most, and so many performances of so many seconds to remember."""

    minutes: float = 6.0
    performances: int = 16
    seconds: float = 40.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of it.

    network   the mixture, on the processor
    share     how much of what was learned is in it, 0-1
    report    JSON: events, seconds, minutes, and for "yours" and "kept" the scores "before" and "after"
    tests     the two parts it is judged by, by name
    """

    network: Network
    share: float
    report: dict[str, Any]  # JSON
    tests: tuple[tuple[str, Corpus], ...]


def learn(
    data: Sequence[Path], network: Network, graph: OnnxGraph, folder: Path, effort: Effort, told: Told
) -> Learned:
    """Learn from .mid files. `graph` is that of `network`; `folder` is scratch.

    Raises CorpusError where there is too little music, TrainingError where what was learned helps nothing or costs too
    much of what was known.
    """
    began = time.monotonic()
    found = corpora.prepare(data, folder / "corpus", lambda done, total: told("reading", done / max(1, total)))
    if found.events() < LEAST_EVENTS:
        raise CorpusError(
            f"only {found.events()} events to learn from; play for some minutes first, or name more files"
        )
    yours = held_out(found, np.random.default_rng(effort.seed))
    old = remembered(graph, effort, told)
    both = joined([yours, old])
    valid, tests = yours.only("valid"), ((YOURS, yours.only("test")), (KEPT, old.only("test")))
    before = _scores(network, tests)
    last = Run(folder / "run")
    learned = fit(both, last, _settings(effort), _watching(told), begin_with=_copy(network))
    told("choosing", 0.0)
    shares = _chosen(network, learned, valid, old.only("valid"), told)
    mixed, after, share = network, before, 0.0
    for share in shares:
        mixed = mixture(network, learned, share)
        after = _scores(mixed, tests)
        if _forgotten(before, after) <= FORGOTTEN:
            break
    report = {
        "pieces": len(found.pieces),
        "events": found.events(),
        "seconds": round(_seconds(found)),
        "minutes": round((time.monotonic() - began) / 60, 2),
        "share": share,
        **{name: {"before": before[name], "after": after[name]} for name in before},
    }
    insist(report)
    return Learned(mixed, share, report, tests)


def remembered(graph: OnnxGraph, effort: Effort, told: Told) -> Corpus:
    """What the model plays alone, from nothing, as a corpus: mostly to learn from, some to check by."""
    parameters = Parameters().changed(seed=effort.seed, top_p=1.0)
    nothing = [primed(graph, ())] * effort.performances
    until = Seconds(effort.seconds)
    played = play(_Counted(graph, told, _PACE * effort.seconds), nothing, Seconds(0.0), until, parameters)
    pieces, chunks, start = list[Piece](), list[Any](), 0
    few = max(1, round(_OLD_TEST / 2 * effort.performances))
    for number, events in enumerate(played):
        records = records_of(events)
        if len(records) < 2:
            continue
        split = "test" if number < few else "valid" if number < 2 * few else "train"
        file = File(Path(f"{number}.mid"), f"{number}.mid", KEPT, split)
        pieces.append(piece_of(file, Read(records, True), start))
        chunks.append(records)
        start += len(records)
    return Corpus(np.concatenate([np.zeros(0, RECORD), *chunks]), tuple(pieces))


class _Counted:
    """A graph that tells how much of about `expected` runs is behind."""

    def __init__(self, graph: OnnxGraph, told: Told, expected: float) -> None:
        self._graph, self._told, self._expected, self._runs = graph, told, expected, 0
        self.shape = graph.shape

    def run(self, inputs: Arrays) -> Arrays:
        self._runs += 1
        self._told("remembering", min(1.0, self._runs / self._expected))
        return self._graph.run(inputs)


def joined(parts: Sequence[Corpus]) -> Corpus:
    """Several corpora as one, but for what checks forgetting: that is not what learning is judged by."""
    pieces, start = list[Piece](), 0
    for part in parts:
        for piece in part.pieces:
            if piece.split == "train" or piece.source != KEPT:
                pieces.append(replace(piece, start=piece.start + start, stop=piece.stop + start))
        start += len(part.records)
    return Corpus(np.concatenate([np.asarray(part.records) for part in parts]), tuple(pieces))


def mixture(known: Network, learned: Network, share: float) -> Network:
    """Weights between two networks of the same sizes: `share` of the second."""
    mixed = _copy(known)
    with torch.no_grad():
        for weight, other in zip(mixed.parameters(), learned.parameters(), strict=True):
            weight.lerp_(other.cpu(), share)
    return mixed.eval()


def _settings(effort: Effort) -> Settings:
    how = Augmentation(transpose=(-2, 2), tempo=(0.96, 1.04), in_parts=0.0)
    return Settings(
        minutes=effort.minutes,
        streams=8,
        window=64,
        rate=5e-4,
        averaged=0.98,
        warm_up=0.05,
        patience=5,
        judged_every_minutes=0.5,
        kept_every_minutes=1e9,
        seed=effort.seed,
        how=how,
        shares={KEPT: _OLD},
    )


def _watching(told: Told) -> Watching:
    def watched(at: Progress) -> None:
        told("learning", min(1.0, at.done))

    return Watching(watched=watched)


def _chosen(known: Network, learned: Network, valid: Corpus, old: Corpus, told: Told) -> list[float]:
    """The share whose mixture expects the player best, of those that have not forgotten too much; then the smaller ones
    that expect them better than what was known."""
    sets = [(YOURS, valid), (KEPT, old)]
    before, good = _scores(known, sets), dict[float, float]()
    for number, share in enumerate(_SHARES, start=1):
        found = _scores(mixture(known, learned, share), sets)
        gain = before[YOURS]["nats_per_event"] - found[YOURS]["nats_per_event"]
        if gain > 0 and _forgotten(before, found) <= _MARGIN * FORGOTTEN:
            good[share] = gain
        told("choosing", number / len(_SHARES))
    best = max(good, key=lambda share: good[share], default=0.0)
    return [share for share in good if share <= best]


def _forgotten(before: Scores, after: Scores) -> float:
    """Nats per event by which it expects its own old playing less well."""
    return float(after[KEPT]["nats_per_event"] - before[KEPT]["nats_per_event"])


def _scores(network: Network, sets: Sequence[tuple[str, Corpus]]) -> Scores:
    """By the name of each set its "nats_per_event" and "terms". Velocities that nobody played are not learned, so they
    do not count either."""
    report, found = judge(TorchScorer(network), sets), Scores()
    for row, (name, music) in zip(report["sets"], sets, strict=True):
        counted = any(piece.dynamic for piece in music.pieces)
        terms = {term: nats for term, nats in row["terms"].items() if counted or term != "velocity"}
        found[name] = {"nats_per_event": round(sum(terms.values()), 6), "terms": terms}
    return found


def insist(report: dict[str, Any]) -> None:  # JSON in
    """Raises TrainingError where the model got worse on either."""
    gain = report[YOURS]["before"]["nats_per_event"] - report[YOURS]["after"]["nats_per_event"]
    if report["share"] == 0 or gain <= 0:
        raise TrainingError(
            f"what was learned does not carry over to music of yours that was held back ({-gain:+.3f} nats per event); "
            "nothing was kept. Play more, or name more files"
        )
    forgotten = _forgotten({KEPT: report[KEPT]["before"]}, {KEPT: report[KEPT]["after"]})
    if forgotten > FORGOTTEN:
        raise TrainingError(
            f"it forgot too much of what it could ({forgotten:+.3f} nats per event, {FORGOTTEN} is the most); "
            "nothing was kept. Name more, or more varied, music"
        )


def _copy(network: Network) -> Network:
    other = Network(network.sizes)
    other.load_state_dict(network.state_dict())
    return other


def _seconds(found: Corpus) -> float:
    return sum(float(found.of(piece)["ms"][-1] - found.of(piece)["ms"][0]) / 1000 for piece in found.pieces)
