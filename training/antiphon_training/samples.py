"""What numbers can say about what a model plays: how like real music its continuations are, whether it copies what it
learned from, and whether it holds out when it plays on and on.

It plays as `antiphon generate` does, with the daemon's own parameters. Nothing here knows how a network is run.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np

from antiphon.core.parameters import Parameters
from antiphon.errors import CorpusError
from antiphon.music.events import Seconds
from antiphon.music.vocabulary import PEDAL_KEY
from antiphon_training.corpus import Corpus
from antiphon_training.endurance import endurance
from antiphon_training.excerpts import Excerpt, Notes, excerpts, notes_of
from antiphon_training.likeness import FEATURES, likeness
from antiphon_training.playing import Graph, play, primed
from antiphon_training.recall import STRETCH, VARIED, Pitches, longest_runs, stretches

PRIME_S: Final = 30
_SAID: Final = ("temperature", "time_temperature", "velocity_temperature", "top_p", "longest_note", "pedal", "seed")
_RECALL: Final = ("stretches", "median", "p95", "longest", "p95_varied", "longest_varied")

Bar = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How much is played: continuations after primes of PRIME_S, and runs from nothing of so many minutes."""

    primes: int = 64
    runs: int = 20
    minutes: float = 10.0
    parameters: Parameters = field(default_factory=Parameters)


class Played(NamedTuple):
    """What was played, and what it continued."""

    primes: Sequence[Excerpt]
    continuations: Sequence[Notes]
    runs: Sequence[Notes]


def samples(
    graph: Graph,
    sets: Sequence[tuple[str, Corpus]],
    learned: Sequence[Corpus],
    sampling: Sampling,
    progress: Bar = lambda done, total: None,
) -> dict[str, Any]:  # JSON
    """Play, and report: "sampling" (the parameters), "likeness", "recall" and "endurance".

    likeness: "primes", "mean" and "real" (0-1), "features": {feature: {"played", "real"}}, overlapping areas between
    what the model plays and what really followed its primes; "real" is the same for the primes themselves, music by
    the same hands from the 30 s before.

    recall: "learned_notes", and for "played" and "real" (all of `sets`, which must be unheard) the "stretches" of
    STRETCH notes and the "median", "p95" and "longest" of their longest runs of notes that stand in `learned`, and of
    those without trills "p95_varied" and "longest_varied"; None where there is no whole stretch.

    endurance: as endurance.endurance. Raises CorpusError where there is too little music to compare.
    """
    played = _play(graph, [corpus for _, corpus in sets], sampling, progress)
    after = [excerpt.after for excerpt in played.primes]
    ours = likeness(played.continuations, after, 1000 * PRIME_S)
    theirs = likeness([excerpt.before for excerpt in played.primes], after, 1000 * PRIME_S)
    taught = [pitches for corpus in learned for pitches in _pitches(corpus)]
    real = [pitches for _, corpus in sets for pitches in _pitches(corpus)]
    longest_ms = round(1000 * float(sampling.parameters.longest_note))
    return {
        "sampling": {name: getattr(sampling.parameters, name) for name in _SAID},
        "likeness": {
            "primes": len(after),
            "mean": round(float(np.mean(list(ours.values()))), 4),
            "real": round(float(np.mean(list(theirs.values()))), 4),
            "features": {name: {"played": round(ours[name], 4), "real": round(theirs[name], 4)} for name in FEATURES},
        },
        "recall": {
            "learned_notes": sum(map(len, taught)),
            "played": _recall([notes.pitch for notes in (*played.continuations, *played.runs)], taught),
            "real": _recall(real, taught),
        },
        "endurance": endurance(played.runs, round(60_000 * sampling.minutes), longest_ms),
    }


def table(report: dict[str, Any]) -> Iterator[str]:  # JSON in
    """The report as lines of text for people."""
    yield "played with " + ", ".join(f"{name} {_short(value)}" for name, value in report["sampling"].items())
    alike = report["likeness"]
    heading = f"likeness, {alike['primes']} continuations"
    yield f"{heading:32} {'played':>10} {'real':>10}"
    for name, found in [*alike["features"].items(), ("mean", {"played": alike["mean"], "real": alike["real"]})]:
        yield f"  {name:30} {found['played']:10.3f} {found['real']:10.3f}"
    heading = f"notes replayed, in {STRETCH}"
    yield f"{heading:32} {'played':>10} {'real':>10}"
    for name in _RECALL:
        yield f"  {name.replace('_', ', '):30} " + " ".join(
            f"{_short(report['recall'][who][name]):>10}" for who in ("played", "real")
        )
    yield f"playing on, {report['endurance']['runs']} runs"
    for name, value in report["endurance"].items():
        yield f"  {name.replace('_', ' '):30} {_short(value):>10}"


def _play(graph: Graph, corpora: Sequence[Corpus], sampling: Sampling, progress: Bar) -> Played:
    parameters, half = sampling.parameters, 1000 * PRIME_S
    rng = np.random.default_rng(int(parameters.seed))
    primes = excerpts(corpora, PRIME_S, sampling.primes, bool(parameters.pedal), rng)
    if len(primes) < 3:
        raise CorpusError(f"too little music: fewer than three stretches of {2 * PRIME_S} s to continue; add pieces")
    total = len(primes) + sampling.runs
    pasts = [primed(graph, excerpt.prime) for excerpt in primes]
    ends = Seconds(2.0 * PRIME_S), Seconds(60.0 * sampling.minutes)
    continued = play(graph, pasts, Seconds(1.0 * PRIME_S), ends[0], parameters, lambda done, _: progress(done, total))
    nothing = [primed(graph, ())] * sampling.runs
    alone = play(graph, nothing, Seconds(0.0), ends[1], parameters, lambda done, _: progress(len(primes) + done, total))
    return Played(
        primes,
        [notes_of(events, half, 2 * half) for events in continued],
        [notes_of(events, 0, round(1000 * ends[1])) for events in alone],
    )


def _recall(pieces: Sequence[Pitches], taught: Sequence[Pitches]) -> dict[str, Any]:  # JSON
    parts = stretches(pieces)
    if not parts:
        return {"stretches": 0, **dict.fromkeys(_RECALL[1:])}
    runs, varied = (longest_runs(parts, taught, least) for least in (1, VARIED))
    return {
        "stretches": len(parts),
        "median": round(float(np.median(runs)), 1),
        "p95": round(float(np.percentile(runs, 95)), 1),
        "longest": int(runs.max()),
        "p95_varied": round(float(np.percentile(varied, 95)), 1),
        "longest_varied": int(varied.max()),
    }


def _pitches(corpus: Corpus) -> Iterator[Pitches]:
    """The pitches (N,) of the onsets of each piece, in the order of onset and pitch."""
    for piece in corpus.pieces:
        records = corpus.of(piece)
        onsets = records[(records["velocity"] > 0) & (records["key"] < PEDAL_KEY)]
        yield onsets["key"].astype(np.int64)


def _short(value: Any) -> str:  # JSON in
    return "-" if value is None else f"{value:,.6g}" if isinstance(value, float) else str(value)
