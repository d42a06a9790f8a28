"""A mind whose model raises an exception at one event, and at another does not return; all else is the mind's.

Run as `python -m tests.live.failing_mind FILE`.
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
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
ENDLESS: Final = 126
"""The pitch that it never comes to an end with, the first time."""
ONCE: Final = "ANTIPHON_TEST_ENDLESS"
"""Names a file that is there from then on."""


class Touchy(OnnxModel):
    """Raises as soon as it hears the one pitch, and does not return from the other."""

    def witness(self, state: State, heard: Sequence[Heard]) -> tuple[State, NDArray[np.float32]]:
        begun = {one.event.pitch for one in heard if one.event and one.event.starts}
        if POISON in begun:
            raise ZeroDivisionError("this note is too high")
        if ENDLESS in begun and not (been := Path(os.environ[ONCE])).exists():
            been.touch()
            while True:
                time.monotonic()
        return super().witness(state, heard)


class Failing(Mind):
    """The mind with that model."""

    def __init__(self, model: Identified, *more: Any) -> None:  # what a mind is given beside its model
        assert isinstance(model, OnnxModel)
        model.__class__ = Touchy
        super().__init__(model, *more)


if __name__ == "__main__":
    sys.exit(main(to_guard(sys.argv[1]), Failing))
