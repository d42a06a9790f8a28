"""Many solo performances side by side, each as `antiphon generate` would play it: by the daemon's own core.

The core asks a model for one event of one performance, a graph answers for many performances at once. They meet
because the core is pure: it is asked for the next event, and where that needs a choice that is not there yet, the
question is noted. Once every performance has a question, the graph answers all of them in one run, and the core is
asked again, to the same questions, with the choices at hand.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from antiphon.core.answer import Answer
from antiphon.core.model import FOREVER_S, Choice, Heard, State, Steering
from antiphon.core.parameters import Parameters
from antiphon.core.past import Past, Played, after, beginning
from antiphon.core.survival import side_by_side, survival
from antiphon.music.events import Event, Seconds
from antiphon.music.vocabulary import NOISE, PEDAL_KEY, TOKENS, VOICES

Arrays = dict[str, NDArray[Any]]  # of several dtypes
_CHUNK: Final = 256
_ROWS: Final = 32


class Graph(Protocol):
    """A network with the inputs and outputs of the exported graph, whatever it runs on."""

    @property
    def shape(self) -> tuple[int, int]:
        """Layers and width of the LSTM."""

    def run(self, inputs: Arrays) -> Arrays:
        """At least the outputs "choice", "log_p", "log_silence", "hidden_out" and "cell_out"."""


def primed(graph: Graph, events: Sequence[Event]) -> Past:
    """The past after these events, read in chunks. The model takes them for its own, so that what is still down at
    their end is its to release."""
    model = Listening(graph)
    past = beginning(model, events[0].time if events else 0.0)
    for first in range(0, len(events), _CHUNK):
        past = after(model, past, [Played(event, True) for event in events[first : first + _CHUNK]])
    return past


def play(
    graph: Graph,
    pasts: Sequence[Past],
    begins: Seconds,
    until: Seconds,
    parameters: Parameters,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[list[Event]]:
    """What the model plays alone after each past between two moments (s); at the second, what sounds is released.

    Number n plays with the seed of `parameters` and n added. `progress` gets performances done and all.
    """
    answer = Answer(begins, until, until, lively=False)
    seeds = [int(parameters.seed) + number for number in range(len(pasts))]
    rows = [
        _Row(past, answer, parameters.changed(seed=seed), Listening(graph))
        for past, seed in zip(pasts, seeds, strict=True)
    ]
    for first in range(0, len(rows), _ROWS):
        playing = [row for row in rows[first : first + _ROWS] if row.goes_on()]
        while playing:
            asked = [row.question for row in playing if row.question]
            for row, choice in zip(playing, _choices(graph, asked), strict=True):
                row.model.choices.append(choice)
            playing = [row for row in playing if row.goes_on()]
            progress(min(len(rows), first + _ROWS) - len(playing), len(rows))
    return [row.played for row in rows]


class _Question(Exception):  # noqa: N818  # Nothing is wrong when it is raised.
    """The core wants a choice that is not there yet."""

    def __init__(self, state: State, last: Heard, steering: Steering, noise: NDArray[np.float32]) -> None:
        self.state, self.last, self.steering, self.noise = state, last, steering, noise


@dataclass(slots=True)
class Listening:
    """The core's Model: the choices it holds, in order; then a question is raised."""

    graph: Graph
    choices: list[Choice] = field(default_factory=list)
    given: int = 0
    name: str = "side by side"

    def start(self) -> State:
        layers, width = self.graph.shape
        nothing = np.zeros((layers, 1, width), np.float32)
        return State(nothing, nothing)

    def follow(self, state: State, heard: Sequence[Heard]) -> State:
        return self._follow(state, heard, np.zeros((1, len(heard), 4), np.int64))[0] if heard else state

    def witness(self, state: State, heard: Sequence[Heard]) -> tuple[State, NDArray[np.float32]]:
        given = np.array([[each.chosen for each in heard[1:]]], np.int64)
        then, log_p = self._follow(state, heard[:-1], given)
        return then, log_p[0].sum(1)

    def _follow(
        self, state: State, heard: Sequence[Heard], given: NDArray[np.int64]
    ) -> tuple[State, NDArray[np.float32]]:
        events = {name: each.swapaxes(0, 1) for name, each in _events(heard).items()}
        asked = {"given": given, "noise": np.full((1, len(heard), NOISE), 0.5, "f4")}
        outputs = self.graph.run({**events, **_OPEN, **asked, "hidden": state.hidden, "cell": state.cell})
        return State(outputs["hidden_out"], outputs["cell_out"]), outputs["log_p"]

    def choose(self, state: State, last: Heard, steering: Steering, noise: NDArray[np.float32]) -> Choice:
        if self.given == len(self.choices):
            raise _Question(state, last, steering, noise)
        self.given += 1
        return self.choices[self.given - 1]

    def silence(self, state: State, last: Heard) -> NDArray[np.float32]:
        pedalled = bool(last.keyboard.count[:, PEDAL_KEY].any())
        outputs = self.graph.run(dict(side_by_side(_events([last]), state.hidden, state.cell, pedalled)))
        return survival(outputs["log_silence"], outputs["log_p"])


