"""A wider network that begins by playing exactly what a narrower one plays, and goes on learning from there.

Chen, Goodfellow, Shlens, "Net2Net: Accelerating Learning via Knowledge Transfer" (2016) copy cells to widen a network;
here the new cells are fresh, and whatever reads them begins at zero (so they are heard by nobody until something is
learned from them). Sizes only; training is in learner.py.
"""

from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from antiphon.errors import TrainingError
from antiphon_training.network import Network

_GATES: Final = 4


def widened(network: Network, width: int) -> Network:
    """A network of `width` cells a layer that gives the same probabilities as `network`. Draws the new cells from
    torch's random generator. Raises TrainingError for fewer cells than there are."""
    before = network.sizes.width
    if width < before:
        raise TrainingError(f"a network of width {before} cannot shrink to {width}; train one from nothing")
    wider = Network(replace(network.sizes, width=width))
    old, new = network.state_dict(), wider.state_dict()
    for name, fresh in new.items():
        known = old[name]
        if name.startswith("lstm."):
            new[name] = _inset(known.unflatten(0, (_GATES, before)), fresh.unflatten(0, (_GATES, width))).flatten(0, 1)
        else:
            new[name] = _inset(known, fresh)
    wider.load_state_dict(new)
    return wider


def _inset(known: Tensor, fresh: Tensor) -> Tensor:
    """`known` in the corner of `fresh`; what the known rows read from new columns is zero."""
    result = fresh.clone()
    rows = tuple(slice(0, size) for size in known.shape[:-1])
    result[rows] = torch.zeros_like(result[rows])
    result[(*rows, slice(0, known.shape[-1]))] = known
    return result
