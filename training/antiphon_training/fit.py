"""Training: the loop that reads top to bottom, from a corpus to the best network a run found.

Several processes may run it together (ranks.py): each plays its share of the streams, their gradients are averaged,
and the first of them judges, writes and speaks.
"""

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
from antiphon_training.ranks import Ranks
from antiphon_training.runs import Run
from antiphon_training.settings import Settings
from antiphon_training.streams import Streams, Whereabouts, ahead
from antiphon_training.torch_scorer import TorchScorer

_LOGGED_EVERY: Final = 50
"""Steps,"""
_LOGGED_SHARE: Final = 0.02
"""and the share of a run, after which the loss is logged, so that a short run has a curve too."""
_ENOUGH: Final = 200_000
"""Events to judge by where there is no validation split."""
_JUDGED_EVERY: Final = 0.1
"""The share of a run after which it is judged again at the latest,"""
_REST: Final = 9.0
"""unless judging takes so long that less than so many times as much would be left for learning."""


@dataclass(slots=True)
class Progress:
    """How far a run is. `done` is the share of it, 0-1; `best` is the best validation score so far, and `waited` how
    many judgements ago that was."""

    step: int = 0
    events: int = 0
    minutes: float = 0.0
    done: float = 0.0
    loss: float = math.nan
    best: float = math.inf
    waited: int = 0


@dataclass(frozen=True, slots=True)
class Watching:
    """Who looks on: `told` gets each log record, `watched` the progress of every step, `judging` that of each that is
    about to be judged, and `shown` the averaged network each time it has been."""

    told: Callable[[dict[str, Any]], None] = lambda record: None
    watched: Callable[[Progress], None] = lambda progress: None
    judging: Callable[[Progress], None] = lambda progress: None
    shown: Callable[[Network, Progress], None] = lambda network, progress: None


def fit(
    corpus: Corpus,
    run: Run,
    settings: Settings,
    watching: Watching = Watching(),  # frozen
    begin_with: Network | None = None,
    about: Mapping[str, Any] | None = None,  # JSON
    resume: bool = False,
    ranks: Ranks = Ranks(),  # noqa: B008  # frozen
) -> Network:
    """Train until the minutes or epochs are over, or nothing gets better; returns the best averaged network.

    `begin_with` is a network to train on from, instead of a fresh one of settings.sizes; `resume` goes on from
    where the run was last kept. Raises TrainingError where there are no training pieces or nothing to go on from.
    """
    settings = replace(settings, sizes=begin_with.sizes) if begin_with else settings
    corpus = replace(corpus, one_key=settings.one_key)
    learning, numbers = corpus.only("train"), ranks.share(settings.streams)
    learner, streams = _begin(learning, settings, begin_with, numbers, ranks)
    progress = _go_on(run, learner, streams, numbers) if resume else Progress()
    ranks.wait()
    diary = _Diary(run, settings, watching, _checking(corpus), ranks.first)
    diary.begin(about or {}, progress if resume else None)
    began, kept, stopped = time.monotonic() - 60 * progress.minutes, progress.minutes, False
    progress.done = _done(progress, settings, learning)
    diary.due(progress)
    with closing(ahead(streams.walk())) as walk:
        while progress.done < 1 and not stopped:
            batch, place = next(walk)
            progress.loss, events = learner.learn(batch, progress.done)
            progress.step, progress.events = learner.steps, progress.events + events
            [progress.minutes] = ranks.told((time.monotonic() - began) / 60)
            progress.done = _done(progress, settings, learning)
            stopped = bool(ranks.told(diary.write(progress, learner.averaged))[0])
            if stopped or progress.done >= 1 or progress.minutes - kept >= settings.kept_every_minutes:
                kept = progress.minutes
                rows = ranks.gathered({**learner.rows(), **_rows(place, numbers)})
                diary.keep({**learner.kept(), **rows}, progress)
    ranks.wait()
    return run.best()


