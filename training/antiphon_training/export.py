"""From a trained network to the files that are shipped: NAME.onnx, NAME.json and NAME.safetensors.

An export ends by running torch and onnxruntime side by side; a mismatch is a failed export and leaves
no file behind.
"""

import hashlib
import json
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import load_file, save_file

from antiphon.errors import TrainingError
from antiphon.music import vocabulary
from antiphon.music.events import Voice
from antiphon.music.keyboard import Keyboard
from antiphon_training.network import Network, Sizes
from antiphon_training.performer import INPUTS, OUTPUTS, Performer, example

FORMAT: Final = "antiphon-lstm"
STEPS: Final = 10_000
STATE_TOLERANCE: Final = 1e-5
_LARGE: Final = 100_000
"""Weights from which a matrix counts as large."""
AGREEMENT: Final = 0.998
"""The share of samples in which a quantised graph must equal the fp32 one."""

Inputs = dict[str, NDArray[Any]]  # arrays of several dtypes


@dataclass(frozen=True, slots=True)
class Parity:
    """How two runs of the same performance compare."""

    steps: int
    agreement: float
    hidden: float
    cell: float


def export(
    network: Network,
    output: Path,
    card: dict[str, Any],  # JSON
    int8: bool = False,
    steps: int = STEPS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Parity:
    """Write the three files of a model beside each other; `output` is NAME.onnx.

    `card` is what its JSON says of data, licences and scores. Raises TrainingError when torch and
    onnxruntime do not play the same: for fp32 identical samples and states within 1e-5 over `steps`
    events, for int8 the same sample as fp32 at least 99.8 % of the time.
    """
    performer = Performer(network.eval()).eval()
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".export-") as scratch:
        graph = _graph(performer, Path(scratch) / "fp32.onnx")
        parity = _compare(TorchRunner(performer), OnnxRunner(graph, network), steps, progress)
        _insist_on_fp32(parity)
        if int8:
            plain, graph = graph, _quantised(graph, Path(scratch) / "int8.onnx")
            parity = _compare(OnnxRunner(plain, network), OnnxRunner(graph, network), steps, progress)
            if parity.agreement < AGREEMENT:
                raise TrainingError(
                    f"int8 plays {parity.agreement:.2%} of the samples that fp32 plays, below 99.8 %; export fp32"
                )
        weights = Path(scratch) / "weights.safetensors"
        save_file({k: v.contiguous().cpu() for k, v in network.state_dict().items()}, weights)
        _place(network, graph, weights, output, {**card, "quantised": "int8" if int8 else "no", "parity": parity})
    return parity


def network_of(path: Path) -> Network:
    """The network of an exported model, from NAME.json and NAME.safetensors beside NAME.onnx."""
    try:
        card = json.loads(path.with_suffix(".json").read_text())
        network = Network(Sizes(**card["sizes"]))
        network.load_state_dict(load_file(path.with_suffix(".safetensors")))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise TrainingError(f"{path}: no weights to train from beside this model ({error})") from error
    return network.eval()


class TorchRunner:
    """A Performer in torch, a step at a time."""

    def __init__(self, performer: Performer) -> None:
        self._performer = performer

    def run(self, inputs: Inputs) -> list[NDArray[Any]]:  # outputs of several dtypes
        """The graph's outputs in order."""
        with torch.inference_mode(), torch.backends.mkldnn.flags(enabled=False):
            outputs = self._performer(*(torch.from_numpy(inputs[name]) for name in INPUTS))
        return [output.numpy() for output in outputs]


class OnnxRunner:
    """The exported graph in onnxruntime, on one thread."""

    def __init__(self, path: Path, network: Network) -> None:
        self.sizes = network.sizes
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(self, inputs: Inputs) -> list[NDArray[Any]]:  # outputs of several dtypes
        """The graph's outputs in order."""
        return list(self._session.run(list(OUTPUTS), inputs))


def _graph(performer: Performer, path: Path) -> Path:
    """Through torch's TorchScript-based exporter: the newer one unrolls the LSTM and fixes its time axis."""
    axes = {name: {0: "rows"} for name in (*INPUTS, *OUTPUTS)}
    for name in ("dt", "event", "keys", "given", "noise", *OUTPUTS[:3]):
        axes[name] = {0: "rows", 1: "steps"}
    for name in ("hidden", "cell", *OUTPUTS[3:]):
        axes[name] = {1: "rows"}
    with warnings.catch_warnings(), torch.backends.mkldnn.flags(enabled=False):
        warnings.simplefilter("ignore")
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


