"""The part of the graph that chooses: when, who, what and how hard, steered, from noise handed in."""

from typing import NamedTuple

import numpy as np
from onnx import TensorProto

from antiphon.music.vocabulary import EDGES_MS, KEYS, PEDAL_KEY, TOKENS, VELOCITIES, VOICES
from antiphon_training.drawing.sketch import Sketch, Weights, bins, weights
from antiphon_training.network import FORBIDDEN, Network
from antiphon_training.performer import LATEST_MS


class When(NamedTuple):
    """When the next event is: ms (float, whole), its bin and its log, each (B, T, 1); the log of silence (B, T)."""

    ms: str
    bin: str
    log_p: str
    silence: str


class Heads:
    """Draws the heads of a network into a sketch; what they do is in network.py and performer.py."""

    def __init__(self, sketch: Sketch, network: Network) -> None:
        self._s, self._head = sketch, network.sizes.head
        self._w: Weights = weights(network)

    def known(self, name: str, index: str, parts: int) -> list[str]:
        """What a choice (B, T, 1) already made says to each head behind it."""
        s = self._s
        rows = s("Gather", s.constant(self._w[f"{name}.weight"]), s("Squeeze", index, s.ints(-1)))
        return s.split(rows, [self._head] * parts) if parts > 1 else [rows]

    def voice(self, inner: str) -> str:
        """Logits (B, T, VOICES)."""
        return self._out("voice_out", inner)

    def velocity(self, inner: str) -> str:
        """Logits (B, T, VELOCITIES), velocity 0 forbidden."""
        silent = np.zeros(VELOCITIES, np.float32)
        silent[0] = FORBIDDEN
        return self._s("Add", self._out("velocity_out", inner), self._s.constant(silent))

    def token(self, context: str, then: str) -> str:
        """Logits (B, T, TOKENS), as Network.token_logits."""
        s, w = self._s, self._w
        given = s.linear(s("Reshape", then, s.ints(0, 0, -1)), w["keys_given.weight"].T)
        inner = s("Gelu", s("Add", context, given))
        by_age = s("Reshape", s.linear(inner, w["age_out.weight"].T, w["age_out.bias"]), s.ints(0, 0, -1, 2))
        keys = s("Reshape", s("Transpose", s("MatMul", then, by_age), perm=[0, 1, 3, 2]), s.ints(0, 0, -1))
        return s("Add", s.linear(inner, w["token_out.weight"].T, w["token_out.bias"]), keys)

    def time(self, context: str) -> str:
        """Logits (B, T, TIME_BINS)."""
        return self._out("time_out", context)

    def when(self, logits: str, warmth: str, given: str, gumbel: str, place: str) -> When:
        """As Performer._when."""
        s = self._s
        lower, left, room, part = self._window()
        silence = s("ReduceLogSumExp", s("Add", s("LogSoftmax", logits, axis=-1), left), s.ints(-1), keepdims=0)
        known = s("GreaterOrEqual", given, s.ints(0))
        given_ms = s.cast(given, TensorProto.FLOAT)
        given_bin = s("Where", known, bins(s, given_ms), s.ints(-1))
        logits = s("LogSoftmax", s("Add", s("Div", logits, warmth), part), axis=-1)
        bin_, log_p = self.drawn(logits, gumbel, given_bin)
        every = s("Mul", logits, s.floats(0.0))
        start, inside = (s("GatherElements", s("Add", each, every), bin_, axis=-1) for each in (lower, room))
        inside = s("Max", s("Min", s("Floor", s("Mul", place, inside)), s("Sub", inside, s.floats(1.0))), s.floats(0.0))
        return When(s("Where", known, given_ms, s("Add", start, inside)), bin_, log_p, silence)

    def _window(self) -> tuple[str, str, str, str]:
        """For each bin, (B, 1, TIME_BINS): its first millisecond inside the window, the log of the part of it behind
        the window's beginning, its milliseconds inside the window, and the log of the part they are."""
        s = self._s
        low, high = (s.constant(edges.astype(np.float32)) for edges in (EDGES_MS[:-1], EDGES_MS[1:]))
        width = s.constant(np.diff(EDGES_MS).astype(np.float32))
        earliest, latest = s.split(s("Mul", s("Unsqueeze", "window", s.ints(1)), s.floats(1000.0)), [1, 1])
        first = s("Clip", s("Ceil", s("Sub", earliest, s.floats(1e-2))), s.floats(0.0), s.floats(LATEST_MS))
        last = s("Max", s("Floor", s("Add", latest, s.floats(1e-2))), first)
        lower = s("Max", low, first)
        left = s("Clip", s("Div", s("Sub", high, lower), width), s.floats(0.0), s.floats(1.0))
        room = s("Max", s("Sub", s("Min", high, s("Add", last, s.floats(1.0))), lower), s.floats(0.0))
        return lower, self._log(left), room, self._log(s("Div", room, width))

    def allowed(self, voice: str) -> str:
        """(B, T, TOKENS) bool, as performer._allowed; voice (B, T, 1)."""
        s = self._s
        theirs = s("Equal", s("Unsqueeze", voice, s.ints(-1)), s.constant(np.arange(VOICES)[:, None]))
        down = s.cast(s("And", s("Greater", "keys", s.floats(0.0)), theirs), TensorProto.FLOAT)
        held = s("Greater", s("ReduceMax", down, s.ints(2), keepdims=0), s.floats(0.0))
        keys = s("Greater", s("Unsqueeze", s.part("token_mask", 0, KEYS), s.ints(1)), s.floats(0.0))
        pressed = s("And", held, s.constant(np.arange(KEYS) == PEDAL_KEY))
        return s("Concat", s("And", keys, s("Not", pressed)), held, axis=-1)

    def nucleus(self, logits: str) -> str:
        """As performer._nucleus."""
        s = self._s
        top_p = s("Unsqueeze", "top_p", s.ints(1))
        log_p = s("LogSoftmax", logits, axis=-1)
        p = s("Exp", log_p)
        ranked = s.node("TopK", p, s.ints(TOKENS), outputs=2, axis=-1)[0]
        above = s("Sub", s("CumSum", ranked, s.constant(np.array(-1))), ranked)
        counts = s("And", s("Less", above, top_p), s("Less", top_p, s.floats(1.0)))
        least = s("ReduceMin", s("Where", counts, ranked, s.floats(2.0)), s.ints(-1), keepdims=1)
        kept = s("Or", s("GreaterOrEqual", p, least), s("GreaterOrEqual", top_p, s.floats(1.0)))
        return s("LogSoftmax", s("Where", kept, log_p, s.floats(FORBIDDEN)), axis=-1)

    def drawn(self, log_p: str, gumbel: str, given: str) -> tuple[str, str]:
        """As performer._draw: the alternative and its log, (B, T, 1) each."""
        s = self._s
        best = s("ArgMax", s("Add", log_p, gumbel), axis=-1, keepdims=1)
        index = s("Where", s("GreaterOrEqual", given, s.ints(0)), given, best)
        return index, s("GatherElements", log_p, index, axis=-1)

    def _out(self, name: str, inner: str) -> str:
        return self._s.linear(self._s("Gelu", inner), self._w[f"{name}.weight"].T, self._w[f"{name}.bias"])

    def _log(self, share: str) -> str:
        s = self._s
        log = s("Log", s("Max", share, s.floats(1e-9)))
        return s("Where", s("Greater", share, s.floats(0.0)), log, s.floats(FORBIDDEN))
