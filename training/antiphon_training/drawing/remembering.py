"""The part of the graph that remembers moments of this performance; what it does is in performer.py (Memory)."""

from collections.abc import Sequence

import numpy as np
from onnx import TensorProto

from antiphon_training.drawing.sketch import Sketch
from antiphon_training.network import FORBIDDEN
from antiphon_training.performer import SHARPNESS


class Remembering:
    """Draws what memory adds to two of the heads. Nothing of it runs while nothing is remembered."""

    def __init__(self, sketch: Sketch, context: Sequence[str]) -> None:
        self._s = s = sketch
        self._parts = [s("LpNormalization", context[head], axis=-1, p=2) for head in (0, 2)]
        self.moment = s("Concat", *self._parts, axis=-1)
        count = s.split(s("Shape", "remembered"), [1, 1, 1], axis=0)[1]
        self._any = s("Greater", s("Squeeze", count, s.ints(0)), s.constant(np.array(0)))

    def added(self, logits: str, head: int, size: int) -> str:
        """As performer._with_memory; head: 0 for time, 1 for kind and pitch; size: that of half a moment."""
        t = Sketch(f"{logits}/")
        of_head = t("Slice", "remembered", t.ints(head * size), t.ints((head + 1) * size), t.ints(-1))
        nearness = t("MatMul", self._parts[head], t("Transpose", of_head, perm=[0, 2, 1]))
        alike = t("Softmax", t("Mul", nearness, t.floats(SHARPNESS)), axis=-1)
        followed = t("Gather", "followed", t.constant(np.array(head)), axis=2)
        where = t("Expand", t("Unsqueeze", followed, t.ints(1)), t("Shape", alike))
        nothing = t("ConstantOfShape", t("Shape", logits))
        recalled = t("ScatterElements", nothing, where, alike, axis=-1, reduction="add")
        possible = t("Greater", logits, t.floats(FORBIDDEN / 2))
        recalled = t("Where", possible, recalled, t.floats(0.0))
        whole = t("ReduceSum", recalled, t.ints(-1), keepdims=1)
        share = t("Unsqueeze", t("Slice", "memory", t.ints(head), t.ints(head + 1), t.ints(-1)), t.ints(1))
        share = t("Mul", share, t.cast(t("Greater", whole, t.floats(1e-6)), TensorProto.FLOAT))
        own = t("Mul", t("Sub", t.floats(1.0), share), t("Softmax", logits, axis=-1))
        mixed = t("Add", own, t("Div", t("Mul", share, recalled), t("Max", whole, t.floats(1e-6))))
        logs = t("Where", possible, t("Log", t("Max", mixed, t.floats(1e-30))), t.floats(FORBIDDEN))
        return self._s.branch(self._any, t, logs, logits)