def _compare(one: Any, other: Any, steps: int, progress: Callable[[int, int], None]) -> Parity:  # runners
    """Feed both the same events and noise; the events are what the second chooses."""
    rng = np.random.default_rng(7)
    sizes = other.sizes
    states = [[np.zeros((sizes.layers, 1, sizes.width), np.float32)] * 2 for _ in range(2)]
    keyboard, now, dt = Keyboard.untouched(), 0.0, 0.0
    moved, same, worst = np.array([Voice.SOLO, vocabulary.BEGIN, 0], np.int64), 0, np.zeros(2)
    for step in range(steps):
        shared = _inputs(dt, moved, keyboard.ages(now), rng)
        outputs = []
        for runner, state in zip((one, other), states, strict=True):
            outputs.append(runner.run({**shared, "hidden": state[0], "cell": state[1]}))
            state[:] = outputs[-1][3:]
        choice = outputs[1][0][0, 0]
        same += int(np.array_equal(outputs[0][0], outputs[1][0]))
        worst = np.maximum(worst, [np.abs(a - b).max() for a, b in zip(*states, strict=True)])
        dt, moved = float(choice[0]) / 1000, choice[1:]
        now += dt
        keyboard = keyboard.after(vocabulary.event_of(now, int(moved[1]), int(moved[2]), Voice(int(moved[0]))))
        if moved[1] >= vocabulary.PEDAL_KEY:
            moved = np.array([moved[0], moved[1], 0], np.int64)
        progress(step + 1, steps)
    return Parity(steps, same / steps, float(worst[0]), float(worst[1]))


def _inputs(dt: float, moved: NDArray[np.int64], ages: NDArray[np.float32], rng: np.random.Generator) -> Inputs:
    """A step with steering drawn at random, so that all of the graph is compared."""
    earliest = float(rng.choice([0.0, 0.0, rng.uniform(0, 2)]))
    voices = np.zeros((1, vocabulary.VOICES), np.float32)
    voices[0, rng.integers(0, 3)] = 1
    voices[0, Voice.SOLO] = 1
    ones = np.ones((1, 4), np.float32)
    return {
        "dt": np.full((1, 1), dt, np.float32),
        "event": moved.reshape(1, 1, 3),
        "keys": ages[None, None],
        "window": np.array([[earliest, earliest + rng.uniform(0.0, 5.0)]], np.float32),
        "voice_mask": voices,
        "token_mask": (rng.random((1, vocabulary.TOKENS)) < 0.9).astype(np.float32),
        "token_bias": rng.normal(0, 0.1, (1, vocabulary.TOKENS)).astype(np.float32),
        "temperature": ones * np.float32(rng.uniform(0.8, 1.2)),
        "top_p": ones[:, :1] * np.float32(rng.choice([0.9, 1.0])),
        "given": np.full((1, 1, 4), -1, np.int64),
        "noise": rng.random((1, 1, vocabulary.NOISE), dtype=np.float32),
    }


def _insist_on_fp32(parity: Parity) -> None:
    if parity.agreement < 1 or max(parity.hidden, parity.cell) > STATE_TOLERANCE:
        raise TrainingError(
            f"the exported graph does not play what torch plays: {parity.agreement:.3%} of the samples, "
            f"states apart by {max(parity.hidden, parity.cell):.1e}; nothing was written"
        )


def _place(network: Network, graph: Path, weights: Path, output: Path, card: dict[str, Any]) -> None:  # JSON
    parity = card.pop("parity")
    files = {suffix: _fingerprint(path) for suffix, path in (("onnx", graph), ("safetensors", weights))}
    described = {
        "format": FORMAT,
        "vocabulary": vocabulary.VERSION,
        "name": output.stem,
        "sizes": asdict(network.sizes),
        "parameters": sum(p.numel() for p in network.parameters()),
        "parity": asdict(parity),
        **card,
        "files": files,
    }
    graph.replace(output)
    weights.replace(output.with_suffix(".safetensors"))
    beside = output.with_name(f".{output.stem}.json")
    beside.write_text(json.dumps(described, indent=2, ensure_ascii=False) + "\n")
    beside.replace(output.with_suffix(".json"))


def _fingerprint(path: Path) -> dict[str, Any]:  # JSON
    return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}


def scores(reports: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, Any]:  # JSON
    """What a model's JSON says of its scores: nats per event by set."""
    return {name: report["total"]["nats_per_event"] for name, report in reports}
