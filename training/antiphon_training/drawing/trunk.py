"""The part of the graph that follows events: keys and their ages, the table of what is heard, the LSTM, the context."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from antiphon.music.events import Voice
from antiphon_training.drawing.sketch import Sketch, Weights, bins, weights
from antiphon_training.network import Network
from antiphon_training.rounding import scaled

_GATES: Final = (0, 1, 3, 2)
"""Torch's order is input, forget, cell, output; here the three that are sigmoids come first."""
_HEADS: Final = 4


class Trunk:
    """Draws the trunk of a network into a sketch; shapes as in network.py."""

    def __init__(self, sketch: Sketch, network: Network, int8: bool) -> None:
        self._s, self._sizes, self._int8 = sketch, network.sizes, int8
        self._w: Weights = weights(network)
        self._rates, self._sides = (getattr(network, name).numpy() for name in ("rates", "sides"))

    def features(self, keys: str) -> str:
        """As Network.features: (B, T, KEYS, F)."""
        s, shared = self._s, self._sides.shape[1]
        merged = s("Unsqueeze", s("ReduceMax", keys, s.ints(2), keepdims=0), s.ints(-1))
        down = s("Greater", merged, s.floats(0.0))
        sides = s("Where", down, s.constant(self._sides[0]), s.constant(self._sides[1]))
        faded = s("Mul", s("Exp", s("Mul", s("Abs", merged), s.constant(-self._rates[:shared]))), sides)
        third = s("Gather", keys, s.constant(np.array(int(Voice.ACCOMPANIMENT), np.int64)), axis=2)
        accompanied = s.cast(s("Greater", third, s.floats(0.0)), TensorProto.FLOAT)
        return s("Concat", faded, s("Unsqueeze", accompanied, s.ints(-1)), axis=-1)

    def later(self, features: str, ms: str) -> str:
        """As Network.later; ms (B, T, 1)."""
        s = self._s
        seconds = s("Unsqueeze", s("Div", ms, s.floats(1000.0)), s.ints(-1))
        return s("Mul", features, s("Exp", s("Mul", seconds, s.constant(-self._rates))))

    def follow(self, features: str) -> tuple[list[str], str, str]:
        """As Network.trunk: for each head its context (B, T, head); hidden and cell (layers, B, width)."""
        s, w, width = self._s, self._w, self._sizes.width
        keys = s.linear(s("Reshape", features, s.ints(0, 0, -1)), w["keys_in.weight"].T, w["keys_in.bias"])
        out, hidden, cell = self._lstm(self._heard(), s("Tanh", keys))
        context = self._matrix(s, s("Reshape", out, s.ints(-1, width)), w["context.weight"].T)
        context = s("Add", context, s.constant(w["context.bias"]))
        context = s("Reshape", context, s("Concat", s("Shape", "dt"), s.ints(_HEADS * self._sizes.head), axis=0))
        return s.split(context, [self._sizes.head] * _HEADS), hidden, cell

    def _heard(self) -> str:
        """What an event says to the gates of the first layer, looked up: (B, T, 4 * width)."""
        s = self._s
        table, begins = self._table()
        bin_ = bins(s, s("Round", s("Mul", s("Unsqueeze", "dt", s.ints(-1)), s.floats(1000.0))))
        rows = s("Add", s("Concat", bin_, "event", axis=-1), s.ints(*begins))
        return s("ReduceSum", s("Gather", s.constant(table), rows), s.ints(2), keepdims=0)

    def _table(self) -> tuple[NDArray[np.float32], list[int]]:
        """Every time bin, voice, token and velocity as the first layer's gates hear it, the bias among them; and where
        each of the four begins. Summed up in float64: here nothing has to be lost."""
        w, z = self._w, self._sizes
        read = self._gates(w["lstm.weight_ih_l0"]).astype(np.float64)
        columns = np.split(read, np.cumsum([z.time, z.token, z.velocity, z.voice]), 1)
        time, token, velocity, voice = (
            w[f"{name}_in.weight"] @ part.T
            for name, part in zip(("time", "token", "velocity", "voice"), columns, strict=False)
        )
        parts = [time + self._bias(0), voice, token, velocity]
        begins = np.cumsum([0, *(len(part) for part in parts[:-1])])
        return np.concatenate(parts).astype(np.float32), [int(begin) for begin in begins]

    def _lstm(self, heard: str, keys: str) -> tuple[str, str, str]:
        """heard (B, T, 4 * width), keys (B, T, keys) -> hidden of the last layer at each step (B, T, width); the last
        hidden and cell."""
        s, body, layers = self._s, Sketch("."), self._sizes.layers
        before = [s.layers(name, layers) for name in ("hidden", "cell")]
        states, below = list[tuple[str, str, str]](), ".keys"
        for layer in range(layers):
            hidden, cell = f".hidden{layer}", f".cell{layer}"
            sums = self._matrix(body, body("Concat", below, hidden, axis=-1), self._recurrent(layer))
            other = ".heard" if layer == 0 else body.constant(self._bias(layer))
            below, after = self._step(body, body("Add", sums, other), cell)
            states += [(before[0][layer], hidden, below), (before[1][layer], cell, after)]
        *last, out = s.scan(body, states, [(heard, ".heard"), (keys, ".keys")], body("Identity", below))
        return out, s.stacked(last[0::2]), s.stacked(last[1::2])

    def _step(self, body: Sketch, gates: str, cell: str) -> tuple[str, str]:
        """The new hidden and cell of one layer, (B, width) each."""
        width = self._sizes.width
        doors, news = body.split(gates, [3 * width, width])
        let_in, keep, let_out = body.split(body("Sigmoid", doors), [width] * 3)
        after = body("Add", body("Mul", keep, cell), body("Mul", let_in, body("Tanh", news)))
        return body("Mul", let_out, body("Tanh", after)), after

    def _recurrent(self, layer: int) -> NDArray[np.float32]:
        """What a layer hears and remembers to its gates, (inputs + width, 4 * width). The first hears only the keys
        through it; the rest of what it hears is in the table."""
        heard = self._gates(self._w[f"lstm.weight_ih_l{layer}"])
        if layer == 0:
            heard = heard[:, -self._sizes.keys :]
        return np.concatenate([heard, self._gates(self._w[f"lstm.weight_hh_l{layer}"])], 1).T

    def _bias(self, layer: int) -> NDArray[np.float32]:
        return self._gates(self._w[f"lstm.bias_ih_l{layer}"] + self._w[f"lstm.bias_hh_l{layer}"])

    def _gates(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """(4 * width, ...) in the order of _GATES."""
        return rows.reshape(4, self._sizes.width, *rows.shape[1:])[list(_GATES)].reshape(rows.shape)

    def _matrix(self, sketch: Sketch, value: str, weight: NDArray[np.float32]) -> str:
        """value (rows, inputs) @ weight, in fp32 or in integers."""
        return sketch.in_integers(value, *scaled(weight)) if self._int8 else sketch.linear(value, weight)
