"""A mind whose model raises an exception at one event; all else is the mind's.

Run as `python -m tests.live.failing_mind FILE`.
"""

import sys
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from antiphon.core.model import Heard, Identified, State
from antiphon.lines import to_guard
from antiphon.mind.__main__ import main
from antiphon.mind.loop import Mind
from antiphon.mind.onnx_model import OnnxModel

POISON: Final = 127
"""The pitch that this model cannot bear."""


class Touchy(OnnxModel):
    """Raises as soon as it hears the pitch."""

    def witness(self, state: State, heard: Sequence[Heard]) -> tuple[State, NDArray[np.float32]]:
        if any(one.event and one.event.pitch == POISON and one.event.starts for one in heard):
            raise ZeroDivisionError("this note is too high")
        return super().witness(state, heard)


class Failing(Mind):
    """The mind with that model."""

    def __init__(self, model: Identified, *more: Any) -> None:  # what a mind is given beside its model
        assert isinstance(model, OnnxModel)
        model.__class__ = Touchy
        super().__init__(model, *more)


if __name__ == "__main__":
    sys.exit(main(to_guard(sys.argv[1]), Failing))
