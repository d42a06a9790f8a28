"""From performances to batches: what is asked lines up with what was heard, and the keys are those of the hands."""

from collections.abc import Sequence

import numpy as np
from tests.training.pieces import Row, improvised, performance

from antiphon.music import vocabulary
from antiphon.music.events import Voice
from antiphon.music.keyboard import NEVER, TOUCH, Keyboard
from antiphon.music.vocabulary import BEGIN, KEYS
from antiphon_training.dataset import Batch, Board

PHRASE: list[Row] = [(0, 60, 80, 0), (250, 64, 70, 0), (400, 60, 0, 0), (400, 128, 127, 0), (900, 64, 0, 0)]


def laid(rows: Sequence[Row], window: int) -> list[Batch]:
    """All windows of one piece."""
    board, piece = Board(1), performance(rows)
    return [board.window([(piece, place)], window) for place in range(0, len(piece), window)]


def test_a_window_asks_for_what_follows_each_event_it_tells() -> None:
    [batch] = laid(PHRASE, 8)
    assert batch.event[0, :5].tolist() == [[0, BEGIN, 0], [0, 60, 80], [0, 64, 70], [0, 60 + KEYS, 0], [0, 128, 0]]
    assert batch.target[0, :5].tolist() == [
        [0, 0, 60, 80],
        [250, 0, 64, 70],
        [150, 0, 60 + KEYS, 0],
        [0, 0, 128, 0],
        [500, 0, 64 + KEYS, 0],
    ]
    assert batch.dt[0, :5].tolist() == [np.float32(dt) for dt in (0.0, 0.0, 0.25, 0.15, 0.0)]
    assert batch.counted[0].tolist() == [True] * 5 + [False] * 3


def test_windows_of_any_length_tell_and_ask_the_same() -> None:
    rows = improvised(1)
    whole, parts = laid(rows, 256)[0], laid(rows, 16)
    for name in ("dt", "event", "keys", "target"):
        joined = np.concatenate([getattr(part, name) for part in parts], 1)[:, : len(rows)]
        assert np.array_equal(joined, getattr(whole, name)[:, : len(rows)]), name
    assert np.concatenate([part.counted for part in parts], 1).sum() == len(rows)


def test_the_keys_are_those_the_daemon_sees_after_the_same_events() -> None:
    rows = improvised(2, parts=(1, 2))
    batch = laid(rows, 256)[0]
    keyboard = Keyboard.untouched()
    for number, (ms, key, velocity, part) in enumerate(rows, 1):
        if number < len(rows):
            token = key + (0 if velocity else KEYS)
            keyboard = keyboard.after(vocabulary.event_of(ms / 1000, token, velocity, Voice(part)))
            np.testing.assert_allclose(batch.keys[0, number], keyboard.ages(ms / 1000), rtol=1e-6, atol=1e-9)


def test_a_row_that_begins_a_piece_forgets_the_piece_before() -> None:
    board, piece = Board(2), performance(PHRASE)
    first = board.window([(piece, 0), (piece, 0)], 3)
    second = board.window([(piece, 3), (piece, 0)], 3)
    assert first.fresh.tolist() == [True, True]
    assert second.fresh.tolist() == [False, True]
    assert second.keys[0, 0, 0, 64] > 0
    assert np.unique(second.keys[1, 0]).tolist() == [np.float32(NEVER - TOUCH)]


def test_a_board_goes_on_from_what_it_kept() -> None:
    piece = performance(improvised(3))
    board, other = Board(1), Board(1)
    board.window([(piece, 0)], 20)
    other.keep(*board.kept())
    assert np.array_equal(board.window([(piece, 20)], 20).keys, other.window([(piece, 20)], 20).keys)


def test_the_voices_of_a_row_are_the_one_or_the_two_that_play_in_it() -> None:
    board, alone, together = Board(2), performance(PHRASE), performance(improvised(4, parts=(1, 2)))
    batch = board.window([(alone, 0), (together, 0)], 4)
    assert batch.voices.tolist() == [[True, False, False], [False, True, True]]
