"""An idle step is taken often where it keeps the model warm, and seldom where it does not."""

from antiphon.mind.warmth import LATEST_S, SOONEST_S, Warmth


class Step:
    """A step that takes as long as it is told to."""

    def __init__(self) -> None:
        self.takes, self.time, self.count = 0.001, 0.0, 0

    def __call__(self) -> None:
        self.time += self.takes
        self.count += 1


def test_where_steps_stay_short_they_are_taken_often() -> None:
    step = Step()
    warmth = Warmth(step, lambda: step.time)
    for _ in range(20):
        warmth.keep()
    assert warmth.gap_s == SOONEST_S


def test_where_each_is_as_slow_as_after_a_rest_they_are_soon_taken_seldom_and_often_again_when_they_hold() -> None:
    step = Step()
    warmth = Warmth(step, lambda: step.time)
    step.takes = 0.003
    for _ in range(10):
        warmth.keep()
    assert (warmth.gap_s, step.count) == (LATEST_S, 14)
    step.takes = 0.0012
    for _ in range(10):
        warmth.keep()
    assert warmth.gap_s == SOONEST_S
