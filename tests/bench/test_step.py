"""How long the model takes for one event. Prints the figures; the bound is a generous ratio within one run."""

import time
from collections.abc import Callable

import numpy as np
import pytest

from antiphon.core.answer import Answer
from antiphon.core.chance import noise
from antiphon.core.model import Steering
from antiphon.core.parameters import Parameters
from antiphon.core.past import Past, Played, after, beginning
from antiphon.mind.onnx_model import OnnxModel, load
from antiphon.music.events import Seconds, note_on
from antiphon.music.vocabulary import TOKENS, VOICES

pytestmark = pytest.mark.bench

RUNS, STEPS = 10, 200


@pytest.fixture(scope="module")
def model() -> OnnxModel:
    return load("default")


def test_a_step_fits_many_times_between_two_notes(model: OnnxModel) -> None:
    past = after(model, beginning(model, 0.0), [Played(note_on(0.0, 60, 80), False)])
    answer = Answer(Seconds(0.5), Seconds(60), Seconds(63))
    bare, whole = [_best(lambda: _run(model, past)), _best(lambda: answer.next(model, past, Parameters()))]
    print(f"\none run of the graph, warm: p50 {bare:.0f} us; one event composed, all told: p50 {whole:.0f} us")
    assert whole < 50_000, "20 events a second is slow playing"


def test_a_primer_is_read_faster_in_chunks_than_by_single_events(model: OnnxModel) -> None:
    events = [Played(note_on(n / 10, 40 + n % 40, 80), False) for n in range(64)]
    start = beginning(model, 0.0)

    def one_by_one() -> None:
        past = start
        for event in events:
            past = after(model, past, [event])

    single, chunk = _best(one_by_one, 5, 1), _best(lambda: after(model, start, events), 5, 1)
    print(f"\n64 events: one by one {single / 1000:.1f} ms, in one chunk {chunk / 1000:.1f} ms")
    assert chunk < single


def _run(model: OnnxModel, past: Past) -> None:
    every, none, heads = np.ones(TOKENS, np.float32), np.zeros(TOKENS, np.float32), np.ones(4, np.float32)
    steering = Steering(0.5, 10.0, np.ones(VOICES, np.float32), every, none, heads, 1.0)
    model.choose(past.state, past.last, steering, noise(1, 1))


def _best(act: Callable[[], object], runs: int = RUNS, steps: int = STEPS) -> float:
    """The lowest of the medians of several runs, in microseconds: what the machine can do when it is let."""
    medians = []
    for _ in range(runs):
        taken = []
        for _ in range(steps):
            start = time.perf_counter()
            act()
            taken.append(time.perf_counter() - start)
        medians.append(float(np.median(taken)))
    return min(medians) * 1e6
