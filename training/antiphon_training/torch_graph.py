"""A network in torch that performs as its exported graph would."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch
from numpy.typing import NDArray

from antiphon_training.network import Network
from antiphon_training.performer import INPUTS, OUTPUTS, Performer

_PLAYS: Final = ("choice", "log_p", "log_silence", "hidden_out", "cell_out")


class TorchGraph:
    """As playing.Graph. The network stays where it is."""

    def __init__(self, network: Network) -> None:
        self._device = network.context.weight.device
        self._performer = Performer(network).to(self._device).eval()
        self.shape = (network.sizes.layers, network.sizes.width)

    def run(self, inputs: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:  # of several dtypes
        """The outputs that play, by name, for all the inputs by name."""
        with torch.inference_mode(), torch.backends.cudnn.flags(allow_tf32=False), _without_packing():
            found = self._performer(*(torch.from_numpy(inputs[name]).to(self._device) for name in INPUTS))
        every = dict(zip(OUTPUTS, found, strict=False))
        return {name: every[name].cpu().numpy() for name in _PLAYS}


@contextmanager
def _without_packing() -> Iterator[None]:
    """oneDNN packs the weights of an LSTM anew at every call, 5 ms an event. Told to rest, torch 2.13 warns of an
    Intel GPU that nobody has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with torch.backends.mkldnn.flags(enabled=False):
            yield
