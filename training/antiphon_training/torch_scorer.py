"""Judges a network in torch."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from antiphon_training.dataset import Batch
from antiphon_training.network import Given, Network, State


class TorchScorer:
    """A network that is given what was really played and asked how likely that was. It stays where it is."""

    def __init__(self, network: Network) -> None:
        self._network = network.eval()

    def start(self, rows: int) -> State:
        """The state before the first event of `rows` pieces."""
        return self._network.start(rows)

    def score(self, batch: Batch, state: State) -> tuple[NDArray[np.floating[Any]], State]:
        """As judge.Scorer."""
        device = self._network.context.weight.device
        with torch.inference_mode(), torch.backends.cudnn.flags(allow_tf32=False):
            log_p, state = self._network.log_p(given(batch, device), carried(state, batch))
        return log_p.float().cpu().numpy(), state


def carried(state: State, batch: Batch) -> State:
    """The state with which a batch begins: nothing is remembered where a row starts anew."""
    keep = torch.from_numpy(~batch.fresh).to(state.hidden.device)[None, :, None].to(state.hidden.dtype)
    return State(state.hidden * keep, state.cell * keep)


def given(batch: Batch, device: torch.device) -> Given:
    """A batch on a device."""
    fields = (batch.dt, batch.event, batch.keys, batch.target, batch.voices, batch.pedalled)
    return Given(*(torch.from_numpy(a).to(device, non_blocking=True) for a in fields))
