"""Turning parameters and switching modes while it plays: the next note obeys, the music goes on, nothing hangs."""

from itertools import pairwise

import pytest
from tests.fakes import FakeModel, Performance, Taste, off, on, onsets, spans

from antiphon.core.parameters import MODES
from antiphon.music.scales import classes

LIVELY = Taste(0.1, starts=2.0)
PHRASE = [(0.0, on(60)), (0.4, off(60)), (0.5, on(64)), (1.0, off(64))]


def answering(until: float = 4.0, **parameters: float) -> Performance:
    performance = Performance(FakeModel(LIVELY), **parameters)
    performance.play_all(PHRASE)
    performance.until(until)
    assert performance.session.answering
    return performance


def notes(performance: Performance, after: float) -> list[int]:
    return [due.message[1] for due in performance.dues if due.time > after and due.message[0] & 0xF0 == 0x90]


def test_a_new_lock_holds_from_the_next_note_on_and_what_sounds_goes_on() -> None:
    performance = answering()
    assert performance.change(4.0, lock="F# major") == []
    performance.until(30.0)
    played = notes(performance, 4.0)
    assert len(played) > 10
    assert {pitch % 12 for pitch in played} <= classes("F# major")
    spans(performance.dues)


def test_a_new_range_holds_from_the_next_note_on() -> None:
    performance = answering()
    performance.change(4.0, lowest=80, highest=85)
    performance.until(30.0)
    assert notes(performance, 4.0)
    assert set(notes(performance, 4.0)) <= set(range(80, 86))


def test_another_channel_releases_on_the_old_one() -> None:
    performance = answering()
    released = performance.change(4.0, channel=5)
    assert released
    assert {due.message[0] for due in released} <= {0x80, 0xB0}
    performance.until(30.0)
    assert {due.message[0] & 0x0F for due in performance.dues if due.time > 4.0} == {4}
    spans(performance.dues)


def test_a_shorter_longest_note_ends_what_has_been_held_longer_at_once_and_not_in_the_past() -> None:
    performance = answering(longest_note=20.0)
    performance.change(4.0, longest_note=0.1)
    performance.until(4.05)
    assert all(due.time <= 4.1 for due in performance.dues)
    performance.until(30.0)
    assert all(later.time >= at.time for at, later in pairwise(performance.dues))
    assert all(up <= max(4.0, down + 0.1) + 1e-6 for _, down, up in spans(performance.dues) if down > 3.9)


def test_a_pedal_that_is_no_longer_wanted_comes_up() -> None:
    performance = Performance(FakeModel(Taste(0.05, pedals=1e9)), liveliness=0.0, longest_note=20.0)
    performance.play_all(PHRASE)
    performance.until(3.0)
    while not performance.session.memory.past.own.count[0, 128]:
        performance.until(performance.now + 0.01)
    at = performance.now
    performance.change(at, pedal=False)
    performance.until(at + 0.001)
    assert performance.dues[-1].message[:2] == b"\xb0\x40"
    assert performance.dues[-1].message[2] == 0


def test_turning_what_is_as_it_was_changes_nothing_that_sounds() -> None:
    """Composing anew from the same moment gives the same music, but for what had been waited for."""
    performance = answering()
    performance.change(4.0, lowest=21)
    performance.until(40.0)
    assert not performance.session.answering
    spans(performance.dues)


@pytest.mark.parametrize("to", ["reply", "solo", "duet", "trade"])
@pytest.mark.parametrize("start", ["reply", "solo", "duet"])
def test_switching_from_what_plays_to_what_plays_leaves_no_gap(start: str, to: str) -> None:
    performance = Performance(FakeModel(LIVELY), mode=start, longest_rest=1.0, go_on=6.0)
    performance.play_all(PHRASE)
    performance.until(4.0)
    assert onsets(performance.dues)
    performance.change(4.0, mode=to)
    performance.until(7.0)
    around = [at for at in onsets(performance.dues) if 2.0 < at < 7.0]
    assert any(at > 4.0 for at in around)
    assert max(later - at for at, later in pairwise(around)) <= 1.1
    performance.close()
    spans(performance.dues)


@pytest.mark.parametrize("to", ["listen", "harmony"])
@pytest.mark.parametrize("start", ["reply", "solo", "duet", "trade"])
def test_switching_to_what_does_not_play_by_itself_releases_everything_at_once(start: str, to: str) -> None:
    performance = Performance(FakeModel(LIVELY), mode=start, bars=1)
    performance.play_all(PHRASE)
    performance.until(3.5)
    assert performance.session.answering
    performance.change(3.5, mode=to)
    assert performance.until(30.0) == []
    spans(performance.dues)


@pytest.mark.parametrize("to", MODES)
def test_a_note_held_through_a_switch_is_let_go_of_in_the_voice_it_began_in(to: str) -> None:
    performance = Performance(FakeModel(LIVELY), mode="duet")
    performance.play(0.0, on(60))
    performance.change(1.0, mode=to)
    performance.play(2.0, off(60))
    performance.until(2.1)
    theirs = performance.session.memory.past
    assert (theirs.keyboard.count - theirs.own.count).sum() == 0
    performance.close()
    spans(performance.dues)


@pytest.mark.parametrize("to", MODES)
def test_leaving_harmony_releases_the_company(to: str) -> None:
    performance = Performance(FakeModel(LIVELY), mode="harmony")
    performance.play(0.0, on(60), on(64))
    performance.until(1.0)
    assert performance.dues
    if to != "harmony":
        assert {due.time for due in performance.change(1.0, mode=to)} == {1.0}
    performance.close()
    spans(performance.dues)


def test_another_role_swaps_the_voices() -> None:
    performance = Performance(FakeModel(LIVELY), mode="duet")
    performance.play(0.0, on(60))
    performance.until(2.0)
    performance.change(2.0, role="lead")
    performance.play_all([(2.5, off(60)), (2.6, on(62)), (3.0, off(62))])
    performance.until(30.0)
    voices = [(int(each.event.voice), each.own) for each in performance.session.happened if each.event.time > 2.55]
    assert set(voices) == {(1, True), (2, False)}
    spans(performance.dues)
