"""The network as it performs: follow the events, steer, draw the next one from noise handed in.

This is what is exported. One call follows T events and, after each, draws the one to come (or takes
the one it is given and says how likely that was); with T = 1 it is the live step, with more it
reads a primer or is judged. Nothing random happens inside, so the same inputs give the same music.
"""

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from antiphon.music.vocabulary import EDGES_MS, KEYS, PEDAL_KEY, TIME_BINS, TOKENS, VELOCITIES, VOICES
from antiphon_training.network import FORBIDDEN, Network, State, sounding

HEADS: Final = 4
LATEST_MS: Final = float(EDGES_MS[-1] - 1)
INPUTS: Final = (
    "dt", "event", "keys", "hidden", "cell", "window", "voice_mask", "token_mask", "token_bias",
    "temperature", "top_p", "given", "noise",
)  # fmt: skip
REMEMBERING: Final = ("remembered", "followed", "memory")
"""Inputs that may be left out: then nothing is remembered but by the LSTM."""
OUTPUTS: Final = ("choice", "log_p", "log_silence", "hidden_out", "cell_out", "moment")
SHARPNESS: Final = 40.0
"""How much moments that are like this one count for more than the others. Of 5, 15 and 40 the best."""


class Steering(NamedTuple):
    """What the caller decides, for every row of a call.

    window       (B, 2) float32          earliest and latest moment of the next event, seconds after the last
    voice_mask   (B, VOICES) float32     1 where a voice may play
    token_mask   (B, TOKENS) float32     1 where a key may go down; the release of a held key is never masked
    token_bias   (B, TOKENS) float32     added to the logs of kind and pitch
    temperature  (B, 4) float32          for time, voice, kind and pitch, velocity
    top_p        (B, 1) float32          for kind and pitch; 1 keeps everything
    """

    window: Tensor
    voice_mask: Tensor
    token_mask: Tensor
    token_bias: Tensor
    temperature: Tensor
    top_p: Tensor


class Memory(NamedTuple):
    """Moments of this performance and what followed each (Grave, Joulin, Usunier, "Improving Neural Language Models
    with a Continuous Cache", 2017). A moment is what the heads for time and for kind and pitch read, each of length 1.

    remembered  (B, M, 2 * head) float32  moments, as `forward` gave them
    followed    (B, M, 2) int64           the time bin and the token of the event that followed
    share       (B, 2) float32            how much of the choice of time, and of kind and pitch, is made by memory, 0-1
    """

    remembered: Tensor
    followed: Tensor
    share: Tensor


class Performer(nn.Module):
    """Wraps a Network; `forward` has the signature of the exported graph (INPUTS to OUTPUTS)."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("low", torch.tensor(EDGES_MS[:-1], dtype=torch.float32), persistent=False)
        self.register_buffer("high", torch.tensor(EDGES_MS[1:], dtype=torch.float32), persistent=False)

    def forward(
        self,
        dt: Tensor,
        event: Tensor,
        keys: Tensor,
        hidden: Tensor,
        cell: Tensor,
        window: Tensor,
        voice_mask: Tensor,
        token_mask: Tensor,
        token_bias: Tensor,
        temperature: Tensor,
        top_p: Tensor,
        given: Tensor,
        noise: Tensor,
        remembered: Tensor | None = None,
        followed: Tensor | None = None,
        memory: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        """given (B, T, 4) int64 fixes ms, voice, token or velocity where it is not -1; noise (B, T, NOISE)
        float32 in 0-1; the last three as Memory. Returns choice (B, T, 4) int64, log_p (B, T, 4), log_silence (B, T),
        the State and the moments (B, T, 2 * head)."""
        net = self.network
        known = _known(remembered, followed, memory)
        steering = Steering(window, voice_mask, token_mask, token_bias, temperature, top_p)
        place = noise[..., TIME_BINS : TIME_BINS + 1]
        gumbel = -torch.log(-torch.log(noise.clamp(1e-7, 1 - 1e-6)))
        chance = torch.split(gumbel, [TIME_BINS, 1, VOICES, TOKENS, VELOCITIES], -1)
        features = net.features(keys)
        context, state = net.trunk(dt, event, features, State(hidden, cell))

        moment = moments(context, net.sizes.head)
        times = net.time_logits(context)
        if known is not None:
            times = _with_memory(times, moment, known, 0)
        ms, bin_, time_p, silence = self._when(times, steering, given, chance[0], place)
        then = net.later(features, ms / 1000)

        voices = net.voice_logits(context, bin_) / _warmth(steering, 1)
        voices = voices + (1 - voice_mask[:, None]) * FORBIDDEN
        voice, voice_p = _draw(functional.log_softmax(voices, -1), chance[2], given[..., 1])

        tokens, allowed = net.token_logits(context, bin_, voice, then), _allowed(keys, voice, token_mask)
        if known is not None:
            tokens = _with_memory(torch.where(allowed, tokens, FORBIDDEN), moment, known, 1)
        tokens = tokens / _warmth(steering, 2) + token_bias[:, None]
        tokens = torch.where(allowed, tokens, FORBIDDEN)
        token, token_p = _draw(_nucleus(tokens, top_p[:, None]), chance[3], given[..., 2])

        loud = sounding(net.velocity_logits(context, bin_, voice, token)) / _warmth(steering, 3)
        velocity, velocity_p = _how_hard(loud, token, chance[4], given[..., 3])

        choice = torch.stack([ms.to(torch.int64), voice, token, velocity], -1)
        log_p = torch.stack([time_p, voice_p, token_p, velocity_p], -1)
        return choice, log_p, silence, state.hidden, state.cell, moment

    def _when(
        self, logits: Tensor, steering: Steering, given: Tensor, gumbel: Tensor, place: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Milliseconds (float, whole), bin, its log, and the log of nothing happening before the window."""
        low: Tensor = self.low  # type: ignore[assignment]  # torch types buffers as Tensor | Module
        high: Tensor = self.high  # type: ignore[assignment]  # as above
        first = torch.ceil(steering.window[:, None, :1] * 1000 - 1e-2).clamp(0.0, LATEST_MS)
        last = torch.maximum(torch.floor(steering.window[:, None, 1:] * 1000 + 1e-2), first)
        lower = torch.maximum(low, first)
        left = ((high - lower) / (high - low)).clamp(0.0, 1.0)
        room = (torch.minimum(high, last + 1) - lower).clamp(min=0.0)
        part = room / (high - low)
        silence = torch.logsumexp(functional.log_softmax(logits, -1) + _log(left), -1)
        bins = logits / _warmth(steering, 0) + _log(part)
        bin_given = torch.where(given[..., 0] >= 0, self.network.bins(given[..., 0]), -1)
        bin_, log_p = _draw(functional.log_softmax(bins, -1), gumbel, bin_given)
        every = torch.zeros_like(bins)
        start = torch.gather(lower + every, -1, bin_[..., None])
        room = torch.gather(room + every, -1, bin_[..., None])
        inside = torch.minimum(torch.floor(place * room), room - 1).clamp(min=0.0)
        drawn = (start + inside).squeeze(-1)
        return torch.where(given[..., 0] >= 0, given[..., 0].to(drawn.dtype), drawn), bin_, log_p, silence


