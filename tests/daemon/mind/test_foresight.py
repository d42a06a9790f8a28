"""A step done ahead changes nothing of what is played, and spares one when somebody plays."""

from typing import Any

import pytest
from numpy.typing import NDArray
from tests.fakes import off, on

from antiphon.core.due import Order
from antiphon.core.parameters import Parameters
from antiphon.core.session import Session
from antiphon.mind.foresight import Foresight
from antiphon.mind.onnx_model import Inputs, OnnxModel, load


class Counted(OnnxModel):
    """A model that counts its runs."""

    runs = 0

    def _run(self, inputs: Inputs) -> list[NDArray[Any]]:  # outputs of several dtypes
        self.runs += 1
        return super()._run(inputs)


@pytest.fixture(scope="module")
def card() -> OnnxModel:
    return load("default")


def played(model: Counted, foresight: Foresight | None) -> tuple[list[Order], int]:
    """What goes with eight notes, half a second apart, and how many runs of the graph that took but for those ahead."""
    session, orders, runs = Session(model, Parameters().changed(mode="harmony", lock="C major")), list[Order](), 0
    for number in range(16):
        now = 1.0 + number * 0.25
        if foresight:
            foresight.look(session)
            foresight.look(session)
        before = model.runs
        orders += session.receive((off if number % 2 else on)(60 + number // 2), now)
        while (deadline := session.deadline) is not None and deadline <= now:
            orders += session.advance(now)
        runs += model.runs - before
    return orders, runs


def test_company_is_the_same_and_takes_a_run_less(card: OnnxModel) -> None:
    plain, ready = (Counted(card._card) for _ in range(2))
    orders, runs = played(plain, None)
    again, fewer = played(ready, Foresight())
    assert again == orders
    assert len(orders) >= 24
    assert (runs, fewer) == (4 * 8, 3 * 8)
