"""Every shipped scene to every other in every state: nothing hangs, nothing of the player's is cut, music goes on."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

import pytest
from tests.fakes import FakeModel, Performance, Taste, off, on, onsets, spans, tread

from antiphon.core.modes import MODES
from antiphon.core.parameters import Parameters
from antiphon.core.scenes import SHIPPED, Scene, staged
from antiphon.music.events import Voice

LIVELY: Final = Taste(0.1, starts=2.0)
TURNED: Final[dict[str, Any]] = {
    "turn": "pause",
    "reply": "seconds",
    "reply_seconds": 20.0,
    "yield_within": 1.0,
    "go_on": 20.0,
}
"""So that a state lasts until it is looked at."""
SCENES: Final = {scene.name: scene for scene in staged({}, Parameters().changed(**TURNED), "default")}
PLAYS: Final = {name: not MODES[str(scene.values["mode"])].silent for name, scene in SCENES.items()}
"""Whether a scene plays by itself."""


def voice(name: str) -> Voice:
    """In which voice a scene plays; in another nobody would let go of what sounds, so that it ends."""
    return MODES[str(SCENES[name].values["mode"])].voices(Parameters(SCENES[name].values))[0]


def phrase(one: Performance, last: float = 0.2) -> None:
    """From 1.0 to 1.95, or with the last key down for so long."""
    for n in range(4):
        one.play(1.0 + n * 0.25, on(60 + n))
        if n < 3 or last < 1:
            one.play(1.2 + n * 0.25, off(60 + n))


def untouched(one: Performance) -> None:
    one.until(0.5)


def key_down(one: Performance) -> None:
    phrase(one, last=30.0)
    one.play(2.0, tread(True))
    one.until(2.5)


def silent_behind(one: Performance) -> None:
    phrase(one)
    one.until(2.3)


def playing(one: Performance) -> None:
    phrase(one)
    one.until(11.3)


def playing_with_a_key_down(one: Performance) -> None:
    phrase(one)
    one.until(11.0)
    one.play(11.0, on(40))
    one.until(11.2)


def resting(one: Performance) -> None:
    playing(one)
    one.act(11.4, "hold")
    one.until(12.0)


def stopped_by_a_clock(one: Performance) -> None:
    one.play(0.5, b"\xfa")
    for n in range(24 * 8):
        one.play(0.5 + n / 48, b"\xf8")
    one.play(4.6, on(60))
    one.play(4.8, b"\xfc")
    one.until(5.0)


STATES: Final[dict[str, Callable[[Performance], None]]] = {
    each.__name__: each
    for each in (
        untouched,
        key_down,
        silent_behind,
        playing,
        playing_with_a_key_down,
        resting,
        stopped_by_a_clock,
    )
}


def performance(name: str, state: str, seed: int = 1) -> Performance:
    one = Performance(FakeModel(LIVELY), **{**dict[str, Any](SCENES[name].values), "seed": seed})
    STATES[state](one)
    return one


def switched(one: Performance, scene: Scene, when: str, model: FakeModel) -> float:
    """Switch, and wait until the scene has begun: its moment."""
    assert one.session.switch(scene.name, Parameters(scene.values), model, when, one.now) == []
    called = one.now
    while one.session.scene != scene.name:
        one.until(min(called + 2.5, max(one.now, one.session.deadline or 0.0)))
        assert one.now < called + 2.5 or one.session.scene == scene.name
    return one.now


def let_go(one: Performance, at: float) -> None:
    """The player lets go of all, and what was held or stopped goes on."""
    one.play(at, *(off(key) for key in (40, 60, 61, 62, 63)), tread(False), b"\xfb")
    one.act(at, "resume")


@pytest.mark.parametrize(
    ("state", "when"), [*((state, "at once") for state in STATES), ("key_down", "bar"), ("playing", "bar")]
)
@pytest.mark.parametrize("after", SHIPPED)
@pytest.mark.parametrize("before", SHIPPED)
def test_nothing_hangs_and_nothing_of_the_player_s_is_cut(before: str, after: str, state: str, when: str) -> None:
    one, scene = performance(before, state), SCENES[after]
    held, sounding, answer = one.session.held, set(one.session.sounding), one.session.memory.answer
    at = switched(one, scene, when, FakeModel(LIVELY))
    assert dict(one.session.parameters.values) == dict(scene.values)
    assert one.session.held == held
    if answer and not answer.leaving and PLAYS[after] and when == "at once":
        assert one.session.answering
        ended = sounding - set(one.session.sounding)
        assert voice(before) is not voice(after) or len(ended) <= 1, "what sounds ends as it would have"
    let_go(one, at + 3.0)
    one.until(at + 8.0)
    one.play(at + 8.0, on(72))
    one.play(at + 8.2, off(72))
    one.until(at + 12.0)
    one.close()
    spans(one.dues)


@pytest.mark.parametrize("after", [name for name, plays in PLAYS.items() if plays])
@pytest.mark.parametrize("before", [name for name, plays in PLAYS.items() if plays])
def test_what_plays_goes_on_in_the_other_scene_with_a_gap_of_less_than_a_note(before: str, after: str) -> None:
    across, others = list[float](), list[float]()
    for seed, moment in enumerate((10.9, 11.3, 11.8), 1):  # with one seed all three would be the same until the switch
        one = performance(before, "silent_behind", seed)
        one.until(moment)
        assert one.session.answering
        at = switched(one, SCENES[after], "at once", FakeModel(LIVELY))
        one.until(at + 4.0)
        for earlier, later in pairwise(onsets(one.dues)):
            (across if earlier <= at < later else others).append(later - earlier)
        one.close()
        spans(one.dues)
    assert len(across) == 3
    assert max(across) < min(1.5, 1.1 * max(others))  # three draws against hundreds
