"""Weights on a grid of 255 steps a row: what the large matrices are rounded to, so that integers play them exactly.

A row is all that one gate (or one number of the context) reads. Its largest weight is 127 steps.
"""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from antiphon_training.network import Network

STEPS: Final = 127


def scaled(weight: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """weight (inputs, outputs) as whole steps and the size of a step, (inputs, outputs) int8 and (outputs,)."""
    step = np.maximum(np.abs(weight).max(0) / np.float32(STEPS), np.float32(1e-12)).astype(np.float32)
    return np.rint(weight / step).astype(np.int8), step


@torch.no_grad()
def rounded(network: Network) -> Network:
    """The same network, its large matrices on the grid; changed in place and given back."""
    for matrices in large(network):
        for matrix, kept in zip(matrices, on_grid([m.data for m in matrices]), strict=True):
            matrix.data.copy_(kept)
    return network


def large(network: Network) -> list[list[Tensor]]:
    """Groups of matrices whose rows are one row each: of every layer what it hears and what it remembers; the context.
    Of what the first layer hears only the keys count: the rest is looked up, not multiplied."""
    lstm: nn.LSTM = network.lstm
    groups = list[list[Tensor]]()
    for layer in range(network.sizes.layers):
        heard, remembered = (getattr(lstm, f"weight_{kind}_l{layer}") for kind in ("ih", "hh"))
        groups.append([heard[:, -network.sizes.keys :] if layer == 0 else heard, remembered])
    return [*groups, [network.context.weight]]


def on_grid(matrices: list[Tensor]) -> list[Tensor]:
    """The matrices of one group, (outputs, inputs) each, rounded together."""
    step = torch.cat(matrices, 1).abs().amax(1, keepdim=True).div(STEPS).clamp(min=1e-12)
    return [torch.round(matrix / step) * step for matrix in matrices]
