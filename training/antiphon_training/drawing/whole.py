"""The whole graph: its inputs, its four heads in order, its outputs. The signature is performer.INPUTS to OUTPUTS."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper

from antiphon.music.vocabulary import KEYS, NOISE, PEDAL_KEY, TIME_BINS, TOKENS, VELOCITIES, VOICES
from antiphon_training.drawing.heads import Heads
from antiphon_training.drawing.remembering import Remembering
from antiphon_training.drawing.sketch import Array, Sketch
from antiphon_training.drawing.trunk import Trunk
from antiphon_training.network import FORBIDDEN, Network
from antiphon_training.performer import HEADS, INPUTS, OUTPUTS, REMEMBERING

_REAL: Final = TensorProto.FLOAT
_WHOLE: Final = TensorProto.INT64
_COLDEST: Final = 1e-3


def draw(network: Network, path: Path, int8: bool = False) -> Path:
    """The graph of a network, written to `path`; int8: the recurrent matrices, which must be on the grid of
    rounding.py, are played in integers."""
    sketch = Sketch()
    found = _performance(sketch, network, int8)
    sizes = network.sizes
    state: Shape = [sizes.layers, "rows", sizes.width]
    inputs = _infos(INPUTS, {**_INPUTS, "hidden": (_REAL, state), "cell": (_REAL, state)})
    kept: dict[str, tuple[int, Shape]] = {"hidden_out": (_REAL, state), "cell_out": (_REAL, state)}
    outputs = _infos(OUTPUTS, {**_OUTPUTS, **kept, "moment": (_REAL, ["rows", "steps", 2 * sizes.head])})
    inputs += _infos(REMEMBERING, {**_REMEMBERING, "remembered": (_REAL, ["rows", "moments", 2 * sizes.head])})
    nothing: dict[str, Array] = {
        "remembered": np.zeros((1, 0, 2 * sizes.head), np.float32),
        "followed": np.zeros((1, 0, 2), np.int64),
        "memory": np.zeros((1, 2), np.float32),
    }
    onnx.save(sketch.model(inputs, list(zip(found, outputs, strict=True)), nothing), str(path))
    return path


def _performance(s: Sketch, network: Network, int8: bool) -> tuple[str, ...]:
    """Time, voice, token and velocity, each given the ones before it; as Performer.forward."""
    trunk, heads = Trunk(s, network, int8), Heads(s, network)
    features = trunk.features("keys")
    context, hidden, cell = trunk.follow(features)
    warmth = s.split(s("Max", s("Unsqueeze", "temperature", s.ints(1)), s.floats(_COLDEST)), [1] * HEADS)
    given = s.split("given", [1] * HEADS)
    place, gumbel = _chances(s)

    remembering, size = Remembering(s, context), network.sizes.head
    when = heads.when(remembering.added(heads.time(context[0]), 0, size), warmth[0], given[0], gumbel[0], place)
    by_time = heads.known("time_given", when.bin, 3)
    then = trunk.later(features, when.ms)

    masked = s("Mul", s("Sub", s.floats(1.0), s("Unsqueeze", "voice_mask", s.ints(1))), s.floats(FORBIDDEN))
    logits = s("Add", s("Div", heads.voice(s("Add", context[1], by_time[0])), warmth[1]), masked)
    voice, voice_p = heads.drawn(s("LogSoftmax", logits, axis=-1), gumbel[1], given[1])
    by_voice = heads.known("voice_given", voice, 2)

    allowed, logits = heads.allowed(voice), heads.token(s("Add", context[2], s("Add", by_time[1], by_voice[0])), then)
    logits = remembering.added(s("Where", allowed, logits, s.floats(FORBIDDEN)), 1, size)
    logits = s("Add", s("Div", logits, warmth[2]), s("Unsqueeze", "token_bias", s.ints(1)))
    logits = s("Where", allowed, logits, s.floats(FORBIDDEN))
    token, token_p = heads.drawn(heads.nucleus(logits), gumbel[2], given[2])
    by_token = heads.known("token_given", token, 1)[0]

    inner = s("Add", s("Add", context[3], s("Add", by_time[2], by_voice[1])), by_token)
    logits = s("Div", heads.velocity(inner), warmth[3])
    velocity, velocity_p = heads.drawn(s("LogSoftmax", logits, axis=-1), gumbel[3], given[3])
    struck = s("Less", token, s.ints(PEDAL_KEY))
    trodden = s("Where", s("Equal", token, s.ints(PEDAL_KEY)), s.ints(127), s.ints(0))
    velocity = s("Where", struck, velocity, trodden)
    velocity_p = s("Where", struck, velocity_p, s.floats(0.0))

    choice = s("Concat", s.cast(when.ms, _WHOLE), voice, token, velocity, axis=-1)
    log_p = s("Concat", when.log_p, voice_p, token_p, velocity_p, axis=-1)
    return choice, log_p, when.silence, hidden, cell, remembering.moment


def _chances(s: Sketch) -> tuple[str, list[str]]:
    """The place in the bin (B, T, 1), and Gumbel noise for each head."""
    safe = s("Clip", "noise", s.floats(1e-7), s.floats(1 - 1e-6))
    gumbel = s("Neg", s("Log", s("Neg", s("Log", safe))))
    time, _, *others = s.split(gumbel, [TIME_BINS, 1, VOICES, TOKENS, VELOCITIES])
    return s.part("noise", TIME_BINS, TIME_BINS + 1), [time, *others]


Shape = Sequence[int | str]
_INPUTS: Final[Mapping[str, tuple[int, Shape]]] = {
    "dt": (_REAL, ["rows", "steps"]),
    "event": (_WHOLE, ["rows", "steps", 3]),
    "keys": (_REAL, ["rows", "steps", VOICES, KEYS]),
    "window": (_REAL, ["rows", 2]),
    "voice_mask": (_REAL, ["rows", VOICES]),
    "token_mask": (_REAL, ["rows", TOKENS]),
    "token_bias": (_REAL, ["rows", TOKENS]),
    "temperature": (_REAL, ["rows", HEADS]),
    "top_p": (_REAL, ["rows", 1]),
    "given": (_WHOLE, ["rows", "steps", HEADS]),
    "noise": (_REAL, ["rows", "steps", NOISE]),
}
_REMEMBERING: Final[Mapping[str, tuple[int, Shape]]] = {
    "followed": (_WHOLE, ["rows", "moments", 2]),
    "memory": (_REAL, ["rows", 2]),
}
_OUTPUTS: Final[Mapping[str, tuple[int, Shape]]] = {
    "choice": (_WHOLE, ["rows", "steps", HEADS]),
    "log_p": (_REAL, ["rows", "steps", HEADS]),
    "log_silence": (_REAL, ["rows", "steps"]),
}


def _infos(names: Sequence[str], shapes: Mapping[str, tuple[int, Shape]]) -> list[onnx.ValueInfoProto]:
    return [helper.make_tensor_value_info(name, *shapes[name]) for name in names]
