"""How a pass through a piece may differ from the file, and what never changes: every release has its start."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.training.pieces import Row, corpus_of, improvised, orphans, performance

from antiphon.music.vocabulary import PEDAL_KEY
from antiphon_training.performance import NO_PEDAL, PLAIN, Augmentation, from_the_middle, perform

WILD = Augmentation((-60, 60), (0.2, 5.0), (0.2, 5.0), 0.0, 0.0, 0.5, 0.5)
SHORT: list[Row] = [
    (0, 60, 80, 0),
    (1, 60, 0, 0),
    (1, 60, 90, 0),
    (1, 64, 70, 0),
    (1, 64, 0, 0),
    (3, 60, 0, 0),
    (4, 67, 1, 0),
    (9, 67, 0, 0),
]


def played(rows: list[Row], how: Augmentation, seed: int = 0) -> list[tuple[int, int, int, int]]:
    corpus = corpus_of(rows)
    found = perform(corpus.pieces[0], corpus.records, how, np.random.default_rng(seed))
    return list(zip(*(array.tolist() for array in (found.ms, found.key, found.velocity, found.voice)), strict=True))


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10**6), start=st.floats(0, 1), parts=st.sampled_from([(0,), (1, 2)]))
def test_no_change_and_no_start_in_the_middle_leaves_a_release_without_its_start(
    seed: int, start: float, parts: tuple[int, ...]
) -> None:
    corpus = corpus_of(improvised(seed, parts=parts))
    found = perform(corpus.pieces[0], corpus.records, WILD, np.random.default_rng(seed))
    assert orphans(found) == []
    assert orphans(from_the_middle(found, int(start * len(found)))) == []


@pytest.mark.parametrize("tempo", [0.1, 0.4, 0.6, 3.0])
def test_the_shortest_notes_stay_paired_at_any_tempo(tempo: float) -> None:
    how = replace(PLAIN, tempo=(tempo, tempo), true_tempo=0.0)
    assert [row[1:] for row in played(SHORT, how)] == [row[1:] for row in SHORT]
    assert [row[0] for row in played(SHORT, how)] == [round(row[0] * tempo) for row in SHORT]


def test_a_plain_performance_is_the_file_with_its_parts_merged() -> None:
    rows = improvised(5, parts=(1, 2))
    assert played(rows, PLAIN) == [(ms, key, velocity, 0) for ms, key, velocity, _ in rows]


def test_so_many_passes_as_are_asked_for_keep_key_tempo_and_dynamics() -> None:
    rows = improvised(5)
    as_written = played(rows, PLAIN)
    how = Augmentation(pedal_left_out=0.0, in_parts=0.0, exact=1.0, true_tempo=0.0, true_velocity=0.0, unchanged=0.5)
    kept = sum(played(rows, how, seed) == as_written for seed in range(60))
    assert 15 < kept < 45
    assert sum(played(rows, replace(how, unchanged=1.0), seed) == as_written for seed in range(20)) == 20
    assert sum(played(rows, replace(how, unchanged=0.0), seed) == as_written for seed in range(20)) == 0


def test_without_the_pedal_all_but_the_pedal_is_as_it_was() -> None:
    rows = improvised(6)
    assert played(rows, NO_PEDAL) == [row for row in rows if row[1] != PEDAL_KEY]


def test_a_piece_in_parts_keeps_who_played_what() -> None:
    rows = improvised(7, parts=(1, 2))
    assert played(rows, replace(PLAIN, in_parts=1.0)) == rows


@pytest.mark.parametrize("seed", range(20))
def test_every_key_of_a_transposed_piece_moves_as_far_and_stays_on_the_keyboard(seed: int) -> None:
    rows = [(0, 2, 80, 0), (5, 120, 70, 0), (6, 128, 127, 0), (9, 2, 0, 0), (9, 120, 0, 0), (9, 128, 0, 0)]
    keys = [row[1] for row in played(rows, replace(PLAIN, transpose=(-40, 40)), seed)]
    shift = keys[0] - 2
    assert keys == [2 + shift, 120 + shift, 128, 2 + shift, 120 + shift, 128]
    assert -2 <= shift <= 7


def test_a_louder_piece_stays_within_what_midi_knows() -> None:
    rows = [(0, 60, 1, 0), (5, 64, 120, 0), (9, 60, 0, 0), (9, 64, 0, 0)]
    for gain in (0.01, 9.0):
        how = replace(PLAIN, velocity=(gain, gain), true_velocity=0.0)
        assert {row[2] for row in played(rows, how)} <= {0, 1, 9, 127}
        assert [row[2] > 0 for row in played(rows, how)] == [True, True, False, False]


def test_a_start_in_the_middle_keeps_all_later_notes_whole() -> None:
    found = from_the_middle(performance(SHORT), 3)
    assert found.key.tolist() == [64, 64, 67, 67]
    assert from_the_middle(performance(SHORT), 8).ms.tolist() == []
