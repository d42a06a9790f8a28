"""The arithmetic of what is played again, and on a small scale what memory makes of it, and what forgetting does."""

import numpy as np
import pytest
from tests.bench.repeats import LEAST, again, expected, longest, messages, runs, taken_up
from tests.training.pieces import Row, improvised, performance

from antiphon.core.parameters import Parameters
from antiphon.core.session import Session
from antiphon.mind import onnx_model

PHRASE = [60, 64, 67, 65, 62, 69, 72, 71, 67, 64]
OTHER = list(np.random.default_rng(1).permutation(np.arange(36, 60)))


def line(pitches: list[int], begins: int = 0, gap: int = 200) -> list[Row]:
    """One note after the other."""
    rows = list[Row]()
    for number, pitch in enumerate(pitches):
        at = begins + gap * number
        rows += [(at, int(pitch), 70, 0), (at + gap - 20, int(pitch), 0, 0)]
    return rows


def test_a_run_is_as_long_as_the_same_values_follow_one_another() -> None:
    found = runs(np.array([5, 1, 2, 3]), np.array([1, 2, 9, 1, 2, 3]))
    assert found.max(1).tolist() == [0, 1, 2, 3]
    assert found[3].tolist() == [0, 0, 0, 0, 0, 3]


def test_a_phrase_that_comes_again_is_found_note_by_note() -> None:
    found = again(performance(line([*PHRASE, *OTHER, *PHRASE])))
    assert found.first.tolist() == [2 * number for number in range(len(PHRASE))]
    assert found.second.tolist() == [2 * (len(PHRASE) + len(OTHER) + number) for number in range(len(PHRASE))]


@pytest.mark.parametrize(
    "pitches",
    [
        [*PHRASE, *OTHER],  # nothing comes again
        [*PHRASE[: LEAST - 1], *OTHER, *PHRASE[: LEAST - 1]],  # too little of it
        [*PHRASE, *PHRASE],  # at once
        [60, 62] * 40,  # a trill
    ],
)
def test_what_is_no_phrase_that_comes_again_is_not_taken_for_one(pitches: list[int]) -> None:
    assert len(again(performance(line(pitches))).second) == 0


def test_what_is_taken_up_is_counted_in_any_transposition() -> None:
    assert taken_up([50, 61, 65, 68, 66, 40], [60, 64, 67, 65]) == 4
    assert taken_up([61, 65, 68, 67], [60, 64, 67, 65]) == 0
    assert taken_up([], [60, 64, 67, 65]) == 0
    assert [longest(each, [60, 64, 67, 65]) for each in ([50, 61, 65, 68, 66, 40], [60, 61], [])] == [4, 0, 0]


@pytest.mark.bench
def test_a_phrase_is_expected_better_the_second_time_and_much_better_with_memory() -> None:
    """Of a phrase that nobody would expect: the same rows with as much else in between."""
    phrase = improvised(3, notes=24, treads=0)
    span = phrase[-1][0] + 400
    between = [(ms + span, key - 20, velocity, part) for ms, key, velocity, part in improvised(4, 40, 0)]
    later = between[-1][0] + 400
    rows = [*phrase, *between, *((ms + later, *rest) for ms, *rest in phrase)]
    piece = performance([(int(ms), int(key), int(velocity), 0) for ms, key, velocity, *_ in rows])
    first, second = slice(0, len(phrase)), slice(len(rows) - len(phrase), len(rows))
    plain, looking_back = (expected("default", piece, memory) for memory in (0.0, 1.0))
    for name, found in (("without", plain), ("with", looking_back)):
        print(f"\n{name} memory: {found[first].mean():.2f} nats an event, again {found[second].mean():.2f}", end="")
    assert looking_back[second].mean() < looking_back[first].mean() - 0.5
    assert looking_back[second].mean() < plain[second].mean() - 0.5


def test_after_forget_all_nothing_is_there_to_be_taken_up() -> None:
    session = Session(onnx_model.load("default"), Parameters().changed(mode="listen", memory=1.0))
    for timed in messages(performance(line(PHRASE * 2))):
        session.receive(timed.message, timed.time)
        session.advance(timed.time + 0.1)
    trace = session.memory.past.state.trace
    assert trace is not None
    assert len(trace.moments) > len(PHRASE)
    session.act("forget-all", 10.0)
    emptied = session.memory.past.state.trace
    assert emptied is not None
    assert len(emptied.moments) == 0
