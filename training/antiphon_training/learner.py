"""A network that learns: one step of truncated back-propagation at a time, its state carried between windows."""

import copy
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from antiphon.errors import TrainingError
from antiphon_training.dataset import Batch
from antiphon_training.network import Given, Network, State
from antiphon_training.ranks import Ranks
from antiphon_training.settings import Settings
from antiphon_training.torch_scorer import carried, given

_CALM: Final = 4.0
"""How far from 0 a cell may be before it costs something."""


class Learner:
    """The weights, their running average, the optimiser, and what the LSTM remembers of each of these `streams`."""

    def __init__(self, network: Network, settings: Settings, streams: int, ranks: Ranks) -> None:
        self._settings, self._ranks, self._device = settings, ranks, ranks.device
        self._halved = multiplies_bfloat16(self._device)
        self.network = network.to(self._device)
        self.averaged = copy.deepcopy(self.network).eval()
        if self._device.type == "cuda":
            whole = partial(precisely, self.network.lstm.forward)
            self.network.lstm.forward = whole  # type: ignore[assignment,method-assign]  # one LSTM, not all of them
        self._asked = ranks.wrapped(_Asked(self.network, settings.weight_drop))
        self._optimiser = torch.optim.AdamW(_groups(self.network, settings), lr=settings.rate, betas=(0.9, 0.98))
        self._state = self.network.start(streams)
        self.steps = 0
        torch.manual_seed(settings.seed + ranks.rank)

    def learn(self, batch: Batch, done: float) -> tuple[float, int]:
        """One step on one window of every stream, `done` (0-1) of the run behind it; returns the loss in nats and how
        many events it is the mean of, those of all processes."""
        self.steps += 1
        for group in self._optimiser.param_groups:
            group["lr"] = rate(done, self._settings)
        self._asked.train()
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._halved):
            log_p, state = self._asked(given(batch, self._device), carried(self._state, batch))
        events = self._ranks.summed(float(batch.counted.sum()))
        loss = self._nats(log_p, batch) / events
        mean = self._ranks.summed(float(loss.detach()))
        if not math.isfinite(mean):
            raise TrainingError(f"step {self.steps}: the loss is no longer a number; go on from the last checkpoint")
        self._optimiser.zero_grad(set_to_none=True)
        # The gradients of all processes are averaged, and the loss is the sum of theirs.
        whole = self._ranks.count * loss + self._settings.calm * _excess(state)
        whole.backward()  # type: ignore[no-untyped-call]  # torch's own
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self._settings.clip)
        self._optimiser.step()
        self._state = State(state.hidden.detach(), state.cell.detach())
        self._average(min(self._settings.averaged, self.steps / (self.steps + 9)))
        return mean, int(events)

    def kept(self) -> dict[str, Any]:  # tensors and numbers
        """All that going on needs and that is the same in every process."""
        return {
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "steps": self.steps,
        }

    def rows(self) -> dict[str, Tensor]:
        """What is not: hidden and cell (S, layers, width), a row a stream; the state of chance, a row a process."""
        found = {
            "hidden": self._state.hidden.transpose(0, 1).cpu(),
            "cell": self._state.cell.transpose(0, 1).cpu(),
            "chance": torch.get_rng_state()[None],
        }
        on_device = {"chance_on_device": torch.cuda.get_rng_state()[None]} if self._device.type == "cuda" else {}
        return {**found, **on_device}

    def go_on(self, kept: Mapping[str, Any], order: Tensor) -> None:  # as kept and rows
        """Be as a learner was when `kept` was; `order` says which rows of the kept streams these streams go on with.
        Raises TrainingError where that had other sizes."""
        try:
            self.network.load_state_dict(kept["network"])
            self.averaged.load_state_dict(kept["averaged"])
            self._optimiser.load_state_dict(kept["optimiser"])
            hidden, cell = (kept[name][order].transpose(0, 1).contiguous() for name in ("hidden", "cell"))
            self._state = State(hidden.to(self._device), cell.to(self._device))
            self.steps = int(kept["steps"])
            if self._ranks.rank < len(kept["chance"]):
                torch.set_rng_state(kept["chance"][self._ranks.rank])
            if self._device.type == "cuda" and self._ranks.rank < len(kept.get("chance_on_device", ())):
                torch.cuda.set_rng_state(kept["chance_on_device"][self._ranks.rank])
        except (IndexError, KeyError, TypeError, ValueError, RuntimeError) as error:
            reason = (str(error).splitlines() or ["damaged"])[0]
            raise TrainingError(f"cannot go on from its checkpoint ({reason}); begin another run") from error

    def _nats(self, log_p: Tensor, batch: Batch) -> Tensor:
        counted = torch.from_numpy(batch.counted).to(self._device)
        dynamic = torch.from_numpy(batch.dynamic).to(self._device)
        weights = torch.stack([counted, counted, counted, counted & dynamic[:, None]], -1)
        return -(log_p * weights).sum()

    @torch.no_grad()
    def _average(self, share: float) -> None:
        for old, new in zip(self.averaged.parameters(), self.network.parameters(), strict=True):
            old.lerp_(new, 1 - share)


class _Asked(nn.Module):
    """The network as a function of what it is given, which is what DistributedDataParallel can wrap."""

    def __init__(self, network: Network, weight_drop: float) -> None:
        super().__init__()
        self.network, self._weight_drop = network, weight_drop

    def forward(self, asked: Given, state: State) -> tuple[Tensor, State]:
        with _dropped(self.network.lstm, self._weight_drop):
            return self.network.log_p(asked, state)


@contextmanager
def _dropped(lstm: nn.LSTM, share: float) -> Iterator[None]:
    """For one forward pass, a share of the recurrent weights is 0 (Merity, Keskar, Socher, "Regularizing and
    Optimizing LSTM Language Models", 2018). torch keeps the weights that its kernels read in a list of its own."""
    whole = lstm._flat_weights
    if share > 0:
        lstm._flat_weights = [
            functional.dropout(weight, share) if weight is not None and name.startswith("weight_hh") else weight
            for name, weight in zip(lstm._flat_weights_names, whole, strict=True)
        ]
    try:
        yield
    finally:
        lstm._flat_weights = whole


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is worth it: a processor without instructions for it takes three times as long as in float32."""
    if device.type != "cpu":
        return True
    able = getattr(torch.cpu, "get_capabilities", dict[str, bool])()  # older ones do not tell
    return bool(able.get("avx512_bf16") or able.get("amx_bf16") or able.get("bf16"))


def precisely(
    forward: Callable[[Tensor, tuple[Tensor, Tensor]], tuple[Tensor, tuple[Tensor, Tensor]]],
    heard: Tensor,
    state: tuple[Tensor, Tensor],
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """An LSTM in float32 (TF32 inside cuDNN) amid an autocast that asks for bfloat16. Of cuDNN's LSTM torch's autocast
    makes float16 whatever it is asked for (aten/src/ATen/cudnn/AutocastRNN.cpp), in which small gradients vanish."""
    with torch.autocast(heard.device.type, enabled=False):
        return forward(heard.float(), (state[0].float(), state[1].float()))


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
    """How far cells have run beyond +-4, where tanh is flat. Left alone, some become counters that grow with
    every event for as long as the performance lasts, and float32 loses the rest of what they hold."""
    return torch.relu(state.cell.float().abs() - _CALM).square().mean()
