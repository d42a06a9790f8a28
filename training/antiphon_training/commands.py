"""What each command of `antiphon-train` does, from files to files. Torch is imported inside, where it is needed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from antiphon.errors import ParameterError, TrainingError
from antiphon_training import corpus, pair, shown
from antiphon_training import judge as judging
from antiphon_training.beginning import Beginning, Length, beginning, going_on, learned_from
from antiphon_training.corpus import Corpus
from antiphon_training.onnx_scorer import OnnxScorer
from antiphon_training.settings import Sizes

if TYPE_CHECKING:
    from antiphon_training.fit import Watching
    from antiphon_training.network import Network
    from antiphon_training.ranks import Ranks
    from antiphon_training.runs import Run


class Check(NamedTuple):
    """What an export has to pass, and what it is scored on."""

    int8: bool
    steps: int
    judged: tuple[Path, ...]
    split: str | None


class Source(NamedTuple):
    """A network to export, and what is known of it."""

    network: "Network"
    card: dict[str, Any]  # JSON


def prepare(data: Sequence[Path], output: Path, workers: int | None = None) -> Corpus:
    """Read `data` into a corpus at `output`."""
    with shown.counting("reading") as progress:
        return corpus.prepare(data, output, progress, workers)


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
    found = _learned_from(run, begun.data, about, resume, workers, ranks)
    known = sorted({piece.source for piece in found.pieces})
    for name in settings.shares:
        if name not in known:
            raise ParameterError(f"--share {name}: the data are {', '.join(known)}")
    begin_with = None if resume or begun.begin_with is None else _network(begun.begin_with, begun)
    about = {**about, "data": sorted({piece.source for piece in found.only("train").pieces})}
    with shown.training() as bar, _looking_on(run, found, bar, resume, ranks) as watching:
        fitting.fit(found, run, settings, watching, begin_with, about, resume, ranks)
    best = min((record["valid"] for record in run.records() if "valid" in record), default=float("nan"))
    shown.say(f"{folder}: {best:.3f} nats per event; next: antiphon-train export --run {folder} --output NAME.onnx")


def _learned_from(
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


@contextmanager
def _looking_on(
    run: "Run", found: Corpus, bar: Callable[[float, float, float], None], resume: bool, ranks: "Ranks"
) -> Iterator["Watching"]:
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

    def watched(at: Progress) -> None:
        bar(at.done, at.loss, at.events / max(1e-9, 60 * at.minutes))

    try:
        yield Watching(told, watched, lambda network, at: shows.show(network, at.step))
    finally:  # A run that is stopped has a course too.
        records = run.records()
        shows.close(records, run.best() if any("valid" in record for record in records) else None)


def judge(model_or_run: str, data: Sequence[Path], split: str | None, pedal: bool) -> dict[str, Any]:  # JSON
    """Score a run, a model or a .onnx on each of `data`."""
    with shown.counting("reading") as progress:
        sets = corpus.gather(data, split, progress)
    for _, found in sets:
        shown.left_out(found.rejected)
    scorer = _scorer(model_or_run)
    with shown.counting("judging") as progress:
        return judging.judge(scorer, sets, pedal, progress)


def of_run(folder: Path) -> Source:
    """The best network of a run, with what its log and settings say of it."""
    from antiphon_training.runs import Run

    run = Run(folder)
    network, about, records = run.best(), run.about(), run.records()
    valid = [record["valid"] for record in records if "valid" in record]
    training = {"command": about.get("command"), **(records[-1] if records else {}), "valid": min(valid, default=None)}
    kept = {name: training[name] for name in ("command", "minutes", "step", "events", "valid") if training.get(name)}
    return Source(network, {"data": about.get("data", []), "training": kept})


def of_model(name_or_path: str) -> Source:
    """The network of a model, with what its card says of data, licence, scores and training."""
    from antiphon_training.export import network_of

    path = pair.find(name_or_path)
    card = pair.card(path)
    return Source(network_of(path), {n: card[n] for n in ("data", "licence", "scores", "training") if n in card})


def export(source: Source, output: Path, told: Mapping[str, Any], check: Check) -> None:  # JSON
    """Write a model's three files and say how well they agree. Raises TrainingError where they do not."""
    from antiphon_training.export import export as exported

    if check.int8 and not check.judged:
        raise ParameterError("--int8 needs --judge DATA, to say what rounding the weights costs")
    sizes = source.network.sizes
    sets = corpus.gather(check.judged, check.split) if check.judged else []

    def score(graph: bytes) -> dict[str, float]:
        if not sets:
            return {}
        report = judging.judge(OnnxScorer(graph, sizes.layers, sizes.width), sets, pedal=False)
        shown.say(shown.scores(report))
        total = [{"name": "total", **report["total"]}] if len(sets) > 1 else []
        return {row["name"]: row["nats_per_event"] for row in [*report["sets"], *total]}

    scores = {**source.card.get("scores", {}), **told["scores"]}
    card = {**source.card, **{name: value for name, value in told.items() if value}, "scores": scores}
    with shown.counting("comparing") as progress:
        parity = exported(source.network, output, card, check.int8, check.steps, progress, score)
    for name, found in (("fp32 and torch", parity.fp32), ("int8 and fp32", parity.int8)):
        if found:
            shown.say(
                f"{name}: {found.agreement:.3%} of {found.steps:,} samples the same, "
                f"states within {found.hidden:.1e} (hidden) and {found.cell:.1e} (cell)"
            )
    if parity.cost is not None:
        shown.say(f"rounding to int8: {parity.cost:+.4f} nats per event at the most")
    shown.say(f"{output}: {output.stat().st_size / 1e6:.1f} MB")


def _scorer(model_or_run: str) -> judging.Scorer:
    if _is_run(model_or_run):
        from antiphon_training.runs import Run
        from antiphon_training.torch_scorer import TorchScorer

        return TorchScorer(Run(Path(model_or_run)).best())
    path = pair.find(model_or_run)
    sizes = pair.card(path)["sizes"]
    return OnnxScorer(pair.graph(path), int(sizes["layers"]), int(sizes["width"]))


def _network(model_or_run: str, begun: Beginning) -> "Network":
    """The network to begin with, widened and with another dropout where that was said."""
    source = of_run(Path(model_or_run)) if _is_run(model_or_run) else of_model(model_or_run)
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


def _is_run(model_or_run: str) -> bool:
    return (Path(model_or_run) / "settings.json").is_file()
