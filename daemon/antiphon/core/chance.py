"""Chance as a function: the same seed and the same event of the performance, the same numbers.

Keyed by the event's number instead of drawn from a running generator, so that music imagined and
thrown away does not change what is played later, however far ahead it was composed.
"""

import numpy as np
from numpy.typing import NDArray

from antiphon.music.vocabulary import NOISE


def noise(seed: int, number: int, draw: int = 0, take: int = 0) -> NDArray[np.float32]:
    """(NOISE,) float32, uniform in 0-1, for event `number` (0 or more) of a performance with `seed`; others for each
    further `draw` of the same event, and for each other `take` of the same answer."""
    generator = np.random.Generator(np.random.Philox(key=seed, counter=[0, draw, take, number]))
    return generator.random(NOISE, dtype=np.float32)
