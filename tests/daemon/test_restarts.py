"""Another process takes the place of one that died, at once, unless that goes on and on."""

from hypothesis import given
from hypothesis import strategies as st

from antiphon.restarts import MANY, REST_S, RESTS_S, SOON_S, Restarts


def test_another_is_started_at_once_and_once() -> None:
    restarts = Restarts()
    assert restarts.died("mind", 1.0) == 0.0
    assert (restarts.due(1.0), restarts.due(2.0)) == (["mind"], [])


def test_a_mind_that_dies_three_times_in_ten_seconds_is_left_alone_for_a_while() -> None:
    restarts = Restarts()
    assert [restarts.died("mind", now) for now in (1.0, 2.0, 3.0)] == [0.0, 0.0, RESTS_S["mind"]]
    assert restarts.due(3.0 + RESTS_S["mind"] - 0.01) == []
    assert restarts.due(3.0 + RESTS_S["mind"]) == ["mind"]


def test_three_deaths_far_apart_are_no_reason_to_wait() -> None:
    restarts = Restarts()
    assert [restarts.died("mind", now) for now in (0.0, SOON_S / 2, SOON_S)] == [0.0, 0.0, 0.0]


def test_the_stage_is_tried_again_soon_and_its_deaths_are_not_the_minds() -> None:
    restarts = Restarts()
    rests = [restarts.died(name, 1.0) for name in ("stage", "mind", "stage", "mind", "stage")]
    assert rests == [0.0, 0.0, 0.0, 0.0, REST_S]
    assert restarts.due(1.0) == ["mind"]


@given(st.lists(st.tuples(st.sampled_from(("stage", "mind", "page")), st.floats(0.0, 5.0)), max_size=60))
def test_whoever_dies_is_started_again_and_never_more_than_three_times_in_ten_seconds(
    deaths: list[tuple[str, float]],
) -> None:
    restarts, now, started = Restarts(), 0.0, list[tuple[str, float]]()
    alive = {"stage", "mind", "page"}
    for name, later in deaths:
        now += later
        for again in restarts.due(now):
            assert again not in alive
            alive.add(again)
            started.append((again, now))
        if name in alive:
            alive.remove(name)
            restarts.died(name, now)
    assert set(restarts.due(now + max(RESTS_S.values()))) | alive == {"stage", "mind", "page"}
    for name in ("stage", "mind", "page"):
        moments = [moment for who, moment in started if who == name]
        assert all(late - early >= REST_S for early, late in zip(moments, moments[MANY:], strict=False))
