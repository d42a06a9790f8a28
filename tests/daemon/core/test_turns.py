"""Whose turn it is: by what the model expects, by a pedal, at the bar line."""

import math
from typing import Any

import pytest
from tests.fakes import FakeModel, Performance, Taste, off, on, onsets, spans, tread

from antiphon.core.parameters import Parameters
from antiphon.core.past import beginning
from antiphon.core.silence import SHORTEST_S, Breath, breath
from antiphon.core.survival import MOMENTS_S
from antiphon.music.events import Seconds

PHRASE = [(0.0, on(60)), (0.4, off(60)), (0.5, on(64)), (1.0, off(64))]
SOFT = b"\xb0\x43\x7f"


def begins(performance: Performance, until: float = 30.0) -> float:
    """When the answer begins; inf where there is none by then."""
    performance.until(until)
    return min(onsets(performance.dues), default=math.inf)


def answering(gap_s: float, **parameters: Any) -> float:
    """When the answer to PHRASE begins, by a model that expects a note every `gap_s`."""
    performance = Performance(FakeModel(Taste(gap_s)), turn="model", **parameters)
    performance.play_all(PHRASE)
    for at in range(1000, 13000, 10):
        performance.until(at / 1000)
        if performance.session.answering:
            return at / 1000
    raise AssertionError("no answer")


def expected(gap_s: float, since: float = 0.0) -> Breath:
    model = FakeModel(Taste(gap_s))
    return breath(model, beginning(model, since), Seconds(since), None)


def test_slow_music_gets_a_longer_breath_than_fast_music() -> None:
    fast, middle, slow = (answering(gap) - 1.0 for gap in (0.05, 0.3, 1.0))
    assert SHORTEST_S <= fast < middle < slow < 8.0


def test_patience_lengthens_every_breath() -> None:
    assert answering(0.3, patience=0.2) < answering(0.3) < answering(0.3, patience=5.0)


@pytest.mark.parametrize("patience", [0.05, 1.0, 10.0])
@pytest.mark.parametrize("gap_s", [0.0, 0.001, 0.2, 3.0, 1e6])
def test_whatever_is_expected_a_breath_ends(gap_s: float, patience: float) -> None:
    found = expected(gap_s, 5.0).ends(patience)
    assert 5.0 + SHORTEST_S - 1e-9 <= found <= 5.0 + MOMENTS_S[-1] + 1e-9


def test_what_has_passed_in_silence_already_shortens_what_is_left() -> None:
    model = FakeModel(Taste(0.5))
    first = expected(0.5)
    again = breath(model, beginning(model, 1.0), Seconds(0.0), first)
    assert again.carry == pytest.approx(-2.0, rel=1e-3)
    assert again.ends(1.0) == pytest.approx(first.ends(1.0), abs=0.1)


def test_another_silence_knows_nothing_of_the_one_before() -> None:
    model = FakeModel(Taste(0.5))
    assert breath(model, beginning(model, 1.0), Seconds(1.0), expected(0.5)).carry == 0.0


def test_a_held_key_keeps_the_turn_and_a_pedal_does_not() -> None:
    held = Performance(FakeModel(), turn="model")
    held.play_all([*PHRASE, (1.1, on(67))])
    assert begins(held) == math.inf
    pedalled = Performance(FakeModel(), turn="model")
    pedalled.play_all([*PHRASE[:-1], (0.9, tread(True)), PHRASE[-1]])
    assert begins(pedalled) < math.inf


def test_nothing_is_asked_of_the_model_while_notes_follow_quickly() -> None:
    asked, unasked = (FakeModel(), FakeModel())
    for model, turn in ((asked, "model"), (unasked, "pause")):
        performance = Performance(model, turn=turn)
        for n in range(50):
            performance.play_all([(n * 0.25, on(60)), (n * 0.25 + 0.1, off(60))])
        performance.until(49 * 0.25 + 0.1 + SHORTEST_S - 0.01)
    assert asked.calls == unasked.calls


def test_a_note_at_the_last_moment_keeps_the_turn() -> None:
    ends = answering(0.3)
    performance = Performance(FakeModel(Taste(0.3)), turn="model")
    performance.play_all([*PHRASE, (ends - 0.02, on(67))])
    performance.until(ends + 3.0)
    assert performance.dues == []


def test_a_pedal_says_that_it_is_our_turn_at_once_or_when_the_last_key_is_up() -> None:
    waiting = Performance(FakeModel(), turn="pedal")
    waiting.play_all(PHRASE)
    assert begins(waiting, 20.0) == math.inf
    waiting.play(20.5, SOFT)
    assert begins(waiting, 25.0) >= 20.5
    held = Performance(FakeModel(), turn="pedal")
    held.play_all([(0.0, on(60)), (0.5, SOFT), (2.0, off(60))])
    assert begins(held) >= 2.0
    spans([*held.dues, *held.close()])


def test_a_note_after_the_pedal_takes_the_turn_back() -> None:
    performance = Performance(FakeModel(), turn="pedal")
    performance.play_all([(0.0, on(60)), (0.5, SOFT), (0.6, on(62)), (2.0, off(60)), (2.1, off(62))])
    assert begins(performance) == math.inf


def test_the_pedal_may_be_any_controller() -> None:
    performance = Performance(FakeModel(), turn="pedal", turn_pedal=80)
    performance.play_all([*PHRASE, (2.0, SOFT), (3.0, b"\xb0\x50\x7f")])
    assert begins(performance) >= 3.0


@pytest.mark.parametrize("tempo", [60.0, 120.0, 240.0])
def test_at_the_bar_line_counted_from_the_first_note(tempo: float) -> None:
    performance = Performance(FakeModel(Taste(0.0)), turn="bar", tempo=tempo, beats=3)
    performance.play_all([(at + 2.0, message) for at, message in PHRASE])
    performance.until(30.0)
    bar = 3 * 60 / tempo
    first = performance.dues[0].time - 2.0
    assert first >= 1.0 + SHORTEST_S - 1e-9
    assert first / bar == pytest.approx(round(first / bar), abs=1e-3)


@pytest.mark.parametrize(
    ("parameters", "lasts"),
    [
        ({"reply": "beats", "reply_beats": 4, "tempo": 120.0}, 2.0),
        ({"reply": "beats", "reply_beats": 64, "tempo": 240.0}, 16.0),
        ({"reply": "seconds", "reply_seconds": 3.0}, 3.0),
        ({"reply": "phrase", "reply_shortest": 5.0, "reply_longest": 5.0}, 5.0),
    ],
)
def test_an_answer_lasts_as_long_as_is_asked_for(parameters: dict[str, Any], lasts: float) -> None:
    performance = Performance(FakeModel(Taste(0.05)), **parameters)
    performance.play_all(PHRASE)
    performance.until(60.0)
    begun = onsets(performance.dues)
    assert 1.7 + lasts - 1.0 < max(begun) < 1.7 + lasts
    spans(performance.dues)


def test_a_free_answer_ends_where_the_model_rests() -> None:
    restless = Performance(FakeModel(Taste(0.05)), reply="free", reply_longest=12.0)
    resting = Performance(FakeModel(Taste(4.0)), reply="free", reply_longest=12.0)
    for performance in (restless, resting):
        performance.play_all(PHRASE)
        performance.until(60.0)
        spans(performance.dues)
    assert max(onsets(restless.dues)) > 1.7 + 11.0
    assert 1.7 + 4.0 < max(onsets(resting.dues)) < 1.7 + 11.0


def test_by_default_the_model_decides() -> None:
    assert Parameters().turn == "model"
