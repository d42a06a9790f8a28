"""What is turned is checked, remembered and passed on; panic reaches the stage and the mind."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from antiphon.bus import Bus
from antiphon.core.parameters import Parameters


@dataclass
class FakeControl:
    said: list[dict[str, Any]] = field(default_factory=list)

    def say(self, what: str, **more: Any) -> None:
        self.said.append({"what": what, **more})


@dataclass
class FakeChild:
    ready: bool = True
    control: FakeControl = field(default_factory=FakeControl)


class House:
    def __init__(self) -> None:
        self.children = {"stage": FakeChild(), "mind": FakeChild()}
        self.told = list[str]()
        self.changes = 0
        self.bus = Bus(Parameters().values, self.children.get, self._changed, self.told.append)  # type: ignore[arg-type]  # fakes

    def _changed(self) -> None:
        self.changes += 1

    def heard(self, name: str) -> list[dict[str, Any]]:
        return self.children[name].control.said


@pytest.fixture
def house() -> House:
    return House()


def test_what_is_turned_is_remembered_and_the_mind_is_told(house: House) -> None:
    house.bus.hear({"what": "change", "parameters": {"temperature": 1, "mode": "duet"}})
    assert house.bus.values == {**Parameters().values, "temperature": 1.0, "mode": "duet"}
    assert house.heard("mind") == [{"what": "change", "parameters": {"temperature": 1.0, "mode": "duet"}}]
    assert (house.changes, house.heard("stage"), house.told) == (1, [], [])


@pytest.mark.parametrize("wrong", [{"temperature": -1.0}, {"nonsense": 1}, {"mode": "duet", "seed": "seven"}])
def test_where_one_value_is_wrong_none_is_turned_and_it_is_said(house: House, wrong: dict[str, Any]) -> None:
    house.bus.hear({"what": "change", "parameters": wrong})
    assert (house.bus.values, house.heard("mind"), house.changes) == (Parameters().values, [], 0)
    assert len(house.told) == 1


def test_panic_silences_the_stage_and_ends_what_the_mind_has_in_mind(house: House) -> None:
    house.bus.hear({"what": "act", "name": "panic"})
    assert house.heard("stage") == [{"what": "panic"}]
    assert house.heard("mind") == [{"what": "act", "name": "forget"}]


def test_what_is_played_on_the_page_goes_to_the_stage(house: House) -> None:
    house.bus.hear({"what": "play", "message": "903c40"})
    assert house.heard("stage") == [{"what": "play", "message": "903c40"}]


def test_what_is_turned_while_there_is_no_mind_holds_for_the_next(house: House) -> None:
    house.children["mind"].ready = False
    house.bus.change({"temperature": 0.5})
    assert (house.bus.values["temperature"], house.heard("mind")) == (0.5, [])
