"""Two runs of one performance, side by side: does the exported graph play what torch plays?"""

import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from antiphon.errors import TrainingError
from antiphon.music import vocabulary
from antiphon.music.events import Voice
from antiphon.music.keyboard import Keyboard
from antiphon_training.onnx_scorer import session
from antiphon_training.performer import INPUTS, OUTPUTS, REMEMBERING, Performer
from antiphon_training.settings import Sizes

STATE_TOLERANCE: Final = 1e-5
AGREEMENT: Final = 0.998
"""The share of samples in which a quantised graph must equal the fp32 one."""

COST: Final = 0.005
"""Nats per event that rounding may cost."""

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
            given = (torch.from_numpy(inputs[name]) for name in (*INPUTS, *REMEMBERING) if name in inputs)
            outputs = self._performer(*given)
        return [output.numpy() for output in outputs]


@contextmanager
def plain_lstm() -> Iterator[None]:
    """Torch's own LSTM on one thread: that of oneDNN packs its weights again in every call, 5 ms of a step, and a
    step is too small to be shared. The warning silenced here speaks of Intel GPUs."""
    threads = torch.get_num_threads()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.set_num_threads(1)
        try:
            with torch.backends.mkldnn.flags(enabled=False):
                yield
        finally:
            torch.set_num_threads(threads)


class OnnxRunner:
    """The exported graph in onnxruntime, on one thread."""

    def __init__(self, path: Path) -> None:
        self._session = session(path.read_bytes(), threads=1)

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
    """Feed both the same events, steering and noise for `steps` events; the events are what the second chooses. Every
    fourth of them is chosen with a memory of the last moments.

    The last twentieth is a performance of its own, in two voices: those are never mixed with the solo voice in
    training, and a network that hears what it never heard may hold anything in its cells.
    """
    rng, alone = np.random.default_rng(7), steps - steps // 20
    same, worst = 0, np.zeros(2)
    for first, stop, voices in ((0, alone, (Voice.SOLO,)), (alone, steps, (Voice.LEAD, Voice.ACCOMPANIMENT))):
        states = [[np.zeros((sizes.layers, 1, sizes.width), np.float32)] * 2 for _ in range(2)]
        keyboard, now, dt, moments = Keyboard.untouched(), 0.0, 0.0, _Moments()
        moved = np.array([voices[0], vocabulary.BEGIN, 0], np.int64)
        for step in range(first, stop):
            shared = {
                **_inputs(dt, moved, keyboard.ages(now), voices, rng),
                **(moments.given() if step % 4 == 3 else {}),
            }
            choices = list[NDArray[np.int64]]()
            for runner, state in zip((one, other), states, strict=True):
                outputs = runner.run({**shared, "hidden": state[0], "cell": state[1]})
                choices.append(outputs[0][0, 0])
                state[:] = outputs[3:5]
            same += int(np.array_equal(choices[0], choices[1]))
            worst = np.maximum(worst, [np.abs(a - b).max() for a, b in zip(*states, strict=True)])
            moments.keep(outputs[5][0, 0], choices[1])
            dt, moved = float(choices[1][0]) / 1000, choices[1][1:].copy()
            now += dt
            keyboard = keyboard.after(vocabulary.event_of(now, int(moved[1]), int(moved[2]), Voice(int(moved[0]))))
            moved[2] = moved[2] if moved[1] < vocabulary.PEDAL_KEY else 0
            progress(step + 1, steps)
    return Parity(steps, same / steps, float(worst[0]), float(worst[1]))


class _Moments:
    """The last moments of a performance and what followed them, as the graph is given them."""

    def __init__(self) -> None:
        self._moments, self._followed = deque[NDArray[np.float32]](maxlen=64), deque[list[int]](maxlen=64)

    def keep(self, moment: NDArray[np.float32], choice: NDArray[np.int64]) -> None:
        self._moments.append(moment)
        self._followed.append([vocabulary.time_bin(int(choice[0])), int(choice[2])])

    def given(self) -> Inputs:
        if not self._moments:
            return {}
        share = np.array([[0.3, 0.3]], np.float32)
        followed = np.array([self._followed], np.int64)
        return {"remembered": np.stack(self._moments)[None], "followed": followed, "memory": share}


def _inputs(
    dt: float,
    moved: NDArray[np.int64],
    ages: NDArray[np.float32],
    voices: Sequence[Voice],
    rng: np.random.Generator,
) -> Inputs:
    """A step of a performance by `voices`. One in four is steered at random, so that all of the graph is compared;
    steering every step would lead further from music than any performance goes."""
    steered = float(rng.random() < 0.25)
    earliest = steered * float(rng.choice([0.0, rng.uniform(0, 2)]))
    ones = np.ones((1, 4), np.float32)
    mask = np.zeros((1, vocabulary.VOICES), np.float32)
    mask[0, list(voices)] = 1
    return {
        "dt": np.full((1, 1), dt, np.float32),
        "event": moved.reshape(1, 1, 3),
        "keys": ages[None, None],
        "window": np.array([[earliest, earliest + rng.uniform(0.0, 5.0) if steered else 39.999]], np.float32),
        "voice_mask": mask,
        "token_mask": (rng.random((1, vocabulary.TOKENS)) < 1 - 0.1 * steered).astype(np.float32),
        "token_bias": steered * rng.normal(0, 0.1, (1, vocabulary.TOKENS)).astype(np.float32),
        "temperature": ones * np.float32(rng.uniform(0.8, 1.2) if steered else 1),
        "top_p": ones[:, :1] * np.float32(rng.choice([0.9, 1.0]) if steered else 1),
        "given": np.full((1, 1, 4), -1, np.int64),
        "noise": rng.random((1, 1, vocabulary.NOISE), dtype=np.float32),
    }


def insist(fp32: Parity, int8: Parity | None, cost: float | None = None) -> None:
    """Raises TrainingError unless fp32 plays the same samples as torch, with states within 1e-5, and int8 the same
    as fp32 at least 99.8 % of the time, at a cost of 0.005 nats per event at most."""
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
    if cost is not None and not cost <= COST:
        raise TrainingError(
            f"int8 costs {cost:.4f} nats per event, more than {COST}; nothing was written; leave out --int8"
        )