class _Diary:
    """What the first process writes down and shows of a run; the others have one that stays empty."""

    def __init__(self, run: Run, settings: Settings, watching: Watching, checking: Corpus, first: bool) -> None:
        self._run, self._settings, self._watching, self._checking = run, settings, watching, checking
        self._first, self._losses = first, list[float]()
        self._judged, self._judged_done, self._cost = math.nan, 0.0, 0.0
        self._logged_done = 0.0
        self._heard = {} if checking.only("valid").pieces else {"heard": True}

    def begin(self, about: Mapping[str, Any], resumed: Progress | None) -> None:  # JSON
        """Write down what is to be done, and take out of the log what is to be done again."""
        if self._first:
            self._run.begin(self._settings, about)
            if resumed:
                self._run.forget_after(resumed.minutes)

    def write(self, progress: Progress, averaged: Network) -> bool:
        """Log and judge where it is due. True where nothing has got better for too long."""
        if not self._first:
            return False
        self._watching.watched(progress)
        self._losses.append(progress.loss)
        late = progress.done - self._logged_done >= _LOGGED_SHARE
        if progress.done >= 1 or late or progress.step % _LOGGED_EVERY == 0:
            self._logged_done = progress.done
            learned = {"rate": rate(progress.done, self._settings), "loss": round(float(np.mean(self._losses)), 4)}
            self._log(progress, **learned)
            self._losses.clear()
        if progress.done < 1 and not self.due(progress):
            return False
        return self._judge(progress, averaged)

    def due(self, progress: Progress) -> bool:
        """True where it is time to judge again. The first call says from where on to count."""
        if math.isnan(self._judged):
            self._judged, self._judged_done = progress.minutes, progress.done
        since = progress.minutes - self._judged
        late = progress.done - self._judged_done >= _JUDGED_EVERY or since >= self._settings.judged_every_minutes
        return late and since >= _REST * self._cost

    def keep(self, state: Mapping[str, Any], progress: Progress) -> None:  # tensors and numbers
        """Keep all that going on needs. A run that has stopped goes on with fresh patience."""
        if self._first:
            patience = self._settings.patience
            waited = 0 if patience and progress.waited >= patience else progress.waited
            numbers = {name: getattr(progress, name) for name in ("events", "minutes", "best")}
            self._run.keep_latest({**state, **numbers, "waited": waited})

    def _judge(self, progress: Progress, averaged: Network) -> bool:
        began = time.monotonic()
        self._watching.judging(progress)
        total = judge(TorchScorer(averaged), [("valid", self._checking)], pedal=False)["total"]
        self._log(progress, valid=total["nats_per_event"], terms=total["terms"], **self._heard)
        progress.waited += 1
        if total["nats_per_event"] < progress.best:
            progress.best, progress.waited = total["nats_per_event"], 0
            self._run.keep_best(averaged)
        self._watching.shown(averaged, progress)
        self._judged, self._judged_done = progress.minutes, progress.done
        self._cost = (time.monotonic() - began) / 60
        stopped = bool(0 < self._settings.patience <= progress.waited and progress.done < 1)
        if stopped:
            self._log(progress, stopped=f"no better in {progress.waited} judgements")
        return stopped

    def _log(self, progress: Progress, **found: Any) -> None:  # JSON
        record = {"step": progress.step, "minutes": round(progress.minutes, 2), "events": progress.events, **found}
        self._run.log(record)
        self._watching.told(record)


def _begin(
    learning: Corpus, settings: Settings, begin_with: Network | None, numbers: range, ranks: Ranks
) -> tuple[Learner, Streams]:
    if not learning.pieces:
        raise TrainingError("no pieces to train on: every file is in valid or test; add more files")
    if settings.streams < ranks.count:
        raise TrainingError(f"{ranks.count} processes cannot divide {settings.streams} streams; give --streams")
    torch.manual_seed(settings.seed)
    how = replace(settings.how, transpose=(0, 0)) if settings.one_key else settings.how
    streams = Streams(learning, numbers, settings.window, how, settings.shares, settings.seed)
    return Learner(begin_with or Network(settings.sizes), settings, len(numbers), ranks), streams


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


def _rows(place: Whereabouts, numbers: range) -> dict[str, torch.Tensor]:
    """Where the streams of these numbers stand, a row a stream."""
    return {
        "stream": torch.tensor(numbers),
        "passes": torch.from_numpy(place.passes),
        "count": torch.from_numpy(place.count),
        "touched": torch.from_numpy(place.touched),
    }


def _go_on(run: Run, learner: Learner, streams: Streams, numbers: range) -> Progress:
    kept = run.latest()
    try:
        order = torch.argsort(kept["stream"])[torch.tensor(numbers)]
        learner.go_on(kept, order)
        passes, count, touched = (kept[name][order].numpy() for name in ("passes", "count", "touched"))
        streams.go_to(Whereabouts(passes, count, touched))
        done = {name: int(kept[name]) for name in ("events", "waited")}
        return Progress(learner.steps, minutes=float(kept["minutes"]), best=float(kept["best"]), **done)
    except (KeyError, IndexError, AttributeError, TypeError, ValueError) as error:
        raise TrainingError(f"{run.folder}: the checkpoint cannot be gone on from ({error})") from error
