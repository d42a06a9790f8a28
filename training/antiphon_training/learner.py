"""A network that learns: one step of truncated back-propagation at a time, its state carried between windows."""

import copy
import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from antiphon.errors import TrainingError
from antiphon_training.dataset import Batch
from antiphon_training.network import Network, State
from antiphon_training.settings import Settings
from antiphon_training.torch_scorer import carried, given


class Learner:
    """The weights, their running average, the optimiser, and what every stream's LSTM remembers."""

    def __init__(self, network: Network, settings: Settings, device: torch.device) -> None:
        self._settings, self._device = settings, device
        self.network = network.to(device)
        self.averaged = copy.deepcopy(self.network).eval()
        self._optimiser = torch.optim.AdamW(_groups(self.network, settings), lr=settings.rate, betas=(0.9, 0.98))
        self._state = self.network.start(settings.streams)
        self.steps = 0

    def learn(self, batch: Batch, done: float) -> float:
        """One step on one window of every stream, `done` (0-1) of the run behind it; returns the loss in nats."""
        self.steps += 1
        for group in self._optimiser.param_groups:
            group["lr"] = rate(done, self._settings)
        self.network.train()
        with torch.autocast(self._device.type, torch.bfloat16):
            log_p, state = self.network.log_p(given(batch, self._device), carried(self._state, batch))
        loss = self._loss(log_p, batch)
        if not torch.isfinite(loss):
            raise TrainingError(f"step {self.steps}: the loss is no longer a number; go on from the last checkpoint")
        self._optimiser.zero_grad(set_to_none=True)
        (loss + self._settings.calm * _excess(state)).backward()  # type: ignore[no-untyped-call]  # torch's own
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self._settings.clip)
        self._optimiser.step()
        self._state = State(state.hidden.detach(), state.cell.detach())
        self._average(min(self._settings.averaged, self.steps / (self.steps + 9)))
        return float(loss.detach())

    def kept(self) -> dict[str, Any]:  # tensors and numbers
        """All that going on needs."""
        return {
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "hidden": self._state.hidden,
            "cell": self._state.cell,
            "steps": self.steps,
            "chance": torch.get_rng_state(),
            "chance_on_device": torch.cuda.get_rng_state() if self._device.type == "cuda" else None,
        }

    def go_on(self, kept: Mapping[str, Any]) -> None:  # as kept
        """Be as a learner was when `kept` was. Raises TrainingError where that had other sizes."""
        try:
            self.network.load_state_dict(kept["network"])
            self.averaged.load_state_dict(kept["averaged"])
            self._optimiser.load_state_dict(kept["optimiser"])
            self._state = State(kept["hidden"].to(self._device), kept["cell"].to(self._device))
            self.steps = int(kept["steps"])
            torch.set_rng_state(kept["chance"])
            if self._device.type == "cuda" and kept["chance_on_device"] is not None:
                torch.cuda.set_rng_state(kept["chance_on_device"])
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise TrainingError(f"the run cannot go on from its checkpoint ({str(error).splitlines()[0]})") from error

    def _loss(self, log_p: Tensor, batch: Batch) -> Tensor:
        counted = torch.from_numpy(batch.counted).to(self._device)
        dynamic = torch.from_numpy(batch.dynamic).to(self._device)
        weights = torch.stack([counted, counted, counted, counted & dynamic[:, None]], -1)
        return -(log_p * weights).sum() / counted.sum()

    @torch.no_grad()
    def _average(self, share: float) -> None:
        for old, new in zip(self.averaged.parameters(), self.network.parameters(), strict=True):
            old.lerp_(new, 1 - share)


def rate(done: float, settings: Settings) -> float:
    """Linear warm-up, then a cosine to a hundredth; `done` is the share of the run behind it, 0-1."""
    if done < settings.warm_up:
        return settings.rate * max(0.01, done / settings.warm_up)
    return settings.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


def _groups(network: Network, settings: Settings) -> list[dict[str, Any]]:
    matrices = [p for p in network.parameters() if p.ndim > 1]
    vectors = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": matrices, "weight_decay": settings.decay}, {"params": vectors, "weight_decay": 0.0}]


def _excess(state: State) -> Tensor:
    """How far cells have run beyond +-6, where tanh is flat. Left alone, some become counters that grow with
    every event for as long as the performance lasts, and float32 loses the rest of what they hold."""
    return torch.relu(state.cell.float().abs() - 6.0).square().mean()
