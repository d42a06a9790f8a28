"""In time with others: a clock, a DAW's transport, a tapping foot, the grid and the bar line."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes import FakeModel, Performance, Taste, off, on, onsets, spans

from antiphon.core.grid import GRIDS
from antiphon.core.parameters import MODES

LIVELY = Taste(0.1, starts=2.0)
TICK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"


def performance(taste: Taste = LIVELY, **parameters: Any) -> Performance:  # of any parameter's type
    return Performance(FakeModel(taste), **parameters)


def tick(one: Performance, start: float, bpm: float, beats: float, *first: bytes) -> float:
    """A clock ticks for so many beats from `start` on, after `first`. Returns when the next tick would be."""
    for number in range(int(beats * 24)):
        one.play(start + number * 2.5 / bpm, *(first if number == 0 else ()), TICK)
    return start + int(beats * 24) * 2.5 / bpm


def phrase(one: Performance, start: float, notes: int = 4) -> None:
    for number in range(notes):
        one.play(start + number * 0.25, on(60 + number))
        one.play(start + number * 0.25 + 0.2, off(60 + number))


def play_with_a_clock(one: Performance, bpm: float, notes: int, beats: float) -> None:
    """A clock starts at 1.0; the player begins on its fifth beat and plays on each eighth."""
    said = [(1.0 + n * 2.5 / bpm, TICK) for n in range(int(beats * 24))] + [(1.0, START)]
    for number in range(notes):
        at = 1.0 + (4 + number / 2) * 60 / bpm
        said += [(at + 0.003, on(60 + number % 12)), (at + 0.15 * 60 / bpm, off(60 + number % 12))]
    for at, message in sorted(said, key=lambda each: (each[0], each[1] != START)):
        one.play(at, message)


def test_stop_silences_what_is_ours_at_once_and_continue_lets_it_go_on() -> None:
    one = performance(mode="solo")
    now = tick(one, 1.0, 120, 8, START)
    assert one.session.answering
    one.play(now, STOP)
    assert one.session.halted
    before = len(one.dues)
    one.until(now + 20)
    assert one.dues[before:] == []
    spans(one.dues)
    one.play(now + 20, CONTINUE)
    one.until(now + 21)
    assert onsets(one.dues[before:])


@pytest.mark.parametrize("mode", MODES)
def test_stop_at_any_moment_leaves_nothing_sounding_in_any_mode(mode: str) -> None:
    for wait in (0.0, 0.37, 1.1, 2.9):
        one = performance(mode=mode)
        phrase(one, 1.0)
        one.until(2.0 + wait)
        one.play(2.0 + wait, STOP)
        spans(one.dues)
        count = len(one.dues)
        phrase(one, 10.0)
        one.until(20.0)
        assert len(one.dues) == count


def test_who_resumes_need_not_wait_for_the_clock() -> None:
    one = performance(mode="solo")
    one.play(1.0, STOP)
    one.act(2.0, "resume")
    one.until(4.0)
    assert onsets(one.dues)


@pytest.mark.parametrize("clock", ["tempo", "off"])
def test_a_clock_whose_transport_is_not_followed_stops_nothing(clock: str) -> None:
    one = performance(mode="solo", clock=clock)
    now = tick(one, 1.0, 140, 8, START)
    assert one.session.metre.tempo_bpm == pytest.approx(140 if clock == "tempo" else 120, abs=0.01)
    one.play(now, STOP)
    one.until(now + 5)
    assert onsets(one.dues)[-1] > now + 4


def test_the_tempo_of_a_clock_is_known_and_stays_when_it_has_gone_until_another_is_set() -> None:
    one = performance()
    now = tick(one, 1.0, 97, 16, START)
    assert one.session.metre.tempo_bpm == pytest.approx(97, rel=1e-6)
    assert one.session.led(now)
    assert not one.session.led(now + 2.0)
    one.change(now + 0.1, tempo=80.0)
    assert one.session.metre.tempo_bpm == pytest.approx(97, rel=1e-6)
    beat = one.session.metre.beat_of(now + 3.0)
    one.change(now + 3.0, tempo=60.0)
    assert one.session.metre.tempo_bpm == 60
    assert one.session.metre.beat_of(now + 3.0) == pytest.approx(beat)


def test_a_burst_that_silences_all_channels_silences_us_until_somebody_plays() -> None:
    one = performance(mode="solo")
    one.until(5.0)
    assert one.session.answering
    one.play(5.0, *[bytes((0xB0 | channel, control, 0)) for channel in range(16) for control in (64, 123, 121, 120)])
    count = len(one.dues)
    spans(one.dues)
    one.until(15.0)
    assert len(one.dues) == count
    phrase(one, 15.0)
    one.until(25.0)
    assert onsets(one.dues[count:])


def test_the_burst_is_no_phrase_and_what_was_played_before_it_gets_no_answer() -> None:
    one = performance()
    phrase(one, 1.0)
    one.play(2.1, *[bytes((0xB0 | channel, 123, 0)) for channel in range(16)])
    one.until(20.0)
    assert one.dues == []


def test_a_keyboard_that_sends_all_notes_off_with_its_last_key_ends_nothing_of_ours() -> None:
    one = performance(yield_within=0.0)
    phrase(one, 1.0)
    one.until(4.0)
    assert one.session.answering
    one.play(4.0, b"\xb0\x7b\x00")
    one.until(5.0)
    assert one.session.answering


@pytest.mark.parametrize(("enter", "every"), [("beat", 1.0), ("bar", 4.0)])
def test_an_answer_begins_with_its_first_note_on_the_beat_or_on_the_bar_of_the_clock(enter: str, every: float) -> None:
    one = performance(enter=enter, pause=0.7)
    play_with_a_clock(one, 100, 5, 40)
    first = onsets(one.dues)[0]
    beat = (first - 1.0) * 100 / 60
    assert beat % every == pytest.approx(0.0, abs=0.005)
    ended = 4 + 4 / 2 + 0.15 + 0.7 * 100 / 60
    assert ended <= beat < ended + every


def test_an_entry_is_composed_before_its_beat_so_that_it_is_not_late() -> None:
    one = performance(enter="beat", tempo=60.0)
    phrase(one, 1.0)
    due = one.until(60.0)[0]
    assert due.time == pytest.approx(3.0, abs=0.001)
    early = performance(enter="beat", tempo=60.0)
    phrase(early, 1.0)
    early.until(2.97)
    assert early.session.planned[0].time == pytest.approx(3.0, abs=0.001)


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("swing", [50, 66])
def test_wholly_quantised_every_note_is_on_the_grid_and_its_release_not_before_it(name: str, swing: int) -> None:
    one = performance(mode="solo", quantise=100, grid=name, swing=swing, tempo=90.0)
    one.until(40.0)
    one.close()
    found, step = spans(one.dues), GRIDS[name]
    assert len(found) > 40
    assert all(down <= up for _, down, up in found)
    late = 2 * step * (50 if name.endswith("t") else swing) / 100
    for at in onsets(one.dues):
        place = at * 1.5 % (2 * step)
        assert min(abs(place - line) for line in (0.0, late, 2 * step)) < 1e-5


def test_half_quantised_notes_are_half_as_far_from_the_grid() -> None:
    def off_grid(share: int) -> float:
        one = performance(mode="solo", quantise=share, tempo=120.0)
        one.until(60.0)
        return sum(abs(at / 0.125 - round(at / 0.125)) for at in onsets(one.dues)) / len(onsets(one.dues))

    assert off_grid(50) < 0.7 * off_grid(0)
    assert off_grid(100) < 1e-4


def test_what_was_composed_follows_a_clock_that_changes_its_tempo() -> None:
    one = performance(mode="solo", quantise=100)
    moment, grid = 1.0, list[float]()
    one.play(moment, START)
    for number in range(24 * 40):
        bpm = 100 + 40 * min(1.0, max(0.0, (number / 24 - 16) / 16))
        grid += [moment] if number % 6 == 0 else []
        one.play(moment, TICK)
        moment += 2.5 / bpm
    away = [min(abs(at - line) for line in grid) for at in onsets(one.dues) if at > 4.0]
    assert len(away) > 40
    assert sorted(away)[int(0.99 * len(away))] < 0.015


def test_bars_of_a_clock_are_traded_on_its_bar_lines() -> None:
    one = performance(mode="trade", bars=2)
    play_with_a_clock(one, 150, 16, 40)
    beats = [(at - 1.0) * 150 / 60 for at in onsets(one.dues)]
    assert beats
    assert all(12 - 0.01 <= beat < 20 for beat in beats)


def test_bars_of_ours_end_with_the_bar_though_the_clock_grows_faster() -> None:
    one = performance(mode="trade", bars=4)
    lines, moment, said = list[float](), 1.0, [(0.999, START)]
    for number in range(24 * 48):
        bpm = 100 + 40 * min(1.0, max(0.0, (number / 24 - 18) / 12))
        lines += [moment] if number % 96 == 0 else []
        said.append((moment, TICK))
        moment += 2.5 / bpm
    said += [(1.01 + n * 0.3, on(60)) for n in range(8)] + [(1.2 + n * 0.3, off(60)) for n in range(8)]
    for at, message in sorted(said):
        one.play(at, message)
    begun = onsets(one.dues)
    assert lines[4] - 0.02 < begun[0]
    assert lines[8] - 0.6 < begun[-1] < lines[8] + 0.02
    assert max(up for _, _, up in spans(one.dues)) == pytest.approx(lines[8], abs=0.03)


def test_two_taps_are_a_tempo_and_more_are_a_better_one() -> None:
    one = performance(mode="listen")
    for number, late in enumerate((0.0, 0.02, -0.01, 0.01, 0.0)):
        one.act(1.0 + number * 0.5 + late, "tap")
    assert one.session.metre.tempo_bpm == pytest.approx(120, rel=0.01)
    assert one.session.parameters.tempo == pytest.approx(120, rel=0.01)
    assert one.session.metre.beat_of(3.0) == pytest.approx(4.0)
    one.act(20.0, "tap")
    assert one.session.metre.tempo_bpm == pytest.approx(120, rel=0.01)
    assert one.session.metre.beat_of(20.0) == 0.0


def test_taps_do_not_disturb_a_clock_that_ticks() -> None:
    one = performance(mode="listen")
    now = tick(one, 1.0, 120, 8, START)
    one.act(now - 0.5, "tap")
    one.act(now - 0.2, "tap")
    assert one.session.metre.tempo_bpm == pytest.approx(120, rel=1e-4)


def test_bars_are_traded_in_the_tempo_that_was_tapped() -> None:
    one = performance(mode="trade", bars=1)
    for beat in range(4):
        one.act(1.0 + beat * 0.4, "tap")
    phrase(one, 2.6, 3)
    one.until(20.0)
    begun = onsets(one.dues)
    assert begun
    assert all(2.6 + 1.6 - 0.001 <= at < 2.6 + 3.2 for at in begun)


SAID = st.lists(
    st.tuples(
        st.sampled_from((0.0, 0.0208, 0.0208, 0.5)) | st.floats(0, 3),
        st.sampled_from((TICK, TICK, TICK, START, CONTINUE, STOP, b"\xf2\x00\x01", on(60), off(60), b"\xb0\x78\x00"))
        | st.sampled_from(("tap", "hold", "resume", "again", "another", "forget"))
        | st.sampled_from(({"enter": "bar"}, {"enter": "at once"}, {"tempo": 60.0}, {"quantise": 100}, {"swing": 70}))
        | st.sampled_from(MODES).map(lambda mode: {"mode": mode}),
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=60)
@given(said=SAID, mode=st.sampled_from(MODES), enter=st.sampled_from(("at once", "beat", "bar")))
def test_whatever_clock_transport_and_foot_say_nothing_hangs(said: list[Any], mode: str, enter: str) -> None:
    one, now = performance(mode=mode, enter=enter, quantise=80), 1.0
    for number in range(30):
        one.play(now + number * 0.0208, TICK)
    now += 0.65
    phrase(one, now, 2)
    now += 0.6
    for gap, what in said:
        now += gap
        if isinstance(what, bytes):
            one.play(now, what)
        elif isinstance(what, str):
            one.act(now, what)
        else:
            one.change(now, **what)
    one.until(now + 3.0)
    one.close()
    spans(one.dues)
    assert all(at <= later for at, later in pairwise(sorted(onsets(one.dues))))