def _known(remembered: Tensor | None, followed: Tensor | None, share: Tensor | None) -> Memory | None:
    if remembered is None or followed is None or share is None:
        return None
    return Memory(remembered, followed, share)


def _how_hard(logits: Tensor, token: Tensor, gumbel: Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
    """Velocity (B, T) and its log: drawn for a note that begins, certain for anything else."""
    velocity, log_p = _draw(functional.log_softmax(logits, -1), gumbel, given)
    velocity = torch.where(token < PEDAL_KEY, velocity, torch.where(token == PEDAL_KEY, 127, 0))
    return velocity, torch.where(token < PEDAL_KEY, log_p, 0.0)


def moments(context: Tensor, head: int) -> Tensor:
    """What memory knows a moment by: context (B, T, 4 * head) -> (B, T, 2 * head), two vectors of length 1."""
    read = torch.stack([context[..., :head], context[..., 2 * head : 3 * head]], -2)
    return functional.normalize(read, dim=-1).flatten(-2)


def _with_memory(logits: Tensor, moment: Tensor, memory: Memory, head: int) -> Tensor:
    """Logits (B, T, K) with memory's share in them: logs of probabilities where anything is remembered. What is
    forbidden stays so. head: 0 for time, 1 for kind and pitch."""
    if memory.remembered.shape[1] == 0:
        return logits
    half = moment.shape[-1] // 2
    part = slice(head * half, (head + 1) * half)
    alike = torch.softmax(SHARPNESS * moment[..., part] @ memory.remembered[..., part].transpose(1, 2), -1)
    where = memory.followed[:, None, :, head].expand(alike.shape)
    recalled = torch.zeros_like(logits).scatter_add(-1, where, alike)
    recalled = torch.where(logits > FORBIDDEN / 2, recalled, 0.0)
    whole = recalled.sum(-1, keepdim=True)
    share = memory.share[:, None, head : head + 1] * (whole > 1e-6)
    mixed = (1 - share) * torch.softmax(logits, -1) + share * recalled / whole.clamp(min=1e-6)
    return torch.where(logits > FORBIDDEN / 2, torch.log(mixed.clamp(min=1e-30)), FORBIDDEN)


def _allowed(keys: Tensor, voice: Tensor, token_mask: Tensor) -> Tensor:
    """(B, T, TOKENS) bool: unmasked keys may go down (the pedal when it is up); held keys may come up."""
    who = torch.arange(VOICES, device=voice.device)[:, None]
    held = ((keys > 0) & (voice[:, :, None, None] == who)).any(2)
    onsets = (token_mask[:, None, :KEYS] > 0) | torch.zeros_like(held)
    notes, sustain = onsets[..., :PEDAL_KEY], onsets[..., PEDAL_KEY:] & ~held[..., PEDAL_KEY:]
    return torch.cat([notes, sustain, held], -1)


def _log(share: Tensor) -> Tensor:
    return torch.where(share > 0, torch.log(share.clamp(min=1e-9)), FORBIDDEN)


def _warmth(steering: Steering, head: int) -> Tensor:
    return steering.temperature[:, None, head : head + 1].clamp(min=1e-3)


def _nucleus(logits: Tensor, top_p: Tensor) -> Tensor:
    """Logs of softmax(logits), of which only the likeliest that make up `top_p` are kept, renormalised."""
    log_p = functional.log_softmax(logits, -1)
    p = torch.exp(log_p)
    ranked = torch.sort(p, -1, descending=True).values
    above = torch.cumsum(ranked, -1) - ranked
    least = torch.where((above < top_p) & (top_p < 1), ranked, 2.0).amin(-1, keepdim=True)
    kept = (p >= least) | (top_p >= 1)
    return functional.log_softmax(torch.where(kept, log_p, FORBIDDEN), -1)


def _draw(log_p: Tensor, gumbel: Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
    """A Gumbel-max draw, or the given index where it is not negative: index (B, T) and its log."""
    index = torch.where(given >= 0, given, torch.argmax(log_p + gumbel, -1))
    return index, torch.gather(log_p, -1, index[..., None]).squeeze(-1)
