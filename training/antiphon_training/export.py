"""From a trained network to the files that are shipped: NAME.onnx, NAME.json and NAME.safetensors.

An export ends by running torch and onnxruntime side by side; a mismatch is a failed export and leaves
the files as they were.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from antiphon.errors import TrainingError
from antiphon.music import vocabulary
from antiphon_training import pair
from antiphon_training.network import Network
from antiphon_training.parity import OnnxRunner, Parity, TorchRunner, compare, insist, plain_lstm
from antiphon_training.performer import INPUTS, OUTPUTS, Performer, example
from antiphon_training.settings import Sizes

STEPS: Final = 10_000
LARGEST_WEIGHTS: Final = 20_000_000
"""Bytes of weights from which on they are kept as fp16."""
_LARGE: Final = 100_000
"""Weights from which a matrix counts as large."""


class Exported(NamedTuple):
    """How the graph compares with torch, and its int8 version, where there is one, with itself."""

    fp32: Parity
    int8: Parity | None


def export(
    network: Network,
    output: Path,
    card: Mapping[str, Any],  # JSON
    int8: bool = False,
    steps: int = STEPS,
    progress: Callable[[int, int], None] = lambda done, total: None,
    score: Callable[[bytes], Mapping[str, float]] = lambda graph: {},
) -> Exported:
    """Write the three files of a model beside each other, all or none; `output` is NAME.onnx.

    `card` is what its JSON says of data, licence, scores and training; `score` adds scores of the final
    graph. Raises TrainingError when torch and onnxruntime do not play the same over `steps` events.
    """
    with _scratch(output) as scratch:
        graph = draw(network, scratch / "drawn.onnx")
        return publish(network, graph, output, card, int8, steps, progress, score)


def publish(
    network: Network,
    graph: Path,
    output: Path,
    card: Mapping[str, Any],  # JSON
    int8: bool = False,
    steps: int = STEPS,
    progress: Callable[[int, int], None] = lambda done, total: None,
    score: Callable[[bytes], Mapping[str, float]] = lambda graph: {},
) -> Exported:
    """As `export`, with a graph of this network that is already there, from whatever exporter drew it."""
    performer = Performer(network.eval()).eval()
    with _scratch(output) as scratch:
        final = scratch / "final.onnx"
        shutil.copyfile(graph, final)
        fp32, small = compare(TorchRunner(performer), OnnxRunner(graph), network.sizes, steps, progress), None
        insist(fp32, None)
        if int8:
            final = _quantised(graph, scratch / "int8.onnx")
            small = compare(OnnxRunner(graph), OnnxRunner(final), network.sizes, steps, progress)
            insist(fp32, small)
        weights = scratch / "weights.safetensors"
        weights.write_bytes(save(_weights(network)))
        told = {**card, "scores": {**card.get("scores", {}), **score(final.read_bytes())}}
        described = scratch / "card.json"
        described.write_text(_described(network, output, told, Exported(fp32, small), final, weights), encoding="utf-8")
        _put(
            scratch,
            {output: final, output.with_suffix(".safetensors"): weights, output.with_suffix(".json"): described},
        )
    return Exported(fp32, small)


def network_of(path: Path) -> Network:
    """The network of an exported model, from NAME.json and NAME.safetensors beside NAME.onnx. Raises TrainingError."""
    try:
        network = Network(Sizes(**pair.card(path)["sizes"]))
        network.load_state_dict(load_file(path.with_suffix(".safetensors")))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise TrainingError(f"{path}: no weights to train from beside this model ({error})") from error
    return network.eval()


def draw(network: Network, path: Path) -> Path:
    """The graph of a network, written to `path`.

    Through torch's TorchScript-based exporter: the newer one unrolls the LSTM and fixes its time axis.
    """
    performer = Performer(network.eval()).eval()
    axes = {name: {0: "rows"} for name in (*INPUTS, *OUTPUTS)}
    for name in ("dt", "event", "keys", "given", "noise", *OUTPUTS[:3]):
        axes[name] = {0: "rows", 1: "steps"}
    for name in ("hidden", "cell", *OUTPUTS[3:]):
        axes[name] = {1: "rows"}
    with plain_lstm():
        torch.onnx.export(
            performer,
            example(performer.network),
            str(path),
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes=axes,
            opset_version=18,
            dynamo=False,
        )
    onnx.checker.check_model(str(path))
    return path


def _quantised(graph: Path, path: Path) -> Path:
    """int8 for the recurrent matrices and for those that read the keys and the context; the layers that end
    in choices stay fp32, for that is where rounding is heard."""
    nodes = onnx.load(graph).graph
    sizes = {weight.name: np.prod(weight.dims) for weight in nodes.initializer}
    large = [n.name for n in nodes.node if n.op_type == "MatMul" and sizes.get(n.input[1], 0) >= _LARGE]
    recurrent = [n.name for n in nodes.node if n.op_type == "LSTM"]
    quantize_dynamic(graph, path, nodes_to_quantize=recurrent + large, weight_type=QuantType.QInt8, per_channel=True)
    return path


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
        **({"int8_parity": asdict(parity.int8)} if parity.int8 else {}),
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
