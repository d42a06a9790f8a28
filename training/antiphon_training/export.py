"""From a trained network to the files that are shipped: NAME.onnx, NAME.json and NAME.safetensors.

An export ends by running torch and onnxruntime side by side; a mismatch is a failed export and leaves
the files as they were.
"""

import copy
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from antiphon.errors import TrainingError
from antiphon.music import vocabulary
from antiphon_training import pair
from antiphon_training.drawing import draw
from antiphon_training.network import Network
from antiphon_training.parity import COST, OnnxRunner, Parity, TorchRunner, compare, insist
from antiphon_training.performer import Performer
from antiphon_training.rounding import rounded
from antiphon_training.settings import Sizes

STEPS: Final = 10_000
LARGEST_WEIGHTS: Final = 20_000_000
"""Bytes of weights from which on they are kept as fp16."""


class Drawn(NamedTuple):
    """A network and its graphs: in fp32, and where it is on the grid of rounding.py, in integers."""

    network: Network
    fp32: Path
    int8: Path | None


class Exported(NamedTuple):
    """How the graph compares with torch, its int8 version, where there is one, with itself, and what the rounding cost:
    nats per event, the most on any of the sets that were judged."""

    fp32: Parity
    int8: Parity | None
    cost: float | None


Score = Callable[[bytes], Mapping[str, float]]
"""A graph to its nats per event on each of some sets, by name."""


def export(
    network: Network,
    output: Path,
    card: Mapping[str, Any],  # JSON
    int8: bool = False,
    steps: int = STEPS,
    progress: Callable[[int, int], None] = lambda done, total: None,
    score: Score = lambda graph: {},
    if_cheap: bool = False,
) -> Exported:
    """Write the three files of a model beside each other, all or none; `output` is NAME.onnx.

    `card` is what its JSON says of data, licence, scores and training; `score` adds scores of the final
    graph. int8 rounds the large matrices (rounding.py): the rounded network is what is written and compared, and
    `score` says what rounding cost. With `if_cheap` a network that rounding costs too much stays as it is. Raises
    TrainingError when torch and onnxruntime do not play the same over `steps` events, or int8 costs too much.
    """
    with _scratch(output) as scratch:
        before = dict(score(draw(network, scratch / "unrounded.onnx").read_bytes())) if int8 else {}
        played = rounded(copy.deepcopy(network)) if int8 else network
        small = draw(played, scratch / "int8.onnx", int8=True) if int8 else None
        if small and if_cheap and _cost(before, score(small.read_bytes())) > COST:
            played, small, before = network, None, {}
        drawn = Drawn(played, draw(played, scratch / "fp32.onnx"), small)
        return publish(drawn, output, card, steps, progress, score, before)


def publish(
    drawn: Drawn,
    output: Path,
    card: Mapping[str, Any],  # JSON
    steps: int = STEPS,
    progress: Callable[[int, int], None] = lambda done, total: None,
    score: Score = lambda graph: {},
    before: Mapping[str, float] | None = None,
) -> Exported:
    """As `export`, with graphs that are there already; `before` are the scores before rounding."""
    network, final = drawn.network.eval(), drawn.int8 or drawn.fp32
    with _scratch(output) as scratch:
        torch_plays = TorchRunner(Performer(network).eval())
        fp32, small = compare(torch_plays, OnnxRunner(drawn.fp32), network.sizes, steps, progress), None
        insist(fp32, None)
        if drawn.int8:
            small = compare(OnnxRunner(drawn.fp32), OnnxRunner(drawn.int8), network.sizes, steps, progress)
        scores = score(final.read_bytes())
        cost = _cost(before, scores) if before else None
        insist(fp32, small, cost)
        weights = scratch / "weights.safetensors"
        weights.write_bytes(save(_weights(network)))
        told = {**card, "scores": {**card.get("scores", {}), **scores}}
        described, found = scratch / "card.json", Exported(fp32, small, cost)
        described.write_text(_described(network, output, told, found, final, weights), encoding="utf-8")
        graph = Path(shutil.copyfile(final, scratch / "final.onnx"))
        _put(
            scratch,
            {output: graph, output.with_suffix(".safetensors"): weights, output.with_suffix(".json"): described},
        )
    return found


def _cost(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """Nats per event, the most on any set."""
    return max((after[name] - nats for name, nats in before.items()), default=0.0)


def network_of(path: Path) -> Network:
    """The network of an exported model, from NAME.json and NAME.safetensors beside NAME.onnx. Raises TrainingError."""
    try:
        network = Network(Sizes(**pair.card(path)["sizes"]))
        network.load_state_dict(load_file(path.with_suffix(".safetensors")))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise TrainingError(f"{path}: no weights to train from beside this model ({error})") from error
    return network.eval()


def _weights(network: Network) -> dict[str, torch.Tensor]:
    """fp32, or fp16 where that would be too large."""
    state = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    large = sum(value.nbytes for value in state.values()) > LARGEST_WEIGHTS
    return {name: value.half() if large else value for name, value in state.items()}


def _described(
    network: Network,
    output: Path,
    card: Mapping[str, Any],
    parity: Exported,
    graph: Path,
    weights: Path,  # JSON
) -> str:
    described = {
        "format": pair.FORMAT,
        "vocabulary": vocabulary.VERSION,
        "name": output.stem,
        "sizes": asdict(network.sizes),
        "parameters": sum(p.numel() for p in network.parameters()),
        "parity": asdict(parity.fp32),
        **card,
        "quantised": "int8" if parity.int8 else "no",
        **({"int8_parity": asdict(parity.int8), "int8_cost": parity.cost} if parity.int8 else {}),
        "files": {"onnx": pair.fingerprint(graph), "safetensors": pair.fingerprint(weights)},
    }
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


@contextmanager
def _scratch(output: Path) -> Iterator[Path]:
    """A folder on the same disk as `output`, where what is written can be renamed from."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".export-") as scratch:
            yield Path(scratch)
    except OSError as error:
        raise TrainingError(f"{output}: cannot write here ({error.strerror}); choose another --output") from error


def _put(scratch: Path, files: Mapping[Path, Path]) -> None:
    """Move each file to its place, in this order; where one cannot be moved, all are again as they were."""
    kept = scratch / "kept"
    kept.mkdir()
    for target in files:
        if target.exists():
            shutil.copy2(target, kept / target.name)
    try:
        for target, file in files.items():
            file.replace(target)
    except OSError:
        _restore(kept, list(files))
        raise


def _restore(kept: Path, targets: Sequence[Path]) -> None:
    for target in targets:
        if (kept / target.name).exists():
            (kept / target.name).replace(target)
        elif target.is_file():
            target.unlink()
