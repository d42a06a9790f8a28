"""The phrase that is shipped, rehearsed in every mode with the shipped model: what holds in each."""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from tests.fakes import onsets, spans

from antiphon.core.due import Due
from antiphon.core.parameters import MODES, Parameters
from antiphon.core.rehearsal import LONGEST_END_S, rehearse, settled
from antiphon.core.session import Session
from antiphon.mind import models, onnx_model
from antiphon.music import midifile
from antiphon.music.scales import classes
from antiphon.offline import PHRASE

STEERED = {"turn": "pause", "lock": "D major", "lowest": 40, "highest": 84, "longest_rest": 2.0, "bars": 2}
PLAYER = settled(midifile.merged(midifile.read(PHRASE)))
STRUCK = [timed.time for timed in PLAYER if timed.message[0] & 0xF0 == 0x90 and timed.message[2]]
END = PLAYER[-1].time


@cache
def rehearsed(mode: str, seed: int = 1, polyphony: int = 4) -> tuple[Due, ...]:
    if not any((folder / "default.onnx").is_file() for folder in models.FOLDERS):
        pytest.skip("models/default.onnx is not there")
    parameters = Parameters().changed(**dict[str, Any](STEERED), mode=mode, seed=seed, polyphony=polyphony)
    return tuple(rehearse(Session(onnx_model.load("default"), parameters), PLAYER))


def notes(dues: tuple[Due, ...]) -> Iterator[tuple[int, float, float]]:
    return ((key, down, up) for key, down, up in spans(dues) if key < 128)


@pytest.mark.parametrize("mode", MODES)
def test_all_is_released_and_keeps_to_lock_range_and_polyphony(mode: str) -> None:
    found = list(notes(rehearsed(mode)))
    assert bool(found) is (mode != "listen")
    assert {key % 12 for key, _, _ in found} <= classes("D major")
    assert all(40 <= key <= 84 for key, _, _ in found)
    assert all(up - down <= 8.0 + 1e-6 for _, down, up in found)
    for _, at, _ in found:
        assert sum(down <= at < up for _, down, up in found) <= 4


@pytest.mark.parametrize("mode", ["reply", "solo", "duet", "harmony", "trade"])
def test_the_same_again_is_the_same_to_the_byte_and_another_seed_is_another(mode: str) -> None:
    first = rehearsed(mode)
    rehearsed.cache_clear()
    assert rehearsed(mode) == first
    assert rehearsed(mode, seed=2) != first


def test_no_note_comes_before_its_cause() -> None:
    causes = {
        "reply": END + 0.7,
        "solo": 0.0,
        "duet": STRUCK[0],
        "harmony": STRUCK[0],
        "trade": STRUCK[0] + 2 * 4 * 60 / 120.0,
    }
    for mode, cause in causes.items():
        begun = onsets(rehearsed(mode))
        assert begun[0] >= (cause if mode != "reply" else STRUCK[0] + 0.7) - 2e-5, mode


def test_alone_it_is_never_silent_longer_than_it_may_be_once_you_are() -> None:
    begun = [at for at in onsets(rehearsed("solo")) if at > END]
    edges = [END + 0.7, *begun, END + LONGEST_END_S]
    assert max(later - at for at, later in pairwise(edges)) <= 2.0 + 0.05


def test_in_a_duet_it_is_never_silent_longer_than_it_may_be_while_you_play() -> None:
    begun = [STRUCK[0], *(at for at in onsets(rehearsed("duet")) if at < END), END]
    assert max(later - at for at, later in pairwise(begun)) <= 2.0 + 0.05


def test_in_harmony_every_note_has_company_within_10_ms() -> None:
    begun = onsets(rehearsed("harmony", polyphony=128))
    alone = [at for at in STRUCK if not any(at <= each <= at + 0.01 for each in begun)]
    assert alone == []
