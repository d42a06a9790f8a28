"""Scenes: switched in every mode and at every moment, nothing hangs, the player's stays, and the music goes on."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes import FakeModel, Performance, Taste, off, on, onsets, spans

from antiphon.core.parameters import MODES, Parameters
from antiphon.core.prime import BEHIND_S, World, primed
from antiphon.core.scenes import SHIPPED, called, checked, staged
from antiphon.errors import ParameterError
from antiphon.music.events import Voice, note_off, note_on
from antiphon.music.keyboard import NEVER

LIVELY = Taste(0.1, starts=2.0)
CALLED = (1.13, 2.1, 3.7)
"""In the phrase with a key down, in the silence behind it, in what is played then."""


def performance(mode: str, **parameters: Any) -> Performance:  # of any parameter's type
    return Performance(FakeModel(LIVELY), mode=mode, **parameters)


def switch(one: Performance, moment: float, model: FakeModel, when: str = "at once", **parameters: Any) -> None:
    one.until(moment)
    wanted = Parameters().changed(**{"turn": "pause", **parameters})
    assert one.session.switch("other", wanted, model, when, moment) == []


def phrase(start: float) -> list[tuple[float, bytes]]:
    return [(start + n * 0.25 + late, (off if late else on)(60 + n)) for n in range(4) for late in (0.0, 0.2)]


def played_through(one: Performance, moment: float, model: FakeModel, when: str, **parameters: Any) -> None:
    """The phrase from 1.0 to 1.95, and the switch somewhere in it."""
    for at, message in phrase(1.0):
        if moment is not None and moment <= at:
            switch(one, moment, model, when, **parameters)
            moment = float("inf")
        one.play(at, message)
    if moment < float("inf"):
        switch(one, moment, model, when, **parameters)


@pytest.mark.parametrize("when", ["at once", "beat", "bar"])
@pytest.mark.parametrize("before", MODES)
@pytest.mark.parametrize("after", MODES)
def test_switched_from_any_mode_to_any_other_nothing_hangs_and_both_models_agree(
    before: str, after: str, when: str
) -> None:
    for moment in CALLED:
        one, other = performance(before), FakeModel(LIVELY)
        played_through(one, moment, other, when, mode=after)
        one.until(moment + 2.5)
        assert one.session.scene == "other"
        assert one.session.model is other
        assert one.session.parameters.mode == after
        one.until(8.0)
        for at, message in phrase(8.0):
            one.play(at, message)
        one.until(14.0)
        one.close()
        spans(one.dues)


def test_a_solo_goes_on_in_another_scene_with_a_gap_of_less_than_a_note() -> None:
    one, other = performance("solo"), FakeModel(LIVELY)
    switch(one, 10.0, other, mode="solo")
    one.until(20.0)
    begun = onsets(one.dues)
    across = min(at for at in begun if at > 10.0) - max(at for at in begun if at <= 10.0)
    gaps = [later - at for at, later in pairwise(begun)]
    assert across <= max(gap for gap in gaps if gap != across)
    assert across < 1.0


def test_what_sounds_of_ours_when_the_model_changes_ends_as_it_would_and_is_not_cut() -> None:
    cuts = 0
    for moment in (10.0, 11.3, 12.7):
        one, other = performance("solo"), FakeModel(LIVELY)
        one.until(moment)
        switch(one, moment, other, mode="solo")
        one.until(moment + 20)
        one.close()
        cuts += sum(abs(up - moment) < 1e-6 for _, _, up in spans(one.dues))
    assert cuts == 0


def test_the_new_model_has_heard_what_happened_before_it_plays() -> None:
    one, other = performance("reply", reply_longest=6.0), FakeModel(LIVELY)
    for at, message in phrase(1.0):
        one.play(at, message)
    switch(one, 2.0, other, mode="reply")
    one.until(20.0)
    assert other.bases
    heard = [each.event.pitch for each in other.bases[0] if each.event]
    assert heard == [60, 60, 61, 61, 62, 62, 63, 63]


def test_a_long_past_is_told_in_pieces_and_only_the_recent_part_of_it() -> None:
    one, other = performance("listen"), FakeModel(LIVELY)
    for number in range(400):
        one.play(1.0 + number * 0.05, on(40 + number % 40))
        one.play(1.02 + number * 0.05, off(40 + number % 40))
    before = other.calls
    switch(one, 30.0, other, mode="listen")
    one.until(31.0)
    assert len(other.heard(one.session.memory.past.state)) <= 256
    assert other.calls - before == 256 / 16


@pytest.mark.parametrize(("when", "at"), [("beat", 10.5), ("bar", 11.0)])
def test_a_scene_waits_for_its_beat_or_bar_and_all_goes_on_until_then(when: str, at: float) -> None:
    one, other = performance("solo", tempo=120.0, longest_rest=0.5), FakeModel(LIVELY)
    one.act(9.0, "tap")
    switch(one, 10.1, other, when, mode="listen")
    one.until(at - 0.001)
    assert one.session.scene == ""
    assert any(moment > 10.1 for moment in onsets(one.dues))
    one.until(at + 0.001)
    assert one.session.scene == "other"
    spans(one.dues)
    one.until(20.0)
    assert max(onsets(one.dues)) < at


def test_another_model_alone_takes_over_under_what_is_turned_meanwhile_and_the_scene_stays() -> None:
    for mode in MODES:
        one, other = performance(mode, density=3.0), FakeModel(LIVELY)
        for at, message in phrase(1.0):
            one.play(at, message)
        one.until(2.5)
        assert one.session.switch(one.session.scene, None, other, "at once", 2.5) == []
        one.change(2.5, density=5.0)
        one.until(3.0)
        assert one.session.model is other
        assert (one.session.scene, one.session.parameters.mode, one.session.parameters.density) == ("", mode, 5.0)
        one.until(12.0)
        one.close()
        spans(one.dues)


@pytest.mark.parametrize("when", ["at once", "bar"])
def test_what_is_turned_while_a_scene_is_on_its_way_holds_in_it_where_it_goes_with_its_own(when: str) -> None:
    one, other = performance("solo", tempo=120.0), FakeModel(LIVELY)
    one.until(9.99)
    switch(one, 10.1, other, when, mode="duet", density=2.0, tempo=90.0, lowest=60, highest=90)
    one.change(10.1, density=5.0, patience=0.5, tempo=120.0)
    one.change(10.1, highest=50)
    one.until(20.0)
    found = one.session.parameters
    assert (one.session.scene, found.mode, found.density, found.patience) == ("other", "duet", 5.0, 0.5)
    assert (found.lowest, found.highest, found.tempo) == (60, 90, 120.0), "also what was so before"


def test_the_last_scene_that_is_called_for_is_the_one_that_comes() -> None:
    one, first, second = performance("solo"), FakeModel(LIVELY), FakeModel(LIVELY)
    switch(one, 5.0, first, "bar", mode="solo")
    switch(one, 5.01, second, "bar", mode="duet")
    one.until(10.0)
    assert one.session.model is second
    assert first.bases == []


def test_a_phrase_of_the_player_s_is_not_lost_by_a_switch() -> None:
    one, other = performance("listen"), FakeModel(LIVELY)
    for at, message in phrase(1.0):
        one.play(at, message)
    switch(one, 2.0, other, mode="reply")
    one.until(10.0)
    assert onsets(one.dues)[0] == pytest.approx(1.95 + 0.7, abs=0.6)


@settings(deadline=None, max_examples=40)
@given(
    mode=st.sampled_from(MODES),
    said=st.lists(
        st.tuples(
            st.sampled_from((0.0, 0.01, 0.3, 1.0)) | st.floats(0, 3),
            st.sampled_from((on(60), off(60), on(64), b"\xf8", b"\xfa", b"\xfc", "again", "forget", "hold", "resume"))
            | st.tuples(st.sampled_from(MODES), st.sampled_from(("at once", "beat", "bar")), st.booleans()),
        ),
        max_size=30,
    ),
)
def test_whatever_is_switched_and_said_nothing_hangs(mode: str, said: list[Any]) -> None:
    first, second, now = FakeModel(LIVELY), FakeModel(Taste(0.3)), 3.0
    one = Performance(first, mode=mode)
    for at, message in phrase(1.0):
        one.play(at, message)
    for gap, what in said:
        now += gap
        if isinstance(what, tuple):
            switch(one, now, second if what[2] else first, what[1], mode=what[0])
        elif isinstance(what, str):
            one.act(now, what)
        else:
            one.play(now, what)
    one.until(now + 3.0)
    one.close()
    spans(one.dues)


def test_the_shipped_scenes_are_all_playable_and_each_is_itself() -> None:
    scenes = staged({}, Parameters(), "default")
    assert [scene.name for scene in scenes] == list(SHIPPED)
    for scene in scenes:
        one = Performance(FakeModel(LIVELY), **dict[str, Any](scene.values))
        for at, message in phrase(1.0):
            one.play(at, message)
        one.until(40.0)
        one.close()
        assert spans(one.dues), scene.name


def test_a_declared_scene_changes_a_shipped_one_or_adds_to_them() -> None:
    declared: dict[str, dict[str, Any]] = {
        "answer-me": {"program": 3},
        "mine": {"mode": "solo", "when": "bar", "note": 24, "model": "songbook"},
    }
    scenes = staged(declared, Parameters().changed(seed=7), "default")
    answer, mine = called(scenes, "answer-me"), called(scenes, "mine")
    assert (answer.values["mode"], answer.values["seed"], answer.program, answer.model) == ("reply", 7, 3, "default")
    assert (mine.values["mode"], mine.when, mine.model) == ("solo", "bar", "songbook")
    assert answer.called_by(b"\xc5\x02")
    assert not answer.called_by(b"\xc5\x03")
    assert mine.called_by(on(24))
    assert mine.keeps(off(24))
    assert not mine.called_by(off(24))
    assert not answer.keeps(on(24))


def test_what_no_scene_has_is_refused_and_what_contradicts_itself_too() -> None:
    with pytest.raises(ParameterError, match="did you mean program"):
        checked("mine", "programm", 3)
    with pytest.raises(ParameterError, match="a whole number from 0 to 128"):
        checked("mine", "program", 200)
    with pytest.raises(ParameterError, match="scene mine: lowest=90 is above"):
        staged({"mine": {"lowest": 90, "highest": 60}}, Parameters(), "default")
    with pytest.raises(ParameterError, match="controller=64: means something to every instrument"):
        checked("mine", "controller", 64)
    with pytest.raises(ParameterError, match="program 2 calls for two scenes, mine and yours"):
        staged({"mine": {"program": 2}, "yours": {"program": 2}}, Parameters(), "default")
    with pytest.raises(ParameterError, match="did you mean answer-me"):
        called(staged({}, Parameters(), "default"), "answer_me")


def world(model: FakeModel) -> World:
    piece = [event for n in range(5) for event in (note_on(n, 30 + n, 64), note_off(n + 0.5, 30 + n))]
    return World(primed(model, [(piece, 1.0)], 0.0))


def test_a_scene_with_a_world_hears_its_music_then_the_last_moments_even_with_the_same_model() -> None:
    model = FakeModel(LIVELY)
    one = Performance(model, mode="listen")
    for at, message in (*phrase(1.0), *phrase(8.0)):
        one.play(at, message)
    one.until(9.0)
    one.session.switch("other", Parameters().changed(mode="listen"), model, "at once", 9.0, world(model))
    one.play(12.0, on(70))
    one.play(13.0, off(70))
    one.until(14.0)
    heard = [(each.event.pitch, round(each.dt, 3)) for each in model.heard(one.session.memory.past.state) if each.event]
    prime = [pitch for n in range(5) for pitch in (30 + n, 30 + n)]
    assert [pitch for pitch, _ in heard] == [*prime, 62, 63, 63, 70]
    assert heard[10] == (62, BEHIND_S)
    assert heard[-1] == (70, 3.05)


def test_in_a_world_the_keys_are_as_long_up_as_there_and_those_that_are_down_stay_down() -> None:
    model = FakeModel(LIVELY)
    one = Performance(model, mode="listen")
    one.play(1.0, on(50))
    one.play(2.0, on(80))
    one.play(2.5, off(80))
    one.until(9.0)
    one.session.switch("other", Parameters().changed(mode="listen"), model, "at once", 9.0, world(model))
    one.until(10.0)
    keyboard = one.session.memory.past.last.keyboard
    assert keyboard.down(Voice.SOLO) == [50]
    touched = keyboard.touched[Voice.SOLO]
    assert (touched[50], touched[34]) == (1.0, 9.0 - BEHIND_S)
    assert touched[80] < NEVER / 2  # nobody plays it there


@pytest.mark.parametrize("mode", MODES)
def test_in_every_mode_a_scene_begins_in_its_world_at_every_moment_and_nothing_hangs(mode: str) -> None:
    for moment in (0.5, *CALLED):
        one, other = performance(mode), FakeModel(LIVELY)
        one.until(0.4)
        for at, message in phrase(1.0):
            if one.session.scene == "" and moment <= at:
                one.until(moment)
                wanted = Parameters().changed(mode=mode, turn="pause")
                one.session.switch("other", wanted, other, "at once", moment, world(other))
                moment = float("inf")
            one.play(at, message)
        if moment < float("inf"):
            one.until(moment)
            wanted = Parameters().changed(mode=mode, turn="pause")
            one.session.switch("other", wanted, other, "at once", moment, world(other))
        one.until(12.0)
        assert one.session.scene == "other"
        one.close()
        spans(one.dues)


def test_a_solo_goes_on_in_another_world_with_a_gap_of_less_than_a_note() -> None:
    model = FakeModel(LIVELY)
    one = Performance(model, mode="solo")
    one.until(10.0)
    one.session.switch("other", Parameters().changed(mode="solo"), model, "at once", 10.0, world(model))
    one.until(20.0)
    begun = onsets(one.dues)
    assert min(at for at in begun if at > 10.0) - max(at for at in begun if at <= 10.0) < 1.0
    one.close()
    spans(one.dues)
