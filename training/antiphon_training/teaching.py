"""What `antiphon-train learn` does, from files to files: learn, export, say what it was worth."""

import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from antiphon.errors import TrainingError
from antiphon_training import pair, pictures, shown
from antiphon_training.export import export, network_of
from antiphon_training.holding import KEPT, YOURS
from antiphon_training.judge import judge
from antiphon_training.learning import Effort, Learned, Told, learn
from antiphon_training.onnx_graph import OnnxGraph
from antiphon_training.onnx_scorer import OnnxScorer
from antiphon_training.settings import Sizes

STEPS: Final = 1_000
"""Events over which the exported graph is compared with torch."""
_WEIGHTS: Final = {"reading": 0.02, "remembering": 0.2, "learning": 0.6, "choosing": 0.05, "writing": 0.13}
"""What each part of the work takes of the time, about."""
_EVERY_S: Final = 0.2


def teach(
    data: Sequence[Path],
    begin_with: str,
    output: Path,
    picture: Path | None,
    effort: Mapping[str, Any],
    line: Callable[[str, float], None] | None = None,
    steps: int = STEPS,
) -> dict[str, Any]:  # JSON
    """Write the model that `begin_with` becomes by `data`, and the picture; returns the report with "model" and "from".

    `line` is told what is being done and how much of all is behind, 0-1; without it there is a bar on the terminal.
    Raises AntiphonError; then no file was written.
    """
    path = pair.find(begin_with)
    network, card = network_of(path), pair.card(path)
    graph = OnnxGraph(pair.graph(path), network.sizes.layers, network.sizes.width)
    with _overall(line) as told, tempfile.TemporaryDirectory(prefix="antiphon-") as scratch:
        found = learn(data, network, graph, Path(scratch), Effort(**effort), told)
        told("writing", 0.0)
        _written(found, output, card, told, steps)
    report = {"model": output.stem, "from": path.stem, **found.report}
    if picture:
        try:
            picture.write_bytes(pictures.png(pictures.learned(report)))
        except OSError as error:
            raise TrainingError(f"{picture}: cannot write here ({error.strerror}); choose another --picture") from error
    return report


def words(report: Mapping[str, Any]) -> Iterator[str]:  # JSON in
    """The report for people."""
    yours, kept = report[YOURS], report[KEPT]
    before, after = (yours[when]["nats_per_event"] for when in ("before", "after"))
    yield f"learned from {report['seconds'] / 60:.1f} minutes of yours ({report['pieces']} files)"
    yield (
        f"what you play, in music of yours that it has not heard, it now holds {math.exp(before - after):.2f} times as "
        f"likely, event by event: {before:.3f} nats per event before, {after:.3f} after"
    )
    for term, nats in yours["before"]["terms"].items():
        yield f"  {term:12} {nats:7.3f} {yours['after']['terms'][term]:7.3f}"
    before, after = (kept[when]["nats_per_event"] for when in ("before", "after"))
    yield f"what it could before it still can: {before:.3f} nats per event before, {after:.3f} after"
    yield f"{report['share']:.0%} of what it learned was taken over"


def _written(found: Learned, output: Path, card: Mapping[str, Any], told: Told, steps: int) -> None:  # JSON in
    sizes: Sizes = found.network.sizes

    def score(graph: bytes) -> dict[str, float]:
        report = judge(OnnxScorer(graph, sizes.layers, sizes.width), found.tests)
        return {row["name"]: row["nats_per_event"] for row in report["sets"]}

    taught = {name: found.report[name] for name in ("pieces", "events", "seconds", "share")}
    described = {
        "data": [*card.get("data", []), "your own playing"],
        "licence": f"yours, and that of {card.get('name', 'the model')}: {card.get('licence', 'unknown')}",
        "training": {"learned": taught, "from": card.get("name")},
    }

    def compared(done: int, total: int) -> None:
        told("writing", done / total)

    quantised = card.get("quantised") == "int8"
    export(found.network, output, described, quantised, steps, compared, score, if_cheap=True)


@contextmanager
def _overall(line: Callable[[str, float], None] | None) -> Iterator[Told]:
    """From the share of each part that is behind to that of all."""
    with shown.working() as bar:
        said_at, last, most = -math.inf, "", 0.0

        def told(what: str, done: float) -> None:
            nonlocal said_at, last, most
            behind = sum(weight for _, weight in _before(what)) + _WEIGHTS[what] * min(1.0, done)
            behind = most = max(most, behind)  # what is done twice does not go back
            bar(what, behind)
            if line and (what != last or time.monotonic() - said_at >= _EVERY_S):
                said_at, last = time.monotonic(), what
                line(what, behind)

        yield told


def _before(what: str) -> list[tuple[str, float]]:
    names = list(_WEIGHTS)
    return [(name, _WEIGHTS[name]) for name in names[: names.index(what)]]
