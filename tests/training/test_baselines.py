"""The n-grams score what their definition says, counted here one event at a time."""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from tests.training.pieces import Row, corpus_of, improvised

from antiphon.music.vocabulary import PEDAL_KEY
from antiphon_training.baselines import EDGES_MS, baselines, witten_bell

TAUGHT = [improvised(seed, notes=200) for seed in range(3)]
ASKED = [improvised(seed, notes=80, parts=(1, 2)) for seed in (10, 11)]
Told = tuple[Hashable, list[Hashable]]
"""A symbol, and the contexts in which it is counted, from short to long."""


def told(piece: Sequence[Row]) -> dict[str, list[Told]]:
    """The events of a piece, term by term."""
    found, notes, sounding = defaultdict[str, list[Told]](list), [row for row in piece if row[1] < PEDAL_KEY], 0
    before, last, earlier, pitches, loud = 2, notes[0][0], -1, [-1, -2, -3], -1
    for ms, key, velocity, _ in notes:
        starts, bin_ = int(velocity > 0), int(np.searchsorted(EDGES_MS, min(ms - last, 20_000), side="right")) - 1
        found["kind"].append((starts, [0, min(sounding, 15)]))
        found["time"].append((bin_, [0, (before, starts)]))
        found["time after time"].append((bin_, [0, earlier]))
        found["width"].append((int(EDGES_MS[bin_ + 1] - EDGES_MS[bin_]), []))
        if starts:
            found["pitch"].append((key, [tuple(pitches[:order]) for order in range(4)]))
            found["velocity"].append((velocity, [0, loud]))
            pitches, loud = [key, *pitches], velocity
        else:
            found["release"].append((sounding, []))
        before, last, earlier = starts, ms, bin_
        sounding += 1 if starts else -1
    return found


def nats(taught: Sequence[Told], asked: Sequence[Told], size: int, orders: int) -> float:
    """Minus the logs of what was asked, with so many contexts, from the definition."""
    after = [defaultdict[Hashable, Counter[Hashable]](Counter) for _ in range(orders)]
    for symbol, contexts in taught:
        for order in range(orders):
            after[order][contexts[order]][symbol] += 1
    total = 0.0
    for symbol, contexts in asked:
        chance = 1 / size
        for order in range(orders):
            counted = after[order].get(contexts[order])
            if counted:
                chance = (counted[symbol] + len(counted) * chance) / (counted.total() + len(counted))
        total -= math.log(chance)
    return total


def test_every_term_is_counted_as_defined() -> None:
    taught, asked = ([told(piece) for piece in pieces] for pieces in (TAUGHT, ASKED))

    def term(name: str, size: int, orders: int) -> float:
        one, other = ([row for piece in pieces for row in piece[name]] for pieces in (taught, asked))
        return nats(one, other, size, orders)

    def of(name: str) -> list[int]:
        return [int(symbol) for piece in asked for symbol, _ in piece[name]]  # type: ignore[call-overload]

    found = baselines([corpus_of(*TAUGHT)], [("made", corpus_of(*ASKED))])
    onsets, releases, events = len(of("pitch")), len(of("release")), len(of("kind"))
    assert found["total"]["events"] == events == onsets + releases
    assert found["orders"]["kind"] == pytest.approx([term("kind", 2, 2) / events], abs=1e-6)
    assert found["orders"]["release"] == pytest.approx([np.log(of("release")).sum() / releases], abs=1e-6)
    pitches = [term("pitch", 128, order + 1) / onsets for order in range(4)]
    assert found["orders"]["pitch"] == pytest.approx(pitches, abs=1e-6)
    velocities = [term("velocity", 127, order + 1) / onsets for order in range(2)]
    assert found["orders"]["velocity"] == pytest.approx(velocities, abs=1e-6)
    widths, bins = np.log(of("width")).sum(), len(EDGES_MS) - 1
    counted = [term("time", bins, 1), term("time after time", bins, 2), term("time", bins, 2)]
    assert found["orders"]["time"] == pytest.approx([(each + widths) / events for each in counted], abs=1e-6)


def test_the_scores_take_the_best_order_of_each_term_and_add_up() -> None:
    found = baselines([corpus_of(*TAUGHT)], [(str(number), corpus_of(piece)) for number, piece in enumerate(ASKED)])
    best, onsets = {name: min(each) for name, each in found["orders"].items()}, 0.5
    total = found["total"]
    assert [row["name"] for row in found["sets"]] == ["0", "1"]
    assert total["terms"]["time"] == pytest.approx(best["time"], abs=1e-5)
    assert total["terms"]["velocity"] == pytest.approx(onsets * best["velocity"], abs=1e-5)
    together = best["kind"] + onsets * best["pitch"] + (1 - onsets) * best["release"]
    assert total["terms"]["kind+pitch"] == pytest.approx(together, abs=1e-5)
    assert total["nats_per_event"] == pytest.approx(sum(total["terms"].values()), abs=1e-5)
    weighed = sum(row["events"] * row["nats_per_event"] for row in found["sets"]) / total["events"]
    assert total["nats_per_event"] == pytest.approx(weighed, abs=1e-5)


def test_the_pedal_is_passed_over() -> None:
    without = [[row for row in piece if row[1] < PEDAL_KEY] for piece in ASKED]
    taught = [corpus_of(*TAUGHT)]
    assert baselines(taught, [("x", corpus_of(*ASKED))]) == baselines(taught, [("x", corpus_of(*without))])


def test_chances_sum_to_one_whatever_was_counted() -> None:
    rng = np.random.default_rng(1)
    symbols, contexts = rng.integers(0, 5, 40), [np.zeros(40, np.int64), rng.integers(0, 3, 40)]
    every = np.arange(7)
    for context in range(4):  # The last was never met.
        asked = (every, [np.zeros(7, np.int64), np.full(7, context)])
        for chances in witten_bell((symbols, contexts), asked, 7):
            assert chances.sum() == pytest.approx(1)


def test_the_times_have_a_bin_each_to_32_ms_and_then_eight_an_octave_to_20_s() -> None:
    assert EDGES_MS[:34].tolist() == list(range(34))
    assert EDGES_MS[-2:].tolist() == [20_000, 20_001]
    growth = [after / before for before, after in pairwise(EDGES_MS[EDGES_MS >= 256][:-2])]
    assert growth == pytest.approx([2 ** (1 / 8)] * len(growth), abs=0.005)
