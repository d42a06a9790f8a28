"""The network: a stateful LSTM over events, with heads in the order time, voice, token, velocity.

Each head is given the choices before it. The keys are an input with their ages: how long each has
been down, or up. This module knows shapes and probabilities; batches come from dataset.py, steering
and sampling are in performer.py.
"""

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from antiphon.music.vocabulary import EDGES_MS, KEYS, PEDAL_KEY, TIME_BINS, TOKENS, VELOCITIES, VOICES
from antiphon_training.settings import Sizes

FORBIDDEN: Final = -1e9
_DOWN_TAUS: Final = (0.12, 0.8)
_UP_TAUS: Final = (0.4, 4.0)
_SHARED: Final = 1 + len(_DOWN_TAUS) + len(_UP_TAUS)
_FEATURES: Final = _SHARED + 1
"""For each key: down; freshly down (two decays); freshly up (two decays); down for the accompaniment."""


class State(NamedTuple):
    """What the LSTM remembers: hidden and cell, each (layers, B, width) float32."""

    hidden: Tensor
    cell: Tensor


class Network(nn.Module):
    """The network of `sizes`. `trunk` follows the events; the four head methods give logits."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = s = sizes
        self.time_in = nn.Embedding(TIME_BINS, s.time)
        self.token_in = nn.Embedding(TOKENS + 1, s.token)
        self.velocity_in = nn.Embedding(VELOCITIES, s.velocity)
        self.voice_in = nn.Embedding(VOICES, s.voice)
        self.keys_in = nn.Linear(_FEATURES * KEYS, s.keys)
        self.lstm = nn.LSTM(
            s.time + s.token + s.velocity + s.voice + s.keys,
            s.width,
            s.layers,
            batch_first=True,
            dropout=s.dropout if s.layers > 1 else 0.0,
        )
        self.drop = nn.Dropout(s.dropout)
        self.context = nn.Linear(s.width, 4 * s.head)
        self.time_given = nn.Embedding(TIME_BINS, 3 * s.head)
        self.voice_given = nn.Embedding(VOICES, 2 * s.head)
        self.token_given = nn.Embedding(TOKENS, s.head)
        self.keys_given = nn.Linear(_FEATURES * KEYS, s.head, bias=False)
        self.time_out = nn.Linear(s.head, TIME_BINS)
        self.voice_out = nn.Linear(s.head, VOICES)
        self.token_out = nn.Linear(s.head, TOKENS)
        self.age_out = nn.Linear(s.head, 2 * _FEATURES)
        self.velocity_out = nn.Linear(s.head, VELOCITIES)
        self.register_buffer("edges", torch.tensor(EDGES_MS[1:-1], dtype=torch.float32), persistent=False)
        rates = [0.0, *(1 / tau for tau in (*_DOWN_TAUS, *_UP_TAUS)), 0.0]
        self.register_buffer("rates", torch.tensor(rates), persistent=False)
        sides = [
            [1.0] * (1 + len(_DOWN_TAUS)) + [0.0] * len(_UP_TAUS),
            [0.0] * (1 + len(_DOWN_TAUS)) + [1.0] * len(_UP_TAUS),
        ]
        self.register_buffer("sides", torch.tensor(sides), persistent=False)
        with torch.no_grad():
            self.age_out.weight.zero_()
            self.age_out.bias.zero_()

    def start(self, rows: int) -> State:
        """The state before the first event, for `rows` performances."""
        shape = (self.sizes.layers, rows, self.sizes.width)
        zeros = self.context.weight.new_zeros(shape)
        return State(zeros, zeros)

    def bins(self, ms: Tensor) -> Tensor:
        """Milliseconds, any shape and dtype, to time bins (int64), as vocabulary.time_bin does."""
        edges: Tensor = self.edges  # type: ignore[assignment]  # torch types buffers as Tensor | Module
        return (ms.to(torch.float32).unsqueeze(-1) >= edges).sum(-1)

    def features(self, keys: Tensor) -> Tensor:
        """Signed ages (B, T, VOICES, KEYS) float32 to what is read of each key, (B, T, KEYS, features)."""
        rates: Tensor = self.rates  # type: ignore[assignment]  # torch types buffers as Tensor | Module
        merged = keys.amax(2)[..., None]
        sides: Tensor = self.sides  # type: ignore[assignment]  # as above
        shared = torch.exp(-merged.abs() * rates[:_SHARED]) * torch.where(merged > 0, sides[0], sides[1])
        return torch.cat([shared, (keys[:, :, 2, :, None] > 0).to(keys.dtype)], -1)

    def later(self, features: Tensor, dt: Tensor) -> Tensor:
        """The same features `dt` (B, T) seconds on, nothing having happened."""
        rates: Tensor = self.rates  # type: ignore[assignment]  # torch types buffers as Tensor | Module
        return features * torch.exp(-dt[:, :, None, None] * rates)

    def trunk(self, dt: Tensor, event: Tensor, features: Tensor, state: State) -> tuple[Tensor, State]:
        """dt (B, T) seconds, event (B, T, 3) int64, features (B, T, KEYS, F) -> context (B, T, 4 * head), State."""
        given = torch.cat(
            [
                self.time_in(self.bins(torch.round(dt * 1000))),
                self.token_in(event[:, :, 1]),
                self.velocity_in(event[:, :, 2]),
                self.voice_in(event[:, :, 0]),
                torch.tanh(self.keys_in(features.flatten(2))),
            ],
            -1,
        )
        out, (hidden, cell) = self.lstm(self.drop(given), (state.hidden, state.cell))
        context: Tensor = self.context(self.drop(out))
        return context, State(hidden, cell)

    def time_logits(self, context: Tensor) -> Tensor:
        """(B, T, TIME_BINS): how long until the next event."""
        logits: Tensor = self.time_out(functional.gelu(context[..., : self.sizes.head]))
        return logits

    def voice_logits(self, context: Tensor, bin_: Tensor) -> Tensor:
        """(B, T, VOICES): who plays it, given when. bin_ (B, T) int64."""
        h = self.sizes.head
        logits: Tensor = self.voice_out(functional.gelu(context[..., h : 2 * h] + self.time_given(bin_)[..., :h]))
        return logits

    def token_logits(self, context: Tensor, bin_: Tensor, voice: Tensor, features: Tensor) -> Tensor:
        """(B, T, TOKENS): what is played, given when and who; features are those of that moment."""
        h = self.sizes.head
        given = self.time_given(bin_)[..., h : 2 * h] + self.voice_given(voice)[..., :h]
        inner = functional.gelu(context[..., 2 * h : 3 * h] + given + self.keys_given(features.flatten(2)))
        by_age = self.age_out(inner).unflatten(-1, (_FEATURES, 2))
        keys = torch.matmul(features.to(by_age.dtype), by_age).transpose(-1, -2).flatten(-2)
        logits: Tensor = self.token_out(inner) + keys
        return logits

    def velocity_logits(self, context: Tensor, bin_: Tensor, voice: Tensor, token: Tensor) -> Tensor:
        """(B, T, VELOCITIES): how hard, given all before."""
        h = self.sizes.head
        given = self.time_given(bin_)[..., 2 * h :] + self.voice_given(voice)[..., h:] + self.token_given(token)
        logits: Tensor = self.velocity_out(functional.gelu(context[..., 3 * h :] + given))
        return logits

    def log_p(self, given: "Given", state: State) -> tuple[Tensor, State]:
        """(B, T, 4) natural logs of the target's time bin, voice, token and velocity; the new State.

        Bins, not milliseconds: subtract vocabulary.log_width for a mass on the 1 ms grid. The velocity
        of anything but a note-on is certain (0).
        """
        features = self.features(given.keys)
        context, state = self.trunk(given.dt, given.event, features, state)
        ms, voice, token, velocity = given.target.unbind(-1)
        bin_ = self.bins(ms)
        then = self.later(features, ms.to(given.dt.dtype) / 1000)
        time = self.time_logits(context)
        voices = self.voice_logits(context, bin_).masked_fill(~given.voices[:, None], FORBIDDEN)
        tokens = self.token_logits(context, bin_, voice, then)
        tokens = tokens.masked_fill(~playable(given.keys, voice, given.pedalled), FORBIDDEN)
        loud = sounding(self.velocity_logits(context, bin_, voice, token))
        velocity = torch.where(velocity > 0, velocity, 1)
        terms = [_chosen(time, bin_), _chosen(voices, voice), _chosen(tokens, token), _chosen(loud, velocity)]
        terms[3] = torch.where(token < PEDAL_KEY, terms[3], torch.zeros_like(terms[3]))
        return torch.stack(terms, -1), state


class Given(NamedTuple):
    """A Batch as tensors, as far as the network needs it; shapes as there."""

    dt: Tensor
    event: Tensor
    keys: Tensor
    target: Tensor
    voices: Tensor
    pedalled: Tensor


def playable(keys: Tensor, voice: Tensor, pedalled: Tensor) -> Tensor:
    """(B, T, TOKENS) bool: any key may go down (the pedal in streams that have one); only held keys come up."""
    held = torch.gather(keys > 0, 2, voice[:, :, None, None].expand(-1, -1, 1, KEYS)).squeeze(2)
    onsets = torch.ones_like(held)
    onsets[:, :, PEDAL_KEY] = pedalled[:, None] & ~held[:, :, PEDAL_KEY]
    return torch.cat([onsets, held], -1)


def sounding(logits: Tensor) -> Tensor:
    """Velocity logits (..., VELOCITIES) without velocity 0, which no note-on has."""
    return torch.cat([torch.full_like(logits[..., :1], FORBIDDEN), logits[..., 1:]], -1)


def _chosen(logits: Tensor, index: Tensor) -> Tensor:
    return functional.log_softmax(logits.float(), -1).gather(-1, index[..., None]).squeeze(-1)
