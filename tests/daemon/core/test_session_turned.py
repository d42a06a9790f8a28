"""Whatever is turned, switched or called for, at any moment: nothing hangs, nothing raises, no promise is broken."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.daemon.core.test_session_bounds import LOCKS, values
from tests.fakes import FakeModel, Performance, Taste, off, on, onsets, played, spans, tread

from antiphon.core.acts import ACTS
from antiphon.core.due import Due
from antiphon.core.parameters import MODES, REGISTRY, Parameters
from antiphon.core.session import Session
from antiphon.errors import ParameterError
from antiphon.music.scales import classes

GAPS = st.sampled_from((0.0, 0.001, 0.1, 0.7, 1.0, 3.0, 9.0)) | st.floats(0, 3)
PLAYED = st.builds(on, st.integers(55, 66)) | st.builds(off, st.integers(55, 66)) | st.builds(tread, st.booleans())
TURNED = st.sampled_from(sorted(REGISTRY)).flatmap(lambda name: st.tuples(st.just(name), values(REGISTRY[name])))
MODE = st.tuples(st.just("mode"), st.sampled_from(MODES))
LOCK = st.tuples(st.just("lock"), st.sampled_from(LOCKS))
ACTED = st.sampled_from(ACTS)
MOVES = st.lists(st.tuples(GAPS, PLAYED | PLAYED | TURNED | MODE | LOCK | ACTED), min_size=3, max_size=15)
TASTES = st.builds(
    Taste, st.sampled_from((0.0, 0.05, 0.3, 5.0)), st.sampled_from((0.01, 1.0, 100.0)), st.sampled_from((0.01, 1.0))
)

Move = bytes | tuple[str, Any] | str


def move(performance: Performance, moment: float, what: Move) -> None:
    if isinstance(what, bytes):
        performance.play(moment, what)
    elif isinstance(what, str):
        performance.act(moment, what)
    else:
        try:
            performance.change(moment, **{what[0]: what[1]})
        except ParameterError:  # bounds that cross, a lock with no note in the range
            performance.until(moment)


def outside(dues: Sequence[Due], turned: Sequence[tuple[float, Parameters]]) -> list[Due]:
    """The notes that begin outside the range, or outside an absolute lock by name, that was in force just then: both
    hold for notes before they are transposed."""
    found = list[Due]()
    for due in dues:
        at, parameters = [each for each in turned if each[0] <= due.time][-1]
        if due.message[0] & 0xF0 != 0x90 or due.time == at:
            continue
        lock, named = str(parameters.lock), float(parameters.lock_strength) >= 1
        inside = classes(lock) if named and lock not in ("off", "auto", "chord") else range(12)
        if not any(pitch % 12 in inside for pitch in written(due.message[1], parameters)):
            found.append(due)
    return found


def written(sounding: int, parameters: Parameters) -> list[int]:
    """The notes in the range that sound as this key once they are transposed."""
    shift, notes = int(parameters.transpose_out), range(int(parameters.lowest), int(parameters.highest) + 1)
    same = [pitch for pitch in notes if (pitch + shift - sounding) % 12 == 0]
    return [pitch for pitch in same if pitch + shift == sounding or not 0 <= pitch + shift < 128]


@settings(deadline=None, max_examples=40)
@given(moves=MOVES, taste=TASTES, mode=st.sampled_from(MODES))
def test_every_note_keeps_to_the_lock_and_the_range_in_force_when_it_begins(
    moves: list[tuple[float, Move]], taste: Taste, mode: str
) -> None:
    performance = Performance(FakeModel(taste), mode=mode, lock="D dorian")
    turned, moment = [(-1.0, performance.session.parameters)], 0.0
    for gap, what in moves:
        moment += gap
        move(performance, moment, what)
        if isinstance(what, tuple):
            turned.append((moment, performance.session.parameters))
    performance.until(moment + 3.0)
    assert outside(performance.dues, turned) == []


def moved(performance: Performance, moves: Sequence[tuple[float, Move]]) -> float:
    moment = performance.now
    for gap, what in moves:
        moment += gap
        move(performance, moment, what)
    return moment


@settings(deadline=None, max_examples=40)
@given(moves=MOVES, taste=TASTES, mode=st.sampled_from(MODES), within=st.sampled_from((0.0, 0.5)))
def test_any_moves_at_any_moments_leave_nothing_sounding_and_time_going_forwards(
    moves: list[tuple[float, Move]], taste: Taste, mode: str, within: float
) -> None:
    performance = Performance(FakeModel(taste), start=50.0, mode=mode, yield_within=within)
    moment = moved(performance, moves)
    performance.until(moment + 3.0)
    performance.close()
    assert performance.close() == []
    spans(performance.dues)


@settings(deadline=None, max_examples=25)
@given(moves=MOVES, taste=TASTES)
def test_after_any_moves_it_plays_alone_when_told_to_and_stops_when_told_to(
    moves: list[tuple[float, Move]], taste: Taste
) -> None:
    """No endless silence, and none that cannot be had."""
    performance = Performance(FakeModel(taste))
    moment = moved(performance, moves)
    performance.play(moment, *[off(pitch) for pitch in range(55, 67)], tread(False))
    performance.act(moment, "resume")
    free = {"density": 0.0, "density_follow": 0.0, "polyphony": 128, "longest_rest": 2.0, "longest_note": 2.0}
    performance.change(moment, mode="solo", turn="pause", pause=0.5, lock="off", **free)
    performance.until(moment + 9.0)
    begun = [moment, *(at for at in onsets(performance.dues) if at > moment), moment + 9.0]
    assert max(later - at for at, later in pairwise(begun)) <= 2.0 + 2.0 + 0.6
    performance.change(moment + 9.0, mode="listen")
    quiet = len(performance.dues)
    performance.until(moment + 19.0)
    assert len(performance.dues) == quiet
    spans(performance.dues)


@settings(deadline=None, max_examples=40)
@given(moves=MOVES, taste=TASTES, mode=st.sampled_from(MODES), looks=st.lists(st.integers(0, 40), max_size=30))
def test_however_late_it_is_looked_after_nothing_hangs(
    moves: list[tuple[float, Move]], taste: Taste, mode: str, looks: list[int]
) -> None:
    performance = Performance(FakeModel(taste), mode=mode)
    session, dues, now, looked = performance.session, [], 0.0, iter(looks)
    for gap, what in moves:
        now += gap
        if isinstance(what, bytes):
            dues += played(session.receive(what, now))
        elif isinstance(what, str):
            dues += played(session.act(what, now))
        for _ in range(next(looked, 3)):
            dues += played(session.advance(now))
    dues += played(session.close(now))
    spans(dues)


@settings(deadline=None, max_examples=40)
@given(moves=MOVES, mode=st.sampled_from(MODES))
def test_what_is_handed_out_early_is_taken_back_in_time(moves: list[tuple[float, Move]], mode: str) -> None:
    """With a horizon: what is revoked was not due yet, and all that was not revoked is released."""
    parameters = Performance(FakeModel(), mode=mode).session.parameters
    session, now = Session(FakeModel(Taste(0.05, starts=2.0)), parameters, 0.0, 0.015), 0.0
    waiting, sent = list[Any](), list[Any]()

    def take(orders: Sequence[Any]) -> None:
        for order in orders:
            if hasattr(order, "after"):
                waiting[:] = [due for due in waiting if due.time <= order.after]
            else:
                waiting.append(order)
        waiting.sort(key=lambda due: due.time)

    def pass_to(moment: float) -> None:
        while waiting and waiting[0].time <= moment:
            sent.append(waiting.pop(0))

    for gap, what in moves:
        then = now + gap
        while (deadline := session.deadline) is not None and deadline < then:
            now = max(now, deadline)
            take(session.advance(now))
            pass_to(now)
        now = then
        pass_to(now)
        if isinstance(what, bytes):
            take(session.receive(what, now))
        elif isinstance(what, str):
            take(session.act(what, now))
    take(session.close(now))
    pass_to(now + 1.0)
    down = dict[tuple[int, int], int]()
    for due in sent:
        starts = due.message[2] > 0 and due.message[0] & 0xF0 != 0x80
        key = (due.message[0] & 0x20, due.message[1])
        down[key] = max(0, down.get(key, 0) + (1 if starts else -1))
    assert not any(down.values())
