"""Everything that decides a training run, beside the data: the sizes of the network and how it learns."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from antiphon_training.performance import Augmentation


@dataclass(frozen=True, slots=True)
class Sizes:
    """Everything that decides the shapes of the weights."""

    width: int = 512
    layers: int = 2
    time: int = 64
    token: int = 128
    velocity: int = 32
    voice: int = 16
    keys: int = 192
    head: int = 256
    dropout: float = 0.1


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides a run, beside the data."""

    minutes: float = 60.0
    epochs: float = 0.0
    """How often to hear as many events as the training split has; above 0 it decides instead of the minutes."""
    streams: int = 64
    window: int = 160
    rate: float = 2e-3
    decay: float = 0.01
    clip: float = 1.0
    averaged: float = 0.999
    warm_up: float = 0.01
    judged_every_minutes: float = 8.0
    """At the most, and at least ten times a run, unless judging would take more than a tenth of the time."""
    patience: int = 5
    """Judgements in a row without a better one, after which the run stops; 0 goes on to the end."""
    kept_every_minutes: float = 2.0
    calm: float = 3.0
    """How strongly cells are held within +-4: left alone some run to 60 in long performances, where float32 is too
    coarse for torch and the exported graph to agree. Calm cost 0.003 nats per event at the most."""
    weight_drop: float = 0.0
    """Share of the recurrent weights that each step leaves out."""
    one_key: bool = False
    """Everything is learned in C major or A minor."""
    seed: int = 1
    sizes: Sizes = field(default_factory=Sizes)
    how: Augmentation = field(default_factory=Augmentation)
    shares: Mapping[str, float] = field(default_factory=dict)
