"""Networks that differ from the shipped one in a single part, taught with the same batches, judged by the same pieces.

    python -m tests.bench.variants CORPUS [--only NAME ...] [--events 1000000] [--width 192] [--judged 6000]

CORPUS is a prepared one. Every variant is a Network with a part exchanged; the trainer's own Learner teaches it, on one
thread. LSTM and heads are of the same width, and the keys are read into half of it. Batches follow from a seed of their
own, so that they are the same for all; `plain` with other seeds says how much it matters that weights and dropout are
drawn otherwise. Prints a row of a table for each as it is done.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from antiphon.errors import AntiphonError, ParameterError
from antiphon.music.vocabulary import EDGES_MS, LONGEST_MS, TIME_BINS, TOKENS, WIDTHS_MS
from antiphon_training import corpus
from antiphon_training.corpus import Corpus
from antiphon_training.judge import TERMS, judge
from antiphon_training.learner import Learner
from antiphon_training.network import Given, Network, State
from antiphon_training.performance import Augmentation
from antiphon_training.ranks import Ranks
from antiphon_training.settings import Settings, Sizes
from antiphon_training.streams import Streams
from antiphon_training.torch_scorer import TorchScorer

SHARES: Final = {"hannds": 0.2, "rolls_new": 0.25, "rolls_supra": 0.35, "giantmidi_sample": 0.1, "lieder": 0.09}
"""Of what is learned from; the rest is of the other sets."""
_BATCHES: Final = 1
"""The seed of the batches."""
_STREAMS: Final = 16
_WINDOW: Final = 32
_BEGINNING: Final = 1500
"""Events of a piece by which it is judged."""
_COMPONENTS: Final = 16
_KEPT_CELLS: Final = 0.25
_KEPT_HIDDEN: Final = 0.025
"""As Krueger et al. had them for words."""


class Gated(nn.LSTM):
    """Reads cos(query) * dense of what it is given, each a layer of its own."""

    def __init__(self, given: int, sizes: Sizes) -> None:
        super().__init__(given, sizes.width, sizes.layers, batch_first=True, dropout=sizes.dropout)
        self.query, self.dense = nn.Linear(given, given), nn.Linear(given, given)

    def forward(self, heard: Tensor, state: tuple[Tensor, Tensor]) -> Any:  # type: ignore[override]  # never packed
        return super().forward(torch.cos(self.query(heard)) * self.dense(heard), state)


class Residual(nn.LSTM):
    """Every layer reads a layer norm of the sum of what all below it have said. The first layer is the LSTM itself."""

    def __init__(self, given: int, sizes: Sizes) -> None:
        super().__init__(sizes.width, sizes.width, batch_first=True)
        self.entry, self.drop = nn.Linear(given, sizes.width), nn.Dropout(sizes.dropout)
        self.norms = nn.ModuleList(nn.LayerNorm(sizes.width) for _ in range(sizes.layers + 1))
        above = range(sizes.layers - 1)
        self.above = nn.ModuleList(nn.LSTM(sizes.width, sizes.width, batch_first=True) for _ in above)

    def forward(self, heard: Tensor, state: tuple[Tensor, Tensor]) -> Any:  # type: ignore[override]  # never packed
        said, states = self.entry(heard), list[tuple[Tensor, Tensor]]()
        layers = [super().forward, *self.above]
        for number, (layer, norm) in enumerate(zip(layers, self.norms, strict=False)):
            found, after = layer(norm(said), (state[0][number : number + 1], state[1][number : number + 1]))
            said = said + self.drop(found)
            states.append(after)
        hidden, cell = (torch.cat(part) for part in zip(*states, strict=True))
        return self.norms[-1](said), (hidden, cell)


class Zoneout(nn.LSTM):
    """At every step some cells and some of the hidden state stay as they were (Krueger et al., "Zoneout: Regularizing
    RNNs by Randomly Preserving Hidden Activations", 2017); when it is judged, all keep that share. A loop of steps."""

    def __init__(self, given: int, sizes: Sizes, kept: tuple[float, float] = (_KEPT_HIDDEN, _KEPT_CELLS)) -> None:
        super().__init__(given, sizes.width, sizes.layers, batch_first=True)
        self.drop, self._kept = nn.Dropout(sizes.dropout), kept

    def forward(self, heard: Tensor, state: tuple[Tensor, Tensor]) -> Any:  # type: ignore[override]  # never packed
        states = list[tuple[Tensor, Tensor]]()
        for layer, (hidden, cell) in enumerate(zip(*state, strict=True)):
            heard = self.drop(heard) if layer else heard
            heard, after = self._layer(layer, heard, hidden, cell)
            states.append(after)
        hidden, cell = (torch.stack(part) for part in zip(*states, strict=True))
        return heard, (hidden, cell)

    def _layer(self, layer: int, heard: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """One layer through all steps: heard (B, T, any), hidden and cell (B, width)."""
        names = (f"{kind}_l{layer}" for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
        into, again, bias, other_bias = (getattr(self, name) for name in names)
        said = list[Tensor]()
        for given in functional.linear(heard, into, bias + other_bias).unbind(1):
            enter, stay, new, out = (given + functional.linear(hidden, again)).float().chunk(4, -1)
            moved = stay.sigmoid() * cell + enter.sigmoid() * new.tanh()
            hidden = self._zoned(hidden, out.sigmoid() * moved.tanh(), self._kept[0])
            cell = self._zoned(cell, moved, self._kept[1])
            said.append(hidden)
        return torch.stack(said, 1), (hidden, cell)

    def _zoned(self, old: Tensor, new: Tensor, share: float) -> Tensor:
        if not self.training:
            return share * old + (1 - share) * new
        return torch.where(torch.rand_like(new) < share, old, new)


class Projected(Network):
    """An LSTM with twice the cells, whose hidden state is as small as ever (Sak, Senior, Beaufays, "Long Short-Term
    Memory Recurrent Neural Network Architectures for Large Scale Acoustic Modeling", 2014)."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__(sizes)
        plain, s = self.lstm, sizes
        self.lstm = nn.LSTM(
            plain.input_size, 2 * s.width, s.layers, batch_first=True, dropout=s.dropout, proj_size=s.width
        )

    def start(self, rows: int) -> State:
        hidden, cell = super().start(rows)
        return State(hidden, torch.cat([cell, cell], -1))


class Tied(nn.Module):
    """Logits of kind and pitch by the vectors that tokens are read with (Press, Wolf, "Using the Output Embedding to
    Improve Language Models", 2017)."""

    def __init__(self, read: nn.Embedding, head: int) -> None:
        super().__init__()
        self.read, self.into = read, nn.Linear(head, read.embedding_dim, bias=False)
        self.bias = nn.Parameter(torch.zeros(TOKENS))
        with torch.no_grad():  # The vectors are of length sqrt(dim), as they are drawn for reading.
            self.into.weight.mul_(read.embedding_dim**-0.5)

    def forward(self, inner: Tensor) -> Tensor:
        return functional.linear(self.into(inner), self.read.weight[:TOKENS], self.bias)


class Mixed(Network):
    """Time as a mixture of logistics on the logarithm of the milliseconds, cut up on the grid of 1 ms (after Salimans
    et al., "PixelCNN++", 2017); beyond LONGEST_MS there is one symbol, as among the bins."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__(sizes)
        self.time_out = nn.Linear(sizes.head, 3 * _COMPONENTS)
        with torch.no_grad():
            self.time_out.bias[_COMPONENTS : 2 * _COMPONENTS] = torch.linspace(0, math.log(LONGEST_MS), _COMPONENTS)

    def trunk(self, dt: Tensor, event: Tensor, features: Tensor, state: State) -> tuple[Tensor, State]:
        self._context, state = super().trunk(dt, event, features, state)
        return self._context, state

    def time_logits(self, context: Tensor) -> Tensor:
        """Nothing of bins; `log_p` puts the mixture in their place."""
        return context.new_zeros(*context.shape[:-1], TIME_BINS)

    def log_p(self, given: Given, state: State) -> tuple[Tensor, State]:
        found, state = super().log_p(given, state)
        ms, widths = given.target[..., 0], torch.from_numpy(WIDTHS_MS).to(given.dt)
        spread = torch.log(widths[self.bins(ms)]) * (ms < EDGES_MS[-2])
        return torch.cat([(self.log_mass(self._context, ms) + spread)[..., None], found[..., 1:]], -1), state

    def log_mass(self, context: Tensor, ms: Tensor) -> Tensor:
        """(B, T) natural logs of the mass at `ms` (B, T) int64 on the grid of 1 ms."""
        drawn = super().time_logits(context).float()
        share, middle, narrow = drawn.chunk(3, -1)
        late = (ms >= EDGES_MS[-2])[..., None]
        ms = ms.clamp(max=int(EDGES_MS[-2]))[..., None].float()
        scale = torch.exp(narrow.clamp(-7.0, 7.0))
        low = (torch.log(ms.clamp(min=0.5)) - middle) * scale
        high = (torch.log(ms + 1) - middle) * scale
        inside = functional.logsigmoid(high) + functional.logsigmoid(-low) + torch.log(-torch.expm1(low - high))
        each = torch.where(ms == 0, functional.logsigmoid(high), torch.where(late, functional.logsigmoid(-low), inside))
        return torch.logsumexp(functional.log_softmax(share, -1) + each, -1)


def _with_lstm(kind: Callable[[int, Sizes], nn.LSTM]) -> Callable[[Sizes], Network]:
    def made(sizes: Sizes) -> Network:
        network = Network(sizes)
        network.lstm = kind(network.lstm.input_size, sizes)
        return network

    return made


def _tied(sizes: Sizes) -> Network:
    network = Network(sizes)
    network.token_out = Tied(network.token_in, sizes.head)  # type: ignore[assignment]  # a layer all the same
    return network


VARIANTS: Final[Mapping[str, tuple[Callable[[Sizes], Network], int]]] = {
    "plain": (Network, 1),
    "plain, seed 2": (Network, 2),
    "gated input": (_with_lstm(Gated), 1),
    "three layers": (lambda sizes: Network(replace(sizes, layers=3)), 1),
    "projection": (Projected, 1),
    "residual, norm": (_with_lstm(Residual), 1),
    "tied": (_tied, 1),
    "logistics": (Mixed, 1),
    "zoneout": (_with_lstm(Zoneout), 1),
    "wider": (lambda sizes: Network(replace(sizes, width=sizes.width * 4 // 3)), 1),
    "plain, seed 3": (Network, 3),
}
"""How each is made, and the seed of its weights and its dropout."""


class Row(NamedTuple):
    """What became of one variant; nats per event, the loss over the last fifth of what it heard."""

    name: str
    parameters: int
    scores: Mapping[str, Any]  # as judge
    loss: float
    per_cpu_second: float
    minutes: float

    def __str__(self) -> str:
        nats = [self.scores["nats_per_event"], *(self.scores["terms"][term] for term in TERMS), self.loss]
        cells = [self.name, f"{self.parameters / 1e6:.2f} M", *(f"{value:.3f}" for value in nats)]
        return "| " + " | ".join([*cells, f"{self.per_cpu_second:,.0f}", f"{self.minutes:.1f}"]) + " |"


def tried(name: str, found: Corpus, checking: Corpus, events: int, sizes: Sizes) -> Row:
    """One variant, taught for so many events and judged."""
    made, seed = VARIANTS[name]
    torch.manual_seed(seed)
    settings, began, cpu = Settings(sizes=sizes, seed=seed), time.monotonic(), time.process_time()
    learner = Learner(made(sizes), settings, _STREAMS, Ranks())
    heard, losses = 0, list[float]()
    streams = Streams(found.only("train"), range(_STREAMS), _WINDOW, Augmentation(), SHARES, _BATCHES)
    for batch in streams:
        loss, counted = learner.learn(batch, heard / events)
        heard += counted
        losses.append(loss)
        if heard >= events:
            break
    speed, late = heard / (time.process_time() - cpu), losses[-max(1, len(losses) // 5) :]
    total = judge(TorchScorer(learner.averaged), [("", checking)], pedal=False)["total"]
    parameters = sum(each.numel() for each in learner.network.parameters())
    return Row(name, parameters, total, sum(late) / len(late), speed, (time.monotonic() - began) / 60)


def judged_by(found: Corpus, most: int) -> Corpus:
    """The beginnings of the first pieces of each set's validation split, until they hold `most` events. Pieces of much
    the same length are judged side by side without waiting for the longest. Velocities that nobody played are not
    learned, and what is expected of them is chance: such pieces are left out."""
    checking, events, pieces = found.only("valid"), dict[str, int](), list[corpus.Piece]()
    for whole in checking.pieces:
        piece = replace(whole, stop=min(whole.stop, whole.start + _BEGINNING))
        if piece.dynamic and events.get(piece.source, 0) < most:
            pieces.append(piece)
            events[piece.source] = events.get(piece.source, 0) + piece.stop - piece.start
    return replace(checking, pieces=pieces)


def table(found: Corpus, names: Sequence[str], events: int, width: int, most: int) -> Iterator[str]:
    """The head of the table, then a row a variant. Raises ParameterError where there is no such variant."""
    if unknown := set(names) - set(VARIANTS):
        raise ParameterError(f"no such variant: {', '.join(sorted(unknown))}; known: {', '.join(VARIANTS)}")
    heads = ["", "parameters", "nats", *TERMS, "loss", "events a CPU second", "minutes"]
    yield "| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|"
    checking = judged_by(found, most)
    for name in names or VARIANTS:
        yield str(tried(name, found, checking, events, Sizes(width=width, head=width, keys=width // 2)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--judged", type=int, default=6_000, help="events of each set, about (default: %(default)s)")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    try:
        for line in table(corpus.read(asked.corpus), asked.only, asked.events, asked.width, asked.judged):
            print(line, flush=True)
    except AntiphonError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
