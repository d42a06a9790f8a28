"""What `antiphon-train fit` does: from data and a folder to a run in it, by one process or by several together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from antiphon.errors import ParameterError, TrainingError
from antiphon_training import commands, shown
from antiphon_training.beginning import Beginning, Length, beginning, going_on, learned_from
from antiphon_training.corpus import Corpus
from antiphon_training.settings import Sizes

if TYPE_CHECKING:
    from antiphon_training.fit import Watching
    from antiphon_training.network import Network
    from antiphon_training.ranks import Ranks
    from antiphon_training.runs import Run


def fit(folder: Path, begun: Beginning, length: Length, resume: bool, workers: int | None = None) -> None:
    """Train in a folder, from its beginning or from where it was last kept. Raises AntiphonError."""
    from antiphon_training.ranks import joined

    with joined() as ranks:
        shown.only(ranks.first)
        try:
            _fit(folder, begun, length, resume, workers, ranks)
        except KeyboardInterrupt as error:
            raise TrainingError(
                f"stopped; antiphon-train fit --run {folder} --resume goes on from what was kept"
            ) from error


def _fit(folder: Path, begun: Beginning, length: Length, resume: bool, workers: int | None, ranks: "Ranks") -> None:
    from antiphon_training import fit as fitting
    from antiphon_training.runs import Run

    run = Run(folder)
    settings, about = going_on(run, begun, length) if resume else beginning(run, begun, length)
    found = _heard(run, begun.data, about, resume, workers, ranks)
    known = sorted({piece.source for piece in found.pieces})
    for name in settings.shares:
        if name not in known:
            raise ParameterError(f"--share {name}: the data are {', '.join(known)}")
    begin_with = None if resume or begun.begin_with is None else _network(begun.begin_with, begun)
    found = _aside(found)
    about = {**about, "data": sorted({piece.source for piece in found.only("train").pieces})}
    with shown.training() as bar, _looking_on(run, found, bar, resume, ranks) as watching:
        fitting.fit(found, run, settings, watching, begin_with, about, resume, ranks)
    best = min((record["valid"] for record in run.records() if "valid" in record), default=float("nan"))
    shown.say(f"{folder}: {best:.3f} nats per event; next: antiphon-train export --run {folder} --output NAME.onnx")


def _heard(
    run: "Run",
    data: Sequence[Path],
    about: Mapping[str, Any],  # JSON
    resume: bool,
    workers: int | None,
    ranks: "Ranks",
) -> Corpus:
    """The corpus of a run, which the first process prepares while the others wait."""
    found = learned_from(run, data, about, resume, workers) if ranks.first else None
    ranks.wait()
    return found or learned_from(
        run, data, {"said": {"data": list(map(str, data)), **about.get("said", {})}}, resume=True
    )


def _aside(found: Corpus) -> Corpus:
    """The same corpus with something to judge by, where there is more than one piece; says so where that is new."""
    if found.only("valid").pieces:
        return found
    aside = found.set_aside()
    names = [piece.name for piece in aside.only("valid").pieces]
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    if names:
        shown.say(f"no piece is in valid: not learned from, to judge by: {', '.join(names[:3])}{more}")
    else:
        shown.say("the only piece is learned from and judged by: a low score proves nothing; add more files")
    return aside


@contextmanager
def _looking_on(run: "Run", found: Corpus, bar: shown.Training, resume: bool, ranks: "Ranks") -> Iterator["Watching"]:
    """Who looks on while a run goes on: the progress bar, the log on the terminal, and the gallery."""
    from antiphon_training import gallery
    from antiphon_training.fit import Progress, Watching

    if not ranks.first:
        yield Watching()
        return
    shows = gallery.opened(run, found, int(run.latest()["steps"]) if resume else 0)

    def told(record: dict[str, Any]) -> None:  # JSON
        shown.record(record)
        shows.told(record)

    def at_work(what: str) -> Callable[[Progress], None]:
        return lambda at: bar(what, at.done, at.loss, at.events / max(1e-9, 60 * at.minutes))

    try:
        yield Watching(told, at_work("training"), at_work("judging"), lambda network, at: shows.show(network, at.step))
    finally:  # A run that is stopped has a course too.
        records = run.records()
        shows.close(records, run.best() if any("valid" in record for record in records) else None)


def _network(model_or_run: str, begun: Beginning) -> "Network":
    """The network to begin with, widened and with another dropout where that was said."""
    source = commands.of_run(Path(model_or_run)) if commands.is_run(model_or_run) else commands.of_model(model_or_run)
    had, wanted = source.network.sizes, replace(source.network.sizes, **begun.into(Sizes))
    if wanted.layers != had.layers or wanted.width < had.width:
        raise ParameterError(
            f"--from {model_or_run}: has {had.layers} layers of width {had.width}; it can only be made wider"
        )
    import torch

    from antiphon_training.growth import widened
    from antiphon_training.network import Network

    torch.manual_seed(int(begun.turned.get("seed") or 1))
    network = source.network if wanted.width == had.width else widened(source.network, wanted.width)
    if network.sizes == wanted:
        return network
    other = Network(wanted)
    other.load_state_dict(network.state_dict())
    return other
