"""Pieces such as people play, made here, in every mode with the shipped model, and all that was promised afterwards."""

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tests.fakes import off, on, onsets, spans, tread

from antiphon.core.due import Due
from antiphon.core.modes import bars
from antiphon.core.parameters import MODES, TURNS, Parameters
from antiphon.core.rehearsal import LONGEST_END_S, rehearse
from antiphon.core.session import Session
from antiphon.core.silence import SHORTEST_S
from antiphon.core.survival import MOMENTS_S
from antiphon.mind.onnx_model import OnnxModel, load
from antiphon.music import scales
from antiphon.music.events import Seconds
from antiphon.music.wire import Timed

LOCK, LOW, HIGH, VOICES, REST_S = "D dorian", 45, 88, 4, 2.0
STEERED: dict[str, Any] = {
    "lock": LOCK,
    "lowest": LOW,
    "highest": HIGH,
    "polyphony": VOICES,
    "longest_rest": REST_S,
    "longest_note": 4.0,
    "bars": 1,
}


@cache
def model() -> OnnxModel:
    return load("default")


def sent(rows: list[tuple[float, int, bytes]]) -> tuple[Timed, ...]:
    return tuple(Timed(Seconds(at), message) for at, _, message in sorted(rows))


def staccato() -> tuple[Timed, ...]:
    """Single notes with air between them, in two phrases."""
    rng, rows = np.random.default_rng(1), list[tuple[float, int, bytes]]()
    for n in range(24):
        at, pitch = 1.0 + n * 0.22 + 3.0 * (n >= 12), int(rng.integers(55, 80))
        rows += [(at, 1, on(pitch, 50 + n)), (at + 0.08, 0, off(pitch))]
    return sent(rows)


def chords() -> tuple[Timed, ...]:
    """Both hands over a pedal that is changed with each chord, the left hand held long."""
    rows = list[tuple[float, int, bytes]]()
    for n, root in enumerate((50, 55, 48, 53, 50, 57)):
        at = 0.5 + n * 1.1
        rows += [(at + 0.02, 2, tread(True)), (at + 1.0, 0, tread(False))]
        for k, pitch in enumerate((root - 12, root + 12, root + 16, root + 19)):
            rows += [(at + 0.01 * k, 1, on(pitch, 70)), (at + (1.05 if k == 0 else 0.5), 0, off(pitch))]
    return sent(rows)


def repeated() -> tuple[Timed, ...]:
    """One key over and over, faster than the model is asked, then a long note."""
    rows = [(0.3 + n * 0.09, 1, on(62, 60 + n)) for n in range(40)]
    rows += [(0.35 + n * 0.09, 0, off(62)) for n in range(40)]
    return sent([*rows, (5.0, 1, on(69, 90)), (8.0, 0, off(69))])


PIECES = {each.__name__: each() for each in (staccato, chords, repeated)}


@cache
def played(mode: str, piece: str, turn: str = "model") -> tuple[Due, ...]:
    parameters = Parameters().changed(mode=mode, turn=turn, **STEERED)
    return tuple(rehearse(Session(model(), parameters), PIECES[piece]))


def struck(piece: str) -> list[float]:
    return [t.time for t in PIECES[piece] if t.message[0] == 0x90]


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("mode", MODES)
def test_all_is_released_and_every_promise_kept(mode: str, piece: str) -> None:
    found = spans(played(mode, piece))
    begun = [(down, up, key) for key, down, up in found if key != 128]
    inside = scales.classes(LOCK)
    assert {key % 12 for *_, key in begun} <= inside
    assert all(LOW <= key <= HIGH for *_, key in begun)
    assert all(up - down <= 4.0 + 1e-6 for down, up, _ in begun)
    at_once = [sum(1 for down, up, _ in begun if down <= at < up) for at, *_ in begun]
    assert max(at_once, default=0) <= VOICES
    assert bool(begun) is (mode != "listen")


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("mode", MODES)
def test_no_note_comes_before_its_cause(mode: str, piece: str) -> None:
    first, begun = struck(piece)[0], onsets(played(mode, piece))
    steered = Parameters().changed(**STEERED)
    one_bar = bars(steered) * 60 / float(steered.tempo)
    waits = {"reply": first + SHORTEST_S, "duet": first, "harmony": first, "solo": 0.0, "trade": first + one_bar}
    assert min(begun, default=np.inf) >= waits.get(mode, np.inf) - 1e-6


@pytest.mark.parametrize("piece", PIECES)
def test_in_turn_it_plays_only_while_the_player_does_not(piece: str) -> None:
    for mode in ("reply", "solo"):
        for at in onsets(played(mode, piece)):
            down = [t for t in PIECES[piece] if t.time < at and t.message[0] & 0xE0 == 0x80]
            held = sum(1 if t.message[0] == 0x90 else -1 for t in down)
            assert not held, (mode, at)


@pytest.mark.parametrize("piece", PIECES)
def test_it_is_never_silent_for_longer_than_the_mode_says(piece: str) -> None:
    end = PIECES[piece][-1].time
    latest = end + MOMENTS_S[-1]
    alone = [at for at in onsets(played("solo", piece)) if at > end]
    assert alone[0] <= latest + REST_S
    assert max(later - at for at, later in pairwise([*alone, end + LONGEST_END_S])) <= REST_S + 0.05
    with_you = [struck(piece)[0], *(at for at in onsets(played("duet", piece)) if at < end), end]
    assert max(later - at for at, later in pairwise(with_you)) <= REST_S + 0.05
    assert any(end < at <= latest + 0.6 for at in onsets(played("reply", piece)))


@pytest.mark.parametrize("mode", MODES)
def test_the_same_piece_is_played_the_same_way_twice(mode: str) -> None:
    first = played(mode, "chords")
    played.cache_clear()
    assert played(mode, "chords") == first


@pytest.mark.parametrize("turn", TURNS)
def test_whoever_ends_the_phrase_nothing_is_left_hanging(turn: str) -> None:
    begun = [down for key, down, _ in spans(played("reply", "staccato", turn)) if key != 128]
    assert bool(begun) is (turn != "pedal")
