"""What each command of `antiphon-train` does, from files to files. Torch is imported inside, where it is needed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from antiphon.core.model import MEMORY_SHARES
from antiphon.errors import CorpusError, ParameterError
from antiphon_training import corpus, pair, shown, turning
from antiphon_training import judge as judging
from antiphon_training.baselines import baselines
from antiphon_training.corpus import Corpus
from antiphon_training.onnx_graph import OnnxGraph
from antiphon_training.onnx_scorer import OnnxScorer
from antiphon_training.playing import Graph, Listening
from antiphon_training.samples import Sampling, samples
from antiphon_training.silences import listened

if TYPE_CHECKING:
    from antiphon_training.network import Network


class Check(NamedTuple):
    """What an export has to pass, and what it is scored on."""

    int8: bool
    steps: int
    judged: tuple[Path, ...]
    split: str | None


class Hearing(NamedTuple):
    """How a piece is heard: with its pedal or without; how much is made of the memory of it, 0-1; from which event on
    it counts."""

    pedal: bool = True
    memory: float = 0.0
    after: int = 0


class Beside(NamedTuple):
    """What is reported beside a model's score: what counting alone expects, what numbers say about its playing; both
    look at the train split of what it learned from, which is that of the judged data unless said otherwise."""

    baselines: bool = False
    sampling: Sampling | None = None
    learned_from: tuple[Path, ...] = ()


class Source(NamedTuple):
    """A network to export, and what is known of it."""

    network: "Network"
    card: dict[str, Any]  # JSON


def prepare(data: Sequence[Path], output: Path, workers: int | None = None) -> Corpus:
    """Read `data` into a corpus at `output`."""
    with shown.counting("reading") as progress:
        return corpus.prepare(data, output, progress, workers)


def judge(
    model_or_run: str, data: Sequence[Path], split: str | None, hearing: Hearing, beside: Beside | None = None
) -> dict[str, Any]:  # JSON
    """Score a run, a model or a .onnx on each of `data`, and report what was asked for beside the score."""
    beside = beside or Beside()
    learned = _learned_from(beside.learned_from or data) if beside.baselines or beside.sampling else []
    with shown.counting("reading") as progress:
        sets = corpus.gather(data, split, progress)
    for _, found in sets:
        shown.left_out(found.rejected)
    _unheard(sets, learned)
    scorer = _scorer(model_or_run, hearing.memory)
    with shown.counting("judging") as progress:
        report = judging.judge(scorer, sets, hearing.pedal, progress, hearing.after)
    if beside.baselines:
        report["baselines"] = baselines([found for _, found in learned], sets)
    if beside.sampling:
        with shown.counting("playing") as progress:
            taught = [found for _, found in learned]
            report["samples"] = samples(_graph(model_or_run), sets, taught, beside.sampling, progress)
    return report


def turns(
    model: str, data: Sequence[Path], split: str | None, most: int | None, seed: int, picture: Path | None
) -> dict[str, Any]:  # JSON
    """Compare the model's expectation of silences in each of `data` with a fixed pause; draw the curves."""
    with shown.counting("reading") as progress:
        sets = corpus.gather(data, split, progress)
    for _, found in sets:
        shown.left_out(found.rejected)
    with shown.counting("listening") as progress:
        pieces = listened(Listening(_graph(model)), sets, most, seed, progress)
    report = turning.judged(pieces, seed)
    if picture:
        from antiphon_training import pictures

        picture.write_bytes(pictures.png(pictures.turns(report)))
    return report


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


def _scorer(model_or_run: str, memory: float) -> judging.Scorer:
    if is_run(model_or_run):
        if memory:
            raise ParameterError(f"--memory: {model_or_run} is a run; export it first, the memory is in the graph")
        from antiphon_training.runs import Run
        from antiphon_training.torch_scorer import TorchScorer

        return TorchScorer(Run(Path(model_or_run)).best())
    path = pair.find(model_or_run)
    sizes = pair.card(path)["sizes"]
    shares = (MEMORY_SHARES[0] * memory, MEMORY_SHARES[1] * memory)
    return OnnxScorer(pair.graph(path), int(sizes["layers"]), int(sizes["width"]), shares)


def _graph(model_or_run: str) -> Graph:
    if is_run(model_or_run):
        from antiphon_training.runs import Run
        from antiphon_training.torch_graph import TorchGraph

        return TorchGraph(Run(Path(model_or_run)).best())
    path = pair.find(model_or_run)
    sizes = pair.card(path)["sizes"]
    return OnnxGraph(pair.graph(path), int(sizes["layers"]), int(sizes["width"]))


def _learned_from(data: Sequence[Path]) -> list[tuple[str, Corpus]]:
    try:
        with shown.counting("reading what was learned from") as progress:
            return corpus.gather(data, "train", progress)
    except CorpusError as error:
        raise CorpusError(f"{error}; name what the model learned from with --learned-from") from error


def _unheard(sets: Sequence[tuple[str, Corpus]], learned: Sequence[tuple[str, Corpus]]) -> None:
    """Raises ParameterError where a piece is judged that was learned from."""
    known = {(piece.source, piece.name) for _, found in learned for piece in found.pieces}
    for piece in (piece for _, found in sets for piece in found.pieces):
        if (piece.source, piece.name) in known:
            raise ParameterError(f"{piece.name}: is in what was learned from; judge other pieces, as with --split test")


def is_run(model_or_run: str) -> bool:
    """True where a name is that of a run's folder."""
    return (Path(model_or_run) / "settings.json").is_file()
