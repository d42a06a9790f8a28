"""The survival function of the next note, asked of an exported graph: inputs and outputs, whatever runs it."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from antiphon.music.vocabulary import KEYS, NOISE, PEDAL_KEY, TOKENS, VOICES

Arrays = Mapping[str, NDArray[Any]]  # of several dtypes

MOMENTS_S: Final = 0.1 * 2.0 ** (np.arange(28) / 4)
"""(M,) seconds after the last event: four to the octave, from 0.1 to 10.8."""
_FOREVER_S: Final = 39.999


def side_by_side(events: Arrays, hidden: NDArray[np.float32], cell: NDArray[np.float32], pedalled: bool) -> Arrays:
    """The inputs of a run that asks, of one event ("dt", "event", "keys", one row and one step), in M rows: how likely
    nothing happens before each of MOMENTS_S, and how likely what happens then is the pedal moving."""
    rows = len(MOMENTS_S)
    given = np.zeros((rows, 1, 4), np.int64)
    given[:, 0, 0], given[:, 0, 2] = np.rint(MOMENTS_S * 1000), PEDAL_KEY + (KEYS if pedalled else 0)
    return {
        **{name: np.repeat(each, rows, 0) for name, each in events.items()},
        "hidden": np.repeat(hidden, rows, 1),
        "cell": np.repeat(cell, rows, 1),
        "window": np.stack([MOMENTS_S, np.full(rows, _FOREVER_S)], 1).astype(np.float32),
        "voice_mask": np.ones((rows, VOICES), np.float32),
        "token_mask": np.ones((rows, TOKENS), np.float32),
        "token_bias": np.zeros((rows, TOKENS), np.float32),
        "temperature": np.ones((rows, 4), np.float32),
        "top_p": np.ones((rows, 1), np.float32),
        "given": given,
        "noise": np.full((rows, 1, NOISE), 0.5, np.float32),
    }


def survival(log_silence: NDArray[np.float32], log_p: NDArray[np.float32]) -> NDArray[np.float32]:
    """(M,) the log of the chance that no key goes down before each of MOMENTS_S, if the pedal alone moves in between.

    log_silence (M, 1) and log_p (M, 1, 4) as the graph answers. Of the hazard between two moments the pedal's part is
    left out: what it does then is known when it does it.
    """
    silence = log_silence[:, 0].astype(np.float64)
    hazard = -np.diff(silence, prepend=0.0) * (1 - np.exp(log_p[:, 0, 2].astype(np.float64)))
    return (-np.cumsum(np.maximum(hazard, 0.0))).astype(np.float32)