class Answering(Listening):
    """The core's Model for one performance by itself: the graph is asked at once."""

    def choose(self, state: State, last: Heard, steering: Steering, noise: NDArray[np.float32]) -> Choice:
        return _choices(self.graph, [_Question(state, last, steering, noise)])[0]


@dataclass(slots=True)
class _Row:
    """One performance as far as it has been played."""

    past: Past
    answer: Answer
    parameters: Parameters
    model: Listening
    played: list[Event] = field(default_factory=list)
    question: _Question | None = None

    def goes_on(self) -> bool:
        """Play until the model is asked (True) or until the end (False)."""
        try:
            while True:
                self.model.given = 0
                following = self.answer.next(self.model, self.past, self.parameters)
                if following is None:
                    return False
                event, self.past, self.answer = following
                self.played.append(event)
                self.model.choices.clear()
        except _Question as question:
            self.question = question
            return True


def _choices(graph: Graph, asked: Sequence[_Question]) -> list[Choice]:
    """The graph's answer to each question."""
    steered = [question.steering for question in asked]
    outputs = graph.run(
        {
            **_events([question.last for question in asked]),
            "hidden": np.concatenate([question.state.hidden for question in asked], 1),
            "cell": np.concatenate([question.state.cell for question in asked], 1),
            "window": np.array([[s.earliest, s.latest] for s in steered], np.float32),
            "voice_mask": np.stack([s.voices for s in steered]),
            "token_mask": np.stack([s.tokens for s in steered]),
            "token_bias": np.stack([s.bias for s in steered]),
            "temperature": np.stack([s.temperature for s in steered]),
            "top_p": np.array([[s.top_p] for s in steered], np.float32),
            "given": np.full((len(asked), 1, 4), -1, np.int64),
            "noise": np.stack([question.noise for question in asked])[:, None],
        }
    )
    return [_choice(outputs, row) for row in range(len(asked))]


def _choice(outputs: Arrays, row: int) -> Choice:
    ms, voice, token, velocity = (int(part) for part in outputs["choice"][row, 0])
    state = State(outputs["hidden_out"][:, row : row + 1], outputs["cell_out"][:, row : row + 1])
    return Choice(ms, voice, token, velocity, outputs["log_p"][row, 0], float(outputs["log_silence"][row, 0]), state)


def _events(heard: Sequence[Heard]) -> Arrays:
    """What was heard, one event a row: "dt" (B, 1), "event" (B, 1, 3) and "keys" (B, 1, VOICES, KEYS)."""
    now = [0.0 if h.event is None else h.event.time for h in heard]
    return {
        "dt": np.array([[h.dt] for h in heard], np.float32),
        "event": np.array([[_row(h)] for h in heard], np.int64),
        "keys": np.stack([h.keyboard.ages(at) for h, at in zip(heard, now, strict=True)])[:, None],
    }


def _row(heard: Heard) -> tuple[int, int, int]:
    if heard.event is None:
        return (0, heard.token, 0)
    return (int(heard.event.voice), heard.token, 0 if heard.token >= PEDAL_KEY else heard.event.velocity)


_OPEN: Final[Arrays] = {
    "window": np.array([[0.0, FOREVER_S]], np.float32),
    "voice_mask": np.ones((1, VOICES), np.float32),
    "token_mask": np.ones((1, TOKENS), np.float32),
    "token_bias": np.zeros((1, TOKENS), np.float32),
    "temperature": np.ones((1, 4), np.float32),
    "top_p": np.ones((1, 1), np.float32),
}
"""Steering that allows everything, for one row."""
