"""Whatever arrives, and whenever: no exception, and after the end nothing sounds."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes import FakeModel, Performance, Taste, played, spans

from antiphon.core.model import Partner
from antiphon.core.parameters import Parameters
from antiphon.core.session import Session
from antiphon.mind import models, onnx_model
from antiphon.music.wire import Stream

MESSAGES = st.one_of(
    st.tuples(st.just(0x90), st.integers(58, 62), st.integers(0, 127)),
    st.tuples(st.just(0x80), st.integers(58, 62), st.integers(0, 127)),
    st.tuples(st.integers(0xB0, 0xB1), st.sampled_from((64, 120, 121, 123, 127)), st.sampled_from((0, 63, 64, 127))),
    st.tuples(st.integers(0x80, 0xEF), st.integers(0, 127), st.integers(0, 127)),
    st.lists(st.integers(0, 255), max_size=5).map(tuple),
)
GAPS = st.sampled_from((0.0, 0.0, 0.001, 0.1, 0.7, 0.8, 1.5, 3.0, 20.0)) | st.floats(0, 5)
ACTS = st.lists(st.tuples(GAPS, st.none() | MESSAGES | MESSAGES), max_size=30)
"""Seconds that pass, then bytes that arrive, or None: the session is looked after."""
PARTING = [(0.1, (0xB0, 123, 0)), (0.1, (0x90, 60, 64)), (0.1, (0x80, 60, 64))]
"""So that there is an answer to be interrupted in most examples."""

Act = tuple[float, tuple[int, ...] | None]


def perform(model: Partner, acts: Sequence[Act], diligent: bool) -> None:
    """Drives a session as the bytes come, looking after it whenever it asks, or only when an act says so."""
    performance, stream = Performance(model, start=100.0), Stream()
    moment = 100.0
    for gap, data in acts:
        moment += gap
        if diligent or data is None:
            performance.until(moment)
        performance.now = moment
        for message in stream.feed(data or ()):
            performance.dues += played(performance.session.receive(message, moment))
    performance.close()
    spans(performance.dues)


@settings(deadline=None, max_examples=100)
@given(acts=ACTS, more=ACTS, diligent=st.booleans())
def test_any_bytes_at_any_times_leave_nothing_sounding(acts: list[Act], more: list[Act], diligent: bool) -> None:
    perform(FakeModel(Taste(0.2, starts=2.0)), [*acts, *PARTING, *more], diligent)


@settings(deadline=None, max_examples=50)
@given(acts=ACTS, more=ACTS, looks=st.lists(st.floats(0, 30), max_size=20))
def test_looking_after_the_session_at_odd_moments_leaves_nothing_sounding(
    acts: list[Act], more: list[Act], looks: list[float]
) -> None:
    session, stream, dues, now = Session(FakeModel(Taste(0.2)), Parameters()), Stream(), [], 0.0
    waits = iter(looks)
    for gap, data in [*acts, *PARTING, *more]:
        now += gap
        for message in stream.feed(data or ()):
            dues += played(session.receive(message, now))
        for _ in range(40):
            dues += played(session.advance(now))
        now += next(waits, 0.0)
    dues += played(session.close(now))
    spans(dues)
    assert all(due.time <= now for due in dues)


@pytest.fixture(scope="module")
def shipped() -> Partner:
    if not any((folder / "default.onnx").is_file() for folder in models.FOLDERS):
        pytest.skip("models/default.onnx is not there")
    return onnx_model.load("default")


@settings(deadline=None, max_examples=8)
@given(acts=ACTS, more=ACTS)
def test_with_the_shipped_model_too(shipped: Partner, acts: list[Act], more: list[Act]) -> None:
    perform(shipped, [*acts, *PARTING, *more], True)
