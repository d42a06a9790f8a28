"""Judges an exported graph in onnxruntime, as the daemon would hear the pieces. Needs no torch."""

from typing import Any, Final, NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from antiphon.core import graphfile
from antiphon.errors import ModelError
from antiphon.music.vocabulary import NOISE, PEDAL_KEY, TOKENS
from antiphon_training.dataset import Batch
from antiphon_training.looking_back import LookingBack

_OUTPUTS: Final = ["log_p", "hidden_out", "cell_out", "moment"]
_ALWAYS_S: Final = (0.0, 39.999)
"""Seconds: a window that holds every moment a choice can name."""


class Memory(NamedTuple):
    """What the LSTM remembers: hidden and cell, each (layers, B, width) float32."""

    hidden: NDArray[np.float32]
    cell: NDArray[np.float32]


def session(graph: bytes, threads: int = 0) -> onnxruntime.InferenceSession:
    """A graph, given as the bytes of a .onnx file, ready to run on so many threads (0: one for each core). Raises
    ModelError where onnxruntime refuses it, or where it holds what is not run."""
    graphfile.check(graph)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises classes of its own that it does not export
        raise ModelError(f"onnxruntime cannot load this model ({error}); export it again") from error


class OnnxScorer:
    """A graph that is given what was really played and asked how likely that was, unsteered.

    graph: the bytes of a .onnx file; layers and width: those of its LSTM; memory: how much of the choice of time, and
    of kind and pitch, is made by memory, 0-1. Raises ModelError where onnxruntime refuses it.
    """

    def __init__(self, graph: bytes, layers: int, width: int, memory: tuple[float, float] = (0.0, 0.0)) -> None:
        self._shape, self._memory = (layers, width), memory
        self._session = session(graph)
        self._back: LookingBack | None = None

    def start(self, rows: int) -> Memory:
        """The state before the first event of `rows` pieces."""
        layers, width = self._shape
        self._back = LookingBack(rows, self._memory) if any(self._memory) else None
        zeros = np.zeros((layers, rows, width), np.float32)
        return Memory(zeros, zeros)

    def score(self, batch: Batch, state: Memory) -> tuple[NDArray[np.floating[Any]], Memory]:
        """As judge.Scorer: only the voices of the batch may play, and the pedal only where it is a part of it."""
        rows, steps = batch.dt.shape
        keep = ~batch.fresh[None, :, None]
        tokens = np.ones((rows, TOKENS), np.float32)
        tokens[~batch.pedalled, PEDAL_KEY] = 0
        inputs = {
            "dt": batch.dt,
            "event": batch.event,
            "keys": batch.keys,
            "hidden": state.hidden * keep,
            "cell": state.cell * keep,
            "window": np.tile(np.array(_ALWAYS_S, np.float32), (rows, 1)),
            "voice_mask": batch.voices.astype(np.float32),
            "token_mask": tokens,
            "token_bias": np.zeros((rows, TOKENS), np.float32),
            "temperature": np.ones((rows, 4), np.float32),
            "top_p": np.ones((rows, 1), np.float32),
            "given": batch.target,
            "noise": np.full((rows, steps, NOISE), 0.5, np.float32),
        }
        back = self._back.inputs(batch) if self._back else {}
        log_p, hidden, cell, moments = self._session.run(_OUTPUTS, {**inputs, **back})
        if self._back:
            self._back.keep(moments, batch)
        return log_p, Memory(hidden, cell)
