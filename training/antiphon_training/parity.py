"""Two runs of one performance, side by side: does the exported graph play what torch plays?"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from antiphon.errors import TrainingError
from antiphon.music import vocabulary
from antiphon.music.events import Voice
from antiphon.music.keyboard import Keyboard
from antiphon_training.performer import INPUTS, OUTPUTS, Performer
from antiphon_training.settings import Sizes

STATE_TOLERANCE: Final = 1e-5
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


class Runner(Protocol):
    """Whatever runs a performer for one performance."""

    def run(self, inputs: Inputs) -> list[NDArray[Any]]:  # outputs of several dtypes
        """The graph's outputs in order."""


class TorchRunner:
    """A Performer in torch, a step at a time."""

    def __init__(self, performer: Performer) -> None:
        self._performer = performer

    def run(self, inputs: Inputs) -> list[NDArray[Any]]:  # outputs of several dtypes
        """The graph's outputs in order."""
        with torch.inference_mode(), plain_lstm():
            outputs = self._performer(*(torch.from_numpy(inputs[name]) for name in INPUTS))
        return [output.numpy() for output in outputs]


@contextmanager
def plain_lstm() -> Iterator[None]:
    """Torch's own LSTM, not that of oneDNN, which packs its weights again in every call: 5 ms of a step. The
    warning silenced here speaks of Intel GPUs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with torch.backends.mkldnn.flags(enabled=False):
            yield


class OnnxRunner:
    """The exported graph in onnxruntime, on one thread."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(self, inputs: Inputs) -> list[NDArray[Any]]:  # outputs of several dtypes
        """The graph's outputs in order."""
        return list(self._session.run(list(OUTPUTS), inputs))


def compare(
    one: Runner,
    other: Runner,
    sizes: Sizes,
    steps: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Parity:
    """Feed both the same events, steering and noise for `steps` events; the events are what the second chooses."""
    rng = np.random.default_rng(7)
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


def insist(fp32: Parity, int8: Parity | None) -> None:
    """Raises TrainingError unless fp32 plays the same samples as torch, with states within 1e-5, and int8 the same
    as fp32 at least 99.8 % of the time."""
    if fp32.agreement < 1 or not max(fp32.hidden, fp32.cell) <= STATE_TOLERANCE:
        raise TrainingError(
            f"the exported graph does not play what torch plays: {fp32.agreement:.3%} of {fp32.steps} samples, "
            f"states apart by {max(fp32.hidden, fp32.cell):.1e}; nothing was written"
        )
    if int8 and int8.agreement < AGREEMENT:
        raise TrainingError(
            f"int8 plays {int8.agreement:.2%} of the {int8.steps} samples that fp32 plays, below {AGREEMENT:.1%}; "
            "nothing was written; leave out --int8"
        )
