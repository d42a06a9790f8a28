"""What is turned is checked, remembered and passed on; panic reaches the stage and the mind."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from antiphon.bus import Bus
from antiphon.core.parameters import REGISTRY, Parameters


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
        self.kept = list[Sequence[str]]()
        find: Any = self.children.get  # fakes
        self.bus = Bus(
            Parameters().values, ("cc 20 = temperature",), find, self._changed, self.told.append, self.kept.append
        )

    def _changed(self) -> None:
        self.changes += 1

    def heard(self, name: str) -> list[dict[str, Any]]:
        return self.children[name].control.said


def knob(house: House, value: float) -> str:
    """How the knob's ring shows the temperature."""
    return bytes((0xB0, 20, house.bus._controls.all[0].position(value))).hex()


@pytest.fixture
def house() -> House:
    return House()


def test_what_is_turned_is_remembered_and_the_mind_is_told(house: House) -> None:
    house.bus.hear({"what": "change", "parameters": {"temperature": 1, "mode": "duet"}})
    assert house.bus.values == {**Parameters().values, "temperature": 1.0, "mode": "duet"}
    assert house.heard("mind") == [{"what": "change", "number": 1, "parameters": {"temperature": 1.0, "mode": "duet"}}]
    assert house.heard("stage") == [{"what": "show", "messages": [knob(house, 1.0)]}]
    assert (house.changes, house.told) == (1, [])


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


def test_a_model_that_is_called_for_is_the_mind_s_to_fetch(house: House) -> None:
    house.bus.hear({"what": "model", "name": "songbook"})
    assert house.heard("mind") == [{"what": "model", "name": "songbook"}]
    assert house.heard("stage") == []


def test_what_is_turned_while_there_is_no_mind_holds_for_the_next(house: House) -> None:
    house.children["mind"].ready = False
    house.bus.change({"temperature": 0.5})
    assert (house.bus.values["temperature"], house.heard("mind")) == (0.5, [])


def test_what_a_knob_sends_in_a_burst_is_turned_once_and_its_own_ring_is_left_alone(house: House) -> None:
    for position in range(128):
        house.bus.command({"what": "control", "message": bytes((0xB0, 20, position)).hex()})
    assert house.heard("mind") == []
    house.bus.settle()
    house.bus.settle()
    highest = {**Parameters().values, "temperature": REGISTRY["temperature"].high}
    assert house.bus.values == highest
    assert house.heard("mind") == [
        {"what": "change", "number": 1, "parameters": {"temperature": highest["temperature"]}}
    ]
    assert house.heard("stage") == []


def test_another_stage_is_told_what_the_controls_are_and_how_they_stand(house: House) -> None:
    house.bus.meet_stage()
    places = [bytes((0xB0 | channel, 20)).hex() for channel in range(16)]
    assert house.heard("stage") == [
        {"what": "controls", "places": places, "learning": False},
        {"what": "show", "messages": [knob(house, float(Parameters().values["temperature"]))]},
    ]


def test_a_control_is_learned_kept_and_forgotten(house: House) -> None:
    house.bus.hear({"what": "learn", "target": "another"})
    assert (house.bus.learning, house.heard("stage")[0]["learning"]) == ("another", True)
    house.bus.command({"what": "learned", "message": "992440"})
    learned = ["cc 20 = temperature", "note 36 on 10 = another"]
    assert (house.bus.learning, house.bus.controls, house.kept) == ("", learned, [learned])
    assert house.told == ["learned: note 36 on 10 = another"]
    house.bus.command({"what": "control", "message": "992440"})
    assert house.heard("mind") == [{"what": "act", "name": "another"}]
    house.bus.hear({"what": "unlearn", "control": "note 36 on 10 = another"})
    assert house.kept[1:] == [["cc 20 = temperature"]]


@pytest.mark.parametrize("target", ["nonsense", "temperature 0..99", "another 3"])
def test_what_cannot_be_learned_is_said_and_not_waited_for(house: House, target: str) -> None:
    house.bus.hear({"what": "learn", "target": target})
    assert (house.bus.learning, len(house.told)) == ("", 1)


def test_a_program_change_cannot_turn_a_knobs_range_and_that_is_said(house: House) -> None:
    house.bus.hear({"what": "learn", "target": "temperature"})
    house.bus.command({"what": "learned", "message": "c003"})
    assert (house.bus.controls, house.kept) == (["cc 20 = temperature"], [])
    assert "say which value" in house.told[0]
