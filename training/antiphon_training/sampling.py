"""Plays with a network in torch, without exporting it: the core's Model protocol on a Performer."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from antiphon.core.model import FOREVER_S, Choice, Heard, State, Steering
from antiphon.core.past import Played, after, beginning, imagine
from antiphon.music import vocabulary
from antiphon.music.events import Event, Voice
from antiphon.music.vocabulary import NOISE, TOKENS, VOICES
from antiphon_training.network import Network
from antiphon_training.performer import HEADS, Performer

_MOST: Final = 40
"""Events a second, on average: a network that has hardly learned may want thousands."""


class TorchModel:
    """A network that follows and chooses, one performance at a time. It stays on its device."""

    name = "torch"

    def __init__(self, network: Network) -> None:
        self._performer = Performer(network).eval().to(network.context.weight.device)

    def start(self) -> State:
        """As core.model.Model."""
        hidden, cell = self._performer.network.start(1)
        return State(hidden.cpu().numpy(), cell.cpu().numpy())

    def follow(self, state: State, heard: Sequence[Heard]) -> State:
        """As core.model.Model."""
        free = _free(1.0)
        return self._run(state, heard, free, np.full((len(heard), NOISE), 0.5, np.float32)).state if heard else state

    def choose(self, state: State, last: Heard, steering: Steering, noise: NDArray[np.float32]) -> Choice:
        """As core.model.Model."""
        return self._run(state, [last], steering, noise[None])

    def _run(self, state: State, heard: Sequence[Heard], steering: Steering, noise: NDArray[np.float32]) -> Choice:
        """The choice after the last of `heard`; noise is (T, NOISE)."""
        inputs = (
            np.array([h.dt for h in heard], np.float32),
            np.array([_row(h) for h in heard], np.int64),
            np.stack([h.keyboard.ages(0.0 if h.event is None else h.event.time) for h in heard]),
            state.hidden[:, 0],
            state.cell[:, 0],
            np.array([steering.earliest, steering.latest], np.float32),
            steering.voices,
            steering.tokens,
            steering.bias,
            steering.temperature,
            np.array([steering.top_p], np.float32),
            np.full((len(heard), HEADS), -1, np.int64),
            noise,
        )
        device = self._performer.network.context.weight.device
        one = [torch.from_numpy(array).to(device)[None] for array in inputs]
        one[3], one[4] = one[3].transpose(0, 1).contiguous(), one[4].transpose(0, 1).contiguous()
        with torch.inference_mode(), _without_packing():
            found = [tensor.cpu().numpy() for tensor in self._performer(*one)]
        choice, log_p, silence, hidden, cell, *_ = found
        ms, voice, token, velocity = choice[0, -1].tolist()
        return Choice(ms, voice, token, velocity, log_p[0, -1], float(silence[0, -1]), State(hidden, cell))


def continuation(
    network: Network, prime: Sequence[Event], seconds: float, temperature: float, rng: np.random.Generator
) -> list[Event]:
    """What a network plays for so many seconds after hearing `prime`, alone in the solo voice; what it holds at the end
    is released (`prime` leaves nothing held). Times go on from those of the prime."""
    model, played = TorchModel(network), list[Event]()
    past = after(model, beginning(model, prime[0].time if prime else 0.0), [Played(event, False) for event in prime])
    until, steering = past.time + seconds, _free(temperature)
    for _ in range(int(_MOST * seconds)):
        event, past = imagine(model, past, steering, rng.random(NOISE, np.float32))
        if event.time > until:
            break
        played.append(event)
    now = min(until, past.time)
    return played + [vocabulary.event_of(now, key + vocabulary.KEYS, 0, Voice.SOLO) for key in _held(played)]


@contextmanager
def _without_packing() -> Iterator[None]:
    """oneDNN packs the weights of an LSTM anew at every call, 5 ms an event. Told to rest, torch 2.13 warns of an
    Intel GPU that nobody has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with torch.backends.mkldnn.flags(enabled=False):
            yield


def _held(played: Sequence[Event]) -> list[int]:
    """The keys that are still down."""
    down = dict[int, int]()
    for event in played:
        down[vocabulary.key(event)] = down.get(vocabulary.key(event), 0) + (1 if event.starts else -1)
    return sorted(key for key, count in down.items() for _ in range(count))


def _free(temperature: float) -> Steering:
    """Anything may be played, by the solo voice."""
    ones, alone = np.ones(TOKENS, np.float32), np.eye(VOICES, dtype=np.float32)[Voice.SOLO]
    return Steering(0.0, FOREVER_S, alone, ones, 0 * ones, np.full(HEADS, temperature, np.float32), 1.0)


def _row(heard: Heard) -> tuple[int, int, int]:
    """Voice, token and velocity of an event, as in dataset.Batch."""
    if heard.event is None:
        return 0, heard.token, 0
    down = heard.event.starts and heard.token < vocabulary.PEDAL_KEY
    return int(heard.event.voice), heard.token, heard.event.velocity if down else 0
