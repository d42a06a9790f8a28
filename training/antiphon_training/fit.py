"""Training: the loop that reads top to bottom, from a corpus to the best network a run found."""

import math
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import torch

from antiphon.errors import TrainingError
from antiphon_training.corpus import Corpus
from antiphon_training.judge import judge
from antiphon_training.learner import Learner, rate
from antiphon_training.network import Network
from antiphon_training.runs import Run
from antiphon_training.settings import Settings
from antiphon_training.streams import Streams, Whereabouts, ahead
from antiphon_training.torch_scorer import TorchScorer

_LOGGED_EVERY: Final = 50
"""Steps."""
_ENOUGH: Final = 200_000
"""Events to judge by where there is no validation split."""


@dataclass(slots=True)
class Progress:
    """How far a run is. `done` is the share of it, 0-1; `best` is the best validation score so far."""

    step: int = 0
    events: int = 0
    minutes: float = 0.0
    done: float = 0.0
    loss: float = math.nan
    best: float = math.inf


def fit(
    corpus: Corpus,
    run: Run,
    settings: Settings,
    tell: Callable[[dict[str, Any]], None] = lambda record: None,
    watch: Callable[[Progress], None] = lambda progress: None,
    begin_with: Network | None = None,
    about: Mapping[str, Any] | None = None,  # JSON
    resume: bool = False,
) -> Network:
    """Train until the minutes or epochs are over; returns the best averaged network.

    `tell` gets each log record, `watch` the progress of every step. `begin_with` is a network to train on
    from, instead of a fresh one of settings.sizes; `resume` goes on from where the run was last kept.
    Raises TrainingError where there are no training pieces or nothing to go on from.
    """
    settings = replace(settings, sizes=begin_with.sizes) if begin_with else settings
    learning, checking = corpus.only("train"), _checking(corpus)
    learner, streams = _begin(learning, settings, begin_with)
    progress = _go_on(run, learner, streams) if resume else Progress()
    run.begin(settings, about or {})
    began, judged, kept = time.monotonic() - 60 * progress.minutes, progress.minutes, progress.minutes
    progress.done, losses = _done(progress, settings, learning), list[float]()
    with closing(ahead(streams.walk())) as walk:
        while progress.done < 1:
            batch, place = next(walk)
            losses.append(learner.learn(batch, progress.done))
            progress.step, progress.loss = learner.steps, losses[-1]
            progress.events += int(batch.counted.sum())
            progress.minutes = (time.monotonic() - began) / 60
            progress.done = _done(progress, settings, learning)
            watch(progress)
            over = progress.done >= 1
            if over or progress.step % _LOGGED_EVERY == 0:
                _log(run, tell, progress, rate=rate(progress.done, settings), loss=round(float(np.mean(losses)), 4))
                losses.clear()
            if over or progress.minutes - judged >= settings.judged_every_minutes:
                judged = progress.minutes
                _judge(run, tell, learner, checking, progress)
            if over or progress.minutes - kept >= settings.kept_every_minutes:
                kept = progress.minutes
                run.keep_latest({**learner.kept(), **_kept(progress, place)})
    return run.best()


def _begin(learning: Corpus, settings: Settings, begin_with: Network | None) -> tuple[Learner, Streams]:
    if not learning.pieces:
        raise TrainingError("no pieces to train on: every file is in valid or test; add more files")
    torch.manual_seed(settings.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rng = np.random.default_rng(settings.seed)
    streams = Streams(learning, settings.streams, settings.window, settings.how, settings.shares, rng)
    return Learner(begin_with or Network(settings.sizes), settings, device), streams


def _done(progress: Progress, settings: Settings, learning: Corpus) -> float:
    if settings.epochs > 0:
        return progress.events / (settings.epochs * learning.events())
    return progress.minutes / settings.minutes


def _checking(corpus: Corpus) -> Corpus:
    """The validation split; where there is none, some of the pieces that are learned from."""
    checking = corpus.only("valid")
    if checking.pieces:
        return checking
    learning = corpus.only("train")
    until = np.cumsum([piece.stop - piece.start for piece in learning.pieces])
    return replace(learning, pieces=learning.pieces[: 1 + int(np.searchsorted(until, _ENOUGH))])


def _judge(
    run: Run, tell: Callable[[dict[str, Any]], None], learner: Learner, checking: Corpus, progress: Progress
) -> None:
    total = judge(TorchScorer(learner.averaged), [("valid", checking)], pedal=False)["total"]
    _log(run, tell, progress, valid=total["nats_per_event"], terms=total["terms"])
    if total["nats_per_event"] < progress.best:
        progress.best = total["nats_per_event"]
        run.keep_best(learner.averaged)


def _log(run: Run, tell: Callable[[dict[str, Any]], None], progress: Progress, **found: Any) -> None:  # JSON
    record = {"step": progress.step, "minutes": round(progress.minutes, 2), "events": progress.events, **found}
    run.log(record)
    tell(record)


def _kept(progress: Progress, place: Whereabouts) -> dict[str, Any]:  # tensors, numbers and text
    return {
        "events": progress.events,
        "minutes": progress.minutes,
        "best": progress.best,
        "passes": torch.from_numpy(place.passes),
        "count": torch.from_numpy(place.count),
        "touched": torch.from_numpy(place.touched),
        "place": place.chance,
    }


def _go_on(run: Run, learner: Learner, streams: Streams) -> Progress:
    kept = run.latest()
    learner.go_on(kept)
    try:
        passes, count, touched = (kept[name].numpy() for name in ("passes", "count", "touched"))
        streams.go_to(Whereabouts(passes, count, touched, kept["place"]))
        progress = Progress(learner.steps, int(kept["events"]), float(kept["minutes"]), best=float(kept["best"]))
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise TrainingError(f"{run.folder}: the checkpoint cannot be gone on from ({error})") from error
    run.forget_after(progress.minutes)
    return progress
