"""What each mode promises a player."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tests.fakes import FakeModel, Performance, Taste, off, on, onsets, spans, tread

from antiphon.core.modes import MODES
from antiphon.core.parameters import MODES as NAMES
from antiphon.music.events import Voice

LIVELY = Taste(0.1, starts=2.0)


def tune(start: float, count: int = 8, gap_s: float = 0.25, lowest: int = 60) -> list[tuple[float, bytes]]:
    """A tune: each note is let go of as the next one begins."""
    keys = [lowest + number * 2 % 11 for number in range(count)]
    return [
        (start + (number + half) * gap_s, (off if half else on)(key))
        for number, key in enumerate(keys)
        for half in (0, 1)
    ]


def sorted_(messages: list[tuple[float, bytes]]) -> list[tuple[float, bytes]]:
    return sorted(messages, key=lambda each: (each[0], each[1][0]))


def played(mode: str, until: float, taste: Taste = LIVELY, **parameters: Any) -> Performance:  # of any type
    performance = Performance(FakeModel(taste), mode=mode, **parameters)
    performance.play_all(sorted_(tune(1.0)))
    performance.until(until)
    return performance


def test_every_mode_that_can_be_chosen_is_there() -> None:
    assert tuple(MODES) == NAMES


def test_listen_hears_and_never_plays() -> None:
    performance = played("listen", 60.0)
    assert performance.dues == []
    assert performance.session.memory.past.count == 16


def test_solo_begins_at_once_from_nothing_and_goes_on() -> None:
    performance = Performance(FakeModel(LIVELY), mode="solo")
    performance.until(60.0)
    begun = onsets(performance.dues)
    assert begun[0] < 0.6
    assert begun[-1] > 55.0


@pytest.mark.parametrize("rest", [0.5, 4.0])
@pytest.mark.parametrize("gap_s", [1.0, 20.0])
def test_solo_never_rests_longer_than_it_may(rest: float, gap_s: float) -> None:
    performance = Performance(FakeModel(Taste(gap_s)), mode="solo", longest_rest=rest, liveliness=0.0)
    performance.until(120.0)
    begun = [0.0, *onsets(performance.dues), 120.0]
    assert max(later - at for at, later in pairwise(begun)) <= rest + 0.04


def test_solo_makes_way_when_you_join_in_and_goes_on_from_your_phrase() -> None:
    performance = played("solo", 20.0)
    begun = onsets(performance.dues)
    assert any(at < 1.0 for at in begun)
    assert not any(1.0 <= at < 3.0 + 0.7 for at in begun)
    assert sum(at > 3.7 for at in begun) > 20


def test_a_duet_plays_while_you_play_and_a_while_longer() -> None:
    performance = played("duet", 60.0, go_on=2.0)
    begun = onsets(performance.dues)
    assert min(begun) >= 1.0
    assert sum(1.0 <= at <= 3.0 for at in begun) >= 4
    assert 3.0 < max(begun) < 3.0 + 2.0 + 0.01
    assert not performance.session.answering
    spans(performance.dues)


def test_a_duet_goes_on_as_long_as_you_hold_a_key() -> None:
    performance = Performance(FakeModel(LIVELY), mode="duet")
    performance.play(1.0, on(60))
    performance.until(30.0)
    assert max(onsets(performance.dues)) > 26.0
    performance.play(30.0, off(60))
    performance.until(60.0)
    assert max(onsets(performance.dues)) < 34.01


@pytest.mark.parametrize(("role", "ours"), [("accompany", Voice.ACCOMPANIMENT), ("lead", Voice.LEAD)])
def test_in_a_duet_each_has_a_voice_by_the_role(role: str, ours: Voice) -> None:
    model = FakeModel(LIVELY)
    performance = Performance(model, mode="duet", role=role)
    performance.play_all(sorted_(tune(1.0)))
    performance.until(60.0)
    theirs = Voice.LEAD if ours is Voice.ACCOMPANIMENT else Voice.ACCOMPANIMENT
    heard = [(each.event.voice, each.own) for each in performance.session.happened]
    assert set(heard) == {(ours, True), (theirs, False)}
    assert any(steering.voices[theirs] for steering in model.steerings)
    assert all(steering.voices[Voice.SOLO] == 0 for steering in model.steerings)


def test_what_a_duet_imagines_of_your_part_is_neither_played_nor_remembered() -> None:
    model = FakeModel(LIVELY)
    performance = Performance(model, mode="duet")
    performance.play(1.0, on(60))
    performance.until(20.0)
    known = model.heard(performance.session.memory.past.state)
    assert {each.event.pitch for each in known if each.event and each.event.voice is Voice.LEAD} == {60}
    performance.close()
    spans(performance.dues)


def test_in_a_duet_a_key_that_you_strike_is_yours() -> None:
    performance = Performance(FakeModel(Taste(0.02, starts=50.0)), mode="duet", lowest=60, highest=66, pedal=False)
    performance.play(1.0, on(40))
    performance.until(3.0)
    assert off(63) in [due.message for due in performance.play(3.0, on(63))]
    performance.until(4.0)
    again = [due for due in performance.dues if due.time > 3.0 and due.message[:2] == on(63)[:2]]
    assert again == []


def test_harmony_gives_every_note_company_at_its_moment_and_releases_it_with_it() -> None:
    performance = played("harmony", 60.0, company=2)
    found = spans(performance.dues)
    expected = [(1.0 + n * 0.25, 1.25 + n * 0.25) for n in range(8) for _ in range(2)]
    assert np.array(sorted((down, up) for _, down, up in found)) == pytest.approx(np.array(expected))


def test_company_is_a_third_to_a_tenth_away_and_inside_the_lock() -> None:
    performance = played("harmony", 60.0, lock="C major")
    for key, at, _ in spans(performance.dues):
        struck = next(message[1] for moment, message in tune(1.0) if moment == at and message[0] == 0x90)
        assert 3 <= abs(key - struck) <= 16
        assert key % 12 in {0, 2, 4, 5, 7, 9, 11}


def test_a_chord_gets_company_for_each_note_and_none_that_it_holds() -> None:
    performance = Performance(FakeModel(), mode="harmony", company=3)
    chord = (60, 64, 67, 71)
    performance.play(1.0, *[on(key) for key in chord])
    performance.until(2.0)
    keys = [due.message[1] for due in performance.dues]
    assert len(keys) == len(set(keys)) == 12
    assert not set(keys) & set(chord)
    performance.play(2.0, *[off(key) for key in chord])
    performance.until(3.0)
    assert {up for _, _, up in spans(performance.dues)} == {2.0}


def test_company_of_a_note_that_is_let_go_of_at_once_is_not_struck() -> None:
    performance = Performance(FakeModel(), mode="harmony")
    performance.play(1.0, on(60), off(60))
    assert performance.until(5.0) == []


def test_company_is_held_no_longer_than_the_longest_note() -> None:
    performance = Performance(FakeModel(), mode="harmony", longest_note=0.5)
    performance.play(1.0, on(60))
    performance.until(5.0)
    assert {(down, up) for _, down, up in spans(performance.dues)} == {(1.0, 1.5)}


def test_bars_are_traded_on_the_beat() -> None:
    """At 120 beats a minute two bars of four are 4 s: yours, ours, yours, and ours again if you have played."""
    performance = Performance(FakeModel(LIVELY), mode="trade", bars=2, tempo=120.0)
    performance.play_all(sorted_(tune(1.0)))
    performance.until(10.0)
    performance.play_all(sorted_(tune(10.0)))
    performance.until(60.0)
    spans(performance.dues)
    begun = onsets(performance.dues)
    assert all(5.0 <= at < 9.0 or 13.0 <= at < 17.0 for at in begun)
    assert sum(at < 9.0 for at in begun) > 5
    assert sum(at > 13.0 for at in begun) > 5
    assert all(due.time <= 17.0 for due in performance.dues)


def test_who_lets_their_bars_pass_begins_anew_with_their_next_note() -> None:
    performance = Performance(FakeModel(LIVELY), mode="trade", bars=1, tempo=120.0)
    performance.play_all(sorted_(tune(1.0)))
    performance.until(30.3)
    early = len(performance.dues)
    performance.play_all(sorted_(tune(30.3, count=2)))
    performance.until(60.0)
    begun = onsets(performance.dues[early:])
    assert all(32.3 <= at < 34.3 for at in begun)
    assert begun


def test_bars_of_ours_are_ours_though_you_play() -> None:
    performance = Performance(FakeModel(LIVELY), mode="trade", bars=1, tempo=120.0)
    performance.play_all([*sorted_(tune(1.0)), (4.0, on(90)), (4.2, off(90))])
    performance.until(5.0)
    assert any(at > 4.0 for at in onsets(performance.dues))


@pytest.mark.parametrize("within", [0.1, 1.0])
def test_yielding_gracefully_begins_nothing_and_ends_in_time(within: float) -> None:
    performance = Performance(FakeModel(Taste(0.15, starts=3.0)), yield_within=within)
    performance.play_all(sorted_(tune(0.0)))
    performance.until(6.0)
    assert performance.play(6.0, on(20)) == []
    performance.until(30.0)
    late = [due for due in performance.dues if due.time > 6.0]
    assert late
    assert onsets(late) == []
    assert max(due.time for due in late) <= 6.0 + within + 1e-9
    spans(performance.dues)


def test_the_harmony_that_is_held_is_the_lock_and_no_phrase() -> None:
    performance = Performance(FakeModel(LIVELY), lock="chord", chord_below=60)
    performance.play(0.0, on(48), on(52), on(55))
    assert performance.until(5.0) == []
    performance.play_all([(5.0, on(72)), (5.5, off(72))])
    performance.until(9.0)
    performance.play(9.0, off(48), off(52), off(55), on(50), on(53), on(57))
    performance.until(30.0)
    notes = [(due.time, due.message[1] % 12) for due in performance.dues if due.message[0] == 0x90]
    assert {key for at, key in notes if at <= 9.0} == {0, 4, 7}
    assert {key for at, key in notes if at > 9.0} == {2, 5, 9}


def test_the_harmony_may_be_held_on_a_channel_of_its_own() -> None:
    performance = Performance(FakeModel(LIVELY), lock="chord", chord_below=0, chord_channel=3)
    performance.play(0.0, *(bytes((0x92, key, 80)) for key in (72, 76, 79)))
    assert performance.until(5.0) == []
    performance.play_all([(5.0, on(48)), (5.5, off(48))])
    performance.until(20.0)
    assert {due.message[1] % 12 for due in performance.dues if due.message[0] == 0x90} == {0, 4, 7}


@pytest.mark.parametrize("latch", [True, False])
def test_a_latched_harmony_stays_when_it_is_let_go_of(latch: bool) -> None:
    performance = Performance(FakeModel(LIVELY), mode="solo", lock="chord", chord_latch=latch)
    performance.play(0.0, on(48), tread(False))
    performance.play(1.0, off(48))
    performance.until(20.0)
    keys = {due.message[1] % 12 for due in performance.dues if due.time > 1.0 and due.message[0] == 0x90}
    assert (keys == {0}) is latch


@pytest.mark.parametrize("silence_s", [0.0, 12.0, 60.0])
@pytest.mark.parametrize("before", ["duet", "reply", "listen"])
def test_in_a_duet_your_first_note_is_a_cue_however_long_the_silence_before_it(before: str, silence_s: float) -> None:
    performance = Performance(FakeModel(Taste(60.0, starts=2.0)), mode=before)
    performance.play_all(sorted_(tune(1.0)))
    performance.until(20.0)
    performance.change(20.0, mode="duet")
    at = 20.0 + silence_s
    performance.play_all(sorted_(tune(at, 16)))
    performance.until(at + 10.0)
    entry = min(moment for moment in onsets(performance.dues) if moment >= at)
    assert entry <= at + 1.0 + 0.001
