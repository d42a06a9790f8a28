"""Training: truncated back-propagation through time, with every piece's state carried between windows.

The loop reads top to bottom. A run folder holds settings.json, log.jsonl, latest.pt (to go on from)
and best.safetensors (the averaged weights that scored best on the validation split).
"""

import copy
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from antiphon.errors import TrainingError
from antiphon_training.corpus import Corpus
from antiphon_training.dataset import Augmentation, Batch, Streams
from antiphon_training.judge import judge
from antiphon_training.network import Given, Network, Sizes, State


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides a run, beside the data."""

    minutes: float = 60.0
    streams: int = 64
    window: int = 160
    rate: float = 2e-3
    decay: float = 0.01
    clip: float = 1.0
    averaged: float = 0.999
    warm_up: float = 0.01
    judged_every_minutes: float = 8.0
    calm: float = 0.01
    seed: int = 1
    sizes: Sizes = field(default_factory=Sizes)
    how: Augmentation = field(default_factory=Augmentation)
    shares: Mapping[str, float] = field(default_factory=dict)


class TorchScorer:
    """Judges a network in torch."""

    def __init__(self, network: Network) -> None:
        self._network = network.eval()

    def start(self, rows: int) -> State:
        """The state before the first event of `rows` pieces."""
        return self._network.start(rows)

    def score(self, batch: Batch, state: State) -> tuple[NDArray[np.floating[Any]], State]:
        """As judge.Scorer."""
        with torch.inference_mode():
            log_p, state = self._network.log_p(given(batch, self._network.context.weight.device), state)
        return log_p.float().cpu().numpy(), state


def given(batch: Batch, device: torch.device) -> Given:
    """A batch on a device."""
    fields = (batch.dt, batch.event, batch.keys, batch.target, batch.voices, batch.pedalled)
    return Given(*(torch.from_numpy(a).to(device, non_blocking=True) for a in fields))


def fit(
    corpus: Corpus,
    run: Path,
    settings: Settings,
    tell: Callable[[dict[str, Any]], None],
    begin_with: Network | None = None,
) -> Network:
    """Train until the minutes are over; returns the best averaged network. `tell` gets each log record.
    `begin_with` is a network to train on from, instead of a fresh one of settings.sizes.

    Raises TrainingError when the corpus has no training pieces.
    """
    learning, checking = corpus.only("train"), corpus.only("valid")
    if not learning.pieces:
        raise TrainingError("no pieces to train on: every file is in valid or test; add more files")
    run.mkdir(parents=True, exist_ok=True)
    (run / "settings.json").write_text(json.dumps(asdict(settings), indent=1))
    torch.manual_seed(settings.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = (begin_with or Network(settings.sizes)).to(device)
    averaged = copy.deepcopy(network).eval()
    optimiser = torch.optim.AdamW(_groups(network, settings), lr=settings.rate, betas=(0.9, 0.98))
    rng = np.random.default_rng(settings.seed)
    streams = Streams(learning, settings.streams, settings.window, settings.how, settings.shares, rng)
    state, best, began, events, judged = network.start(settings.streams), math.inf, time.monotonic(), 0, 0.0
    losses = list[float]()
    for step, batch in enumerate(streams, 1):
        minutes = (time.monotonic() - began) / 60
        rate = _rate(minutes / settings.minutes, settings)
        for group in optimiser.param_groups:
            group["lr"] = rate
        network.train()
        with torch.autocast(device.type, torch.bfloat16):
            log_p, state = network.log_p(given(batch, device), _carried(state, batch, device))
        loss = _loss(log_p, batch, device) + settings.calm * _excess(state)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves backward untyped
        torch.nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
        optimiser.step()
        state = State(state.hidden.detach(), state.cell.detach())
        _average(averaged, network, min(settings.averaged, step / (step + 9)))
        events += int(batch.counted.sum())
        losses.append(float(loss.detach()))
        over = minutes >= settings.minutes
        if step % 50 == 0 or over:
            record = {"step": step, "minutes": round(minutes, 2), "events": events, "rate": rate}
            _log(run, tell, {**record, "loss": round(float(np.mean(losses)), 4)})
            losses.clear()
        if over or minutes - judged >= settings.judged_every_minutes:
            judged = minutes
            best = _checkpoint(run, averaged, checking if checking.pieces else learning, best, minutes, tell)
        if over:
            break
    return load(run)


def load(run: Path) -> Network:
    """The best network of a run. Raises TrainingError where there is none."""
    try:
        settings = json.loads((run / "settings.json").read_text())
        network = Network(Sizes(**settings["sizes"]))
        network.load_state_dict(load_file(run / "best.safetensors"))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise TrainingError(f"{run}: no finished training run here ({error})") from error
    return network.eval()


def _groups(network: Network, settings: Settings) -> list[dict[str, Any]]:
    matrices = [p for p in network.parameters() if p.ndim > 1]
    vectors = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": matrices, "weight_decay": settings.decay}, {"params": vectors, "weight_decay": 0.0}]


def _rate(done: float, settings: Settings) -> float:
    """Linear warm-up, then a cosine to a hundredth; `done` is the share of the run's time, 0-1."""
    if done < settings.warm_up:
        return settings.rate * max(0.01, done / settings.warm_up)
    return settings.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


def _carried(state: State, batch: Batch, device: torch.device) -> State:
    keep = torch.from_numpy(~batch.fresh).to(device)[None, :, None].to(state.hidden.dtype)
    return State(state.hidden * keep, state.cell * keep)


def _loss(log_p: Tensor, batch: Batch, device: torch.device) -> Tensor:
    counted = torch.from_numpy(batch.counted).to(device)
    dynamic = torch.from_numpy(batch.dynamic).to(device)
    weights = torch.stack([counted, counted, counted, counted & dynamic[:, None]], -1)
    return -(log_p * weights).sum() / counted.sum()


def _excess(state: State) -> Tensor:
    """How far cells have run beyond +-6, where tanh is flat. Left alone, some become counters that grow with
    every event for as long as the performance lasts, and float32 loses the rest of what they hold."""
    return torch.relu(state.cell.float().abs() - 6.0).square().mean()


@torch.no_grad()
def _average(averaged: Network, network: Network, share: float) -> None:
    for old, new in zip(averaged.parameters(), network.parameters(), strict=True):
        old.lerp_(new, 1 - share)


def _checkpoint(
    run: Path,
    averaged: Network,
    checking: Corpus,
    best: float,
    minutes: float,
    tell: Callable[[dict[str, Any]], None],
) -> float:
    report = judge(TorchScorer(averaged), checking, pedal=False)
    score = float(report["total"]["nats_per_event"])
    _log(run, tell, {"minutes": round(minutes, 2), "valid": score, "terms": report["total"]["terms"]})
    if score < best:
        beside = run / ".best.safetensors"
        save_file({k: v.contiguous().cpu() for k, v in averaged.state_dict().items()}, beside)
        beside.replace(run / "best.safetensors")
    return min(best, score)


def _log(run: Path, tell: Callable[[dict[str, Any]], None], record: dict[str, Any]) -> None:
    with (run / "log.jsonl").open("a") as log:
        log.write(json.dumps(record) + "\n")
    tell(record)
