"""What the mind does when it is told to be steered otherwise, or to do something."""

import socket
from collections.abc import Callable, Sequence
from typing import Any

from tests.fakes import FakeModel

from antiphon.core.acts import SCENE
from antiphon.core.model import Identified
from antiphon.core.parameters import Parameters
from antiphon.core.scenes import Scene
from antiphon.errors import ModelError
from antiphon.lines import Control
from antiphon.mind.journal import Journal
from antiphon.mind.loop import Mind
from antiphon.mind.stagehand import Stagehand


class Told(Control):
    """A guard who says these words, then stop."""

    def __init__(self, *words: dict[str, Any]) -> None:
        self._near, self._far = socket.socketpair()
        super().__init__(self._near)
        self._words = [*words, {"what": "stop"}]
        self.said: list[dict[str, Any]] = []
        self._far.send(b"x")

    def heard(self) -> list[tuple[dict[str, Any], Sequence[int]]]:  # type: ignore[override]  # all at once
        return [(word, ()) for word in self._words]

    def say(self, what: str, files: Sequence[object] = (), **more: Any) -> None:
        self.said.append({"what": what, **more})


def minded(*words: dict[str, Any]) -> tuple[Mind, Told]:
    model, told = FakeModel(), Told(*words)
    mind = Mind(model, Parameters(), told, Journal(memoryview(bytearray(1 << 20)), model))
    mind.run()
    return mind, told


class Patient(Told):
    """A guard who says its words one by one, and stop once something has been said to it, or so many turns."""

    def __init__(self, *words: dict[str, Any], turns: int = 0) -> None:
        super().__init__(*words)
        self._turns = turns

    def heard(self) -> list[tuple[dict[str, Any], Sequence[int]]]:  # type: ignore[override]  # all at once
        words, self._words = self._words[:1], self._words[1:] or self._words
        said = [word["what"] for word in self.said if word["what"] != "beat"]
        if words == [{"what": "stop"}] and (not said or said.count("turned") < self._turns):
            return []
        return [(word, ()) for word in words]


def notices(told: Told) -> list[str]:
    return [word["why"] for word in told.said if word["what"] == "notice"]


def test_parameters_that_it_is_told_are_those_it_goes_by() -> None:
    mind, told = minded({"what": "change", "number": 1, "parameters": {"lock": "am", "mode": "duet"}})
    found = mind._session.parameters
    assert (found.lock, found.mode, found.seed) == ("A minor", "duet", 1)
    assert notices(told) == []


def test_what_cannot_be_is_said_and_changes_nothing() -> None:
    mind, told = minded(
        {"what": "change", "number": 1, "parameters": {"lock": "C majr", "mode": "duet"}},
        {"what": "act", "name": "dance"},
    )
    assert mind._session.parameters == Parameters()
    said = notices(told)
    assert said[0] == 'lock=C majr: no scale of this name; did you mean "C major"?'
    assert said[1].startswith("no act named 'dance'")
    turned = [(word["number"], word["parameters"]) for word in told.said if word["what"] == "turned"]
    assert turned[0] == (1, Parameters().values), "so that nobody is shown what does not hold"


def wanted(load: Callable[[str], Identified]) -> tuple[Mind, Told]:
    model, told = FakeModel(), Patient({"what": "model", "name": "other"})
    journal = Journal(memoryview(bytearray(1 << 20)), model)
    mind = Mind(model, Parameters(), told, journal, Stagehand(load=load))
    mind.run()
    return mind, told


def test_another_model_plays_once_it_is_loaded_and_the_guard_is_told() -> None:
    other = FakeModel()
    mind, told = wanted({"other": other}.__getitem__)
    assert mind._session.model is mind._model is other
    [said] = [word for word in told.said if word["what"] == "turned"]
    assert (said["model"], said["found_at"], said["scene"]) == ("fake", "fake", "")
    assert said["parameters"] == Parameters().values


def test_a_model_that_is_there_before_a_scene_is_played_plays_in_it() -> None:
    model, other = FakeModel(), FakeModel()
    told = Patient({"what": "act", "name": SCENE + "night"}, {"what": "model", "name": "other"}, turns=2)
    night = Scene("night", Parameters().changed(mode="solo").values, "fake", when="beat")
    hand = Stagehand([night], {"fake": model}, {"other": other}.__getitem__)
    mind = Mind(model, Parameters(), told, Journal(memoryview(bytearray(1 << 20)), model), hand)
    mind.run()
    assert mind._session.model is other
    assert (mind._session.scene, mind._session.parameters.mode) == ("night", "solo")


def test_a_model_that_cannot_be_had_is_said_and_the_one_there_is_plays_on() -> None:
    def missing(name: str) -> Identified:
        raise ModelError(f"no {name}")

    mind, told = wanted(missing)
    assert notices(told) == ["no other"]
    assert mind._session.model is mind._model


def test_hold_is_done() -> None:
    mind, _ = minded({"what": "act", "name": "hold"})
    assert mind._session.memory.resting
