"""What a performer is called with when nothing has happened and all is allowed."""

import torch

from antiphon.music.vocabulary import KEYS, NOISE, TOKENS, VOICES
from antiphon_training.network import Network
from antiphon_training.performer import HEADS


def asked(network: Network, rows: int, steps: int) -> tuple[torch.Tensor, ...]:
    """Inputs in the order of performer.INPUTS."""
    state = network.start(rows)
    return (
        torch.zeros(rows, steps),
        torch.zeros(rows, steps, 3, dtype=torch.int64),
        -torch.ones(rows, steps, VOICES, KEYS),
        state.hidden,
        state.cell,
        torch.tensor([[0.0, 40.0]]).expand(rows, 2).contiguous(),
        torch.ones(rows, VOICES),
        torch.ones(rows, TOKENS),
        torch.zeros(rows, TOKENS),
        torch.ones(rows, HEADS),
        torch.ones(rows, 1),
        torch.full((rows, steps, HEADS), -1, dtype=torch.int64),
        torch.full((rows, steps, NOISE), 0.5),
    )
