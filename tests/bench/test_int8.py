"""What integers save: one step of the same network in fp32 and in int8, taken in turns."""

# ruff: noqa: E402  # Without torch the file is left out, before it imports what needs it.
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.bench.timing import median_s
from tests.training.asked import asked

from antiphon_training.drawing import draw
from antiphon_training.network import Network
from antiphon_training.onnx_scorer import session
from antiphon_training.performer import INPUTS
from antiphon_training.rounding import rounded
from antiphon_training.settings import Sizes

pytestmark = [pytest.mark.bench, pytest.mark.train]
ROUNDS = 30


def test_a_step_in_integers_takes_about_half_the_time(tmp_path: Path) -> None:
    network = rounded(Network(Sizes()).eval())
    inputs = dict(zip(INPUTS, (each.numpy() for each in asked(network, 1, 1)), strict=True))

    def step(name: str) -> Callable[[], object]:
        graph = session(draw(network, tmp_path / name, int8=name == "int8").read_bytes(), threads=1)
        return lambda: graph.run(["choice", "hidden_out", "cell_out"], inputs)

    steps = {name: step(name) for name in ("fp32", "int8")}
    medians = {name: list[float]() for name in steps}
    for _ in range(ROUNDS):
        for name, act in steps.items():
            medians[name].append(median_s(act) * 1e6)
    fp32, int8 = np.array(medians["fp32"]), np.array(medians["int8"])
    ratio = float(np.median(int8 / fp32))
    print(f"\n2 x {Sizes().width}: fp32 {min(fp32):.0f} us, int8 {min(int8):.0f} us, ratio {ratio:.2f} (asked 0.55)")
    assert ratio < 0.85
