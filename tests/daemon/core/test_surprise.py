"""How surprising each event was to the model is known once it has happened, and costs no call to the model."""

import pytest
from tests.fakes import FakeModel, Performance, Taste, off, on

PHRASE = [(1.0, on(60)), (1.2, off(60)), (1.25, on(64)), (1.5, off(64))]


def surprises(doubt: float, quantise: int) -> list[set[float]]:
    """Nats: of what the player did, and of what the model chose."""
    one = Performance(FakeModel(Taste(0.1, starts=2.0, doubt=doubt)), quantise=quantise)
    one.play_all(PHRASE)
    one.until(8.0)
    known = [(each.own, each.log_p) for each in one.session.happened]
    return [{round(-log_p, 3) for own, log_p in known if own is ours and log_p is not None} for ours in (False, True)]


@pytest.mark.parametrize("quantise", [0, 100])
def test_a_model_that_is_sure_is_surprised_little_and_one_that_is_not_much(quantise: int) -> None:
    for doubt in (0.5, 6.0):
        assert surprises(doubt, quantise) == [{doubt}, {doubt}]


def test_of_what_has_to_be_released_it_chose_nothing() -> None:
    one = Performance(FakeModel(Taste(0.1, starts=1e9, doubt=2.0)))
    one.play_all(PHRASE)
    one.until(30.0)
    ours = [each for each in one.session.happened if each.own]
    assert {each.log_p for each in ours if each.event.starts} == {-2.0}
    assert None in {each.log_p for each in ours if not each.event.starts}


def test_the_events_of_a_burst_are_each_told_apart_and_it_takes_one_call() -> None:
    model = FakeModel(Taste(doubt=3.0))
    one = Performance(model, mode="listen")
    for pitch in range(60, 70):
        one.session.receive(on(pitch), 1.0)
    one.session.advance(1.0)
    assert [each.log_p for each in one.session.happened] == [-3.0] * 10
    assert model.calls == 1
