"""How long one act takes, warm."""

import time
from collections.abc import Callable
from typing import Final

import numpy as np

STEPS: Final = 40


def median_s(act: Callable[[], object]) -> float:
    """Seconds: of STEPS times one after another the median, without the first quarter."""
    taken = []
    for _ in range(STEPS):
        start = time.perf_counter()
        act()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken[STEPS // 4 :]))
