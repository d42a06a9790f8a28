"""An exported graph in onnxruntime, its outputs by name. Needs no torch."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from antiphon_training.onnx_scorer import session

_OUTPUTS: Final = ("choice", "log_p", "log_silence", "hidden_out", "cell_out")


class OnnxGraph:
    """As playing.Graph. graph: the bytes of a .onnx file; layers and width: those of its LSTM. Raises ModelError where
    onnxruntime refuses it."""

    def __init__(self, graph: bytes, layers: int, width: int) -> None:
        self.shape, self._session = (layers, width), session(graph)

    def run(self, inputs: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:  # of several dtypes
        """The outputs that play, by name, for all the inputs by name."""
        found: list[NDArray[Any]] = self._session.run(list(_OUTPUTS), inputs)
        return dict(zip(_OUTPUTS, map(np.asarray, found), strict=True))
