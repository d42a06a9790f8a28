"""Several processes that train one network together, as torchrun starts them: who one is, and how they agree.

One process that was started by itself is the first of one, and nothing here costs it anything.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

_PATIENCE: Final = timedelta(hours=2)
"""How long the others wait while the first prepares a corpus or judges."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """One of `count` processes."""

    rank: int = 0
    count: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def first(self) -> bool:
        """True for the one that writes and speaks."""
        return self.rank == 0

    def share(self, things: int) -> range:
        """Which of so many things are this process's own."""
        return range(self.rank, things, self.count)

    def wrapped(self, module: nn.Module) -> nn.Module:
        """The module whose gradients are those of all processes on average."""
        if self.count == 1:
            return module
        devices = [self.device.index] if self.device.type == "cuda" else None
        return DistributedDataParallel(module, device_ids=devices)

    def summed(self, number: float) -> float:
        """The sum of everyone's number."""
        if self.count == 1:
            return number
        found = torch.tensor([number], dtype=torch.float64, device=self.device)
        distributed.all_reduce(found)
        return float(found)

    def told(self, *numbers: float) -> list[float]:
        """What the first one says; what the others say does not matter."""
        if self.count == 1:
            return list(numbers)
        found = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        distributed.broadcast(found, 0)
        return [float(number) for number in found]

    def gathered(self, rows: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Everyone's rows, one below the other in the order of the ranks."""
        if self.count == 1:
            return dict(rows)
        found: list[Any] = [None] * self.count  # torch fills in what each one gives
        distributed.all_gather_object(found, dict(rows))
        return {name: torch.cat([each[name] for each in found]) for name in rows}

    def wait(self) -> None:
        """Until all have come here."""
        self.told(0.0)


@contextmanager
def joined() -> Iterator[Ranks]:
    """This process among those that torchrun started with it, for as long as the context lasts."""
    cuda = torch.cuda.is_available()
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Ranks(device=torch.device("cuda" if cuda else "cpu"))
        return
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if cuda else "gloo", timeout=_PATIENCE)
    try:
        yield Ranks(distributed.get_rank(), distributed.get_world_size(), device)
    finally:
        distributed.destroy_process_group()
