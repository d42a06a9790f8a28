"""A model in onnxruntime: the core's Model protocol on the exported graph. One run for each event."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from antiphon.core import graphfile
from antiphon.core.model import FOREVER_S, MEMORY_SHARES, Choice, Heard, State, Steering
from antiphon.core.survival import side_by_side, survival
from antiphon.core.trace import Trace
from antiphon.errors import ModelError
from antiphon.mind import models
from antiphon.music.vocabulary import NOISE, PEDAL_KEY, TOKENS, VOICES, milliseconds, time_bin

_OUTPUTS: Final = ["choice", "log_p", "log_silence", "hidden_out", "cell_out", "moment"]
_FREE: Final = np.full((1, 1, 4), -1, np.int64)

Inputs = dict[str, NDArray[Any]]  # arrays of several dtypes


class OnnxModel:
    """A model loaded from its pair of files, run on one thread of the processor."""

    def __init__(self, card: models.Card) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        options.add_session_config_entry("session.load_model_format", "ONNX")  # else it guesses from the bytes
        graph = models.checked(card)
        try:
            graphfile.check(graph)
        except ModelError as error:
            raise ModelError(f"{card.path}: {error}") from error
        try:
            self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises classes of its own that it does not export
            raise ModelError(f"{card.path}: onnxruntime cannot load it ({_first_line(error)})") from error
        self._card = card
        self._neutral = _neutral()
        self._foreseen: tuple[State, Heard, State] | None = None
        self._size = self._warm()

    @property
    def name(self) -> str:
        """What users call it."""
        return self._card.name

    @property
    def sha256(self) -> str:
        """Of the graph."""
        return self._card.sha256

    @property
    def found_at(self) -> str:
        """Its name where it came with Antiphon, else its path."""
        return self.name if self._card.path.parent in models.FOLDERS else str(self._card.path.absolute())

    def start(self) -> State:
        """The state before anything was heard."""
        shape = (self._card.layers, 1, self._card.width)
        return State(np.zeros(shape, np.float32), np.zeros(shape, np.float32), Trace.untouched(self._size))

    def follow(self, state: State, heard: Sequence[Heard]) -> State:
        """The state after hearing these events in order: one run, time axis as long as `heard`. It costs nothing where
        it was foreseen."""
        if not heard:
            return state
        foreseen = self._looked_ahead(state, heard)
        return foreseen or self._follow(state, heard, np.zeros((1, len(heard), 4), np.int64))[0]

    def witness(self, state: State, heard: Sequence[Heard]) -> tuple[State, NDArray[np.float32]]:
        """The same of all but the last, and how likely each behind the first was: the run is asked of them what
        otherwise it is asked of nothing. NaN where it was foreseen, and nothing was asked."""
        if foreseen := self._looked_ahead(state, heard[:-1]):
            return foreseen, np.full(1, np.nan, np.float32)
        given = np.array([[each.chosen for each in heard[1:]]], np.int64)
        then, log_p = self._follow(state, heard[:-1], given)
        return then, log_p[0].sum(1)

    def _looked_ahead(self, state: State, heard: Sequence[Heard]) -> State | None:
        if self._foreseen and len(heard) == 1 and self._foreseen[0] is state and self._foreseen[1] is heard[0]:
            return self._foreseen[2]
        return None

    def _follow(
        self, state: State, heard: Sequence[Heard], given: NDArray[np.int64]
    ) -> tuple[State, NDArray[np.float32]]:
        """The state behind them, and the logs (1, N, 4) of what is `given` (1, N, 4) after each."""
        outputs = self._run(
            {
                **_events(heard),
                **self._neutral,
                "hidden": state.hidden,
                "cell": state.cell,
                "given": given,
                "noise": np.full((1, len(heard), NOISE), 0.5, np.float32),
            }
        )
        trace = state.trace
        for each, moment in zip(heard, outputs[5][0], strict=True):
            trace = _heard(trace, each).at(moment) if trace else None
        return State(outputs[3], outputs[4], trace), outputs[1]

    def foresee(self, state: State, heard: Heard) -> None:
        """Be ready to follow this event from this state: the same objects, to be taken up at once or never."""
        self._foreseen = state, heard, self.follow(state, [heard])

    def choose(self, state: State, last: Heard, steering: Steering, noise: NDArray[np.float32]) -> Choice:
        """Hear `last` from `state`, then draw the next event with `noise` (NOISE,) in 0-1."""
        trace = _heard(state.trace, last) if state.trace else None
        choice, log_p, log_silence, hidden, cell, moment = self._run(
            {
                **_memory(trace, steering.memory),
                **_events([last]),
                "hidden": state.hidden,
                "cell": state.cell,
                "window": np.array([[steering.earliest, steering.latest]], np.float32),
                "voice_mask": steering.voices[None],
                "token_mask": steering.tokens[None],
                "token_bias": steering.bias[None],
                "temperature": steering.temperature[None],
                "top_p": np.array([[steering.top_p]], np.float32),
                "given": _FREE,
                "noise": noise[None, None],
            }
        )
        ms, voice, token, velocity = (int(part) for part in choice[0, 0])
        then = State(hidden, cell, trace.at(moment[0, 0]) if trace else None)
        return Choice(ms, voice, token, velocity, log_p[0, 0], float(log_silence[0, 0]), then)

    def silence(self, state: State, last: Heard) -> NDArray[np.float32]:
        """The survival function of the next note, in one run of M rows."""
        pedalled = bool(last.keyboard.count[:, PEDAL_KEY].any())
        outputs = self._run(dict(side_by_side(_events([last]), state.hidden, state.cell, pedalled)))
        return survival(outputs[2], outputs[1])

    def _run(self, inputs: Inputs) -> list[NDArray[Any]]:  # outputs of several dtypes
        return list(self._session.run(_OUTPUTS, inputs))

    def _warm(self) -> int:
        """One run, so that a graph of the wrong shape fails here and the first note is not late; how many numbers make
        a moment."""
        try:
            shape = (self._card.layers, 1, self._card.width)
            inputs: Inputs = {
                "dt": np.zeros((1, 2), np.float32),
                "event": np.zeros((1, 2, 3), np.int64),
                "keys": np.full((1, 2, VOICES, PEDAL_KEY + 1), -1, np.float32),
                "given": np.zeros((1, 2, 4), np.int64),
                "noise": np.full((1, 2, NOISE), 0.5, np.float32),
                "hidden": np.zeros(shape, np.float32),
                "cell": np.zeros(shape, np.float32),
            }
            return int(self._run({**self._neutral, **inputs})[5].shape[2])
        except Exception as error:  # as above
            raise ModelError(f"{self._card.path}: not an Antiphon graph ({_first_line(error)})") from error


def load(name_or_path: str) -> OnnxModel:
    """A model by the name it is shipped under or by its path. Raises ModelError."""
    return OnnxModel(models.card(models.find(name_or_path)))


def _events(heard: Sequence[Heard]) -> Inputs:
    now = [0.0 if h.event is None else h.event.time for h in heard]
    return {
        "dt": np.array([[h.dt for h in heard]], np.float32),
        "event": np.array([[_row(h) for h in heard]], np.int64),
        "keys": np.stack([h.keyboard.ages(at) for h, at in zip(heard, now, strict=True)])[None],
    }


def _heard(trace: Trace, heard: Heard) -> Trace:
    """The trace once it is known what followed its newest moment."""
    return trace.followed_by(time_bin(milliseconds(heard.dt)), heard.token)


def _memory(trace: Trace | None, share: float) -> Inputs:
    """The inputs that a graph without memory is not given."""
    if trace is None or share <= 0 or not len(trace.moments):
        return {}
    shares = np.array([[share * part for part in MEMORY_SHARES]], np.float32)
    return {"remembered": trace.moments[None], "followed": trace.followed[None], "memory": shares}


def _row(heard: Heard) -> tuple[int, int, int]:
    if heard.event is None:
        return (0, heard.token, 0)
    return (int(heard.event.voice), heard.token, 0 if heard.token >= PEDAL_KEY else heard.event.velocity)


def _neutral() -> Inputs:
    return {
        "window": np.array([[0.0, FOREVER_S]], np.float32),
        "voice_mask": np.ones((1, VOICES), np.float32),
        "token_mask": np.ones((1, TOKENS), np.float32),
        "token_bias": np.zeros((1, TOKENS), np.float32),
        "temperature": np.ones((1, 4), np.float32),
        "top_p": np.ones((1, 1), np.float32),
    }


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
