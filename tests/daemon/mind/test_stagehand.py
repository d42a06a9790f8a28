"""Which message of the player's calls for a scene, and what is said of a scene that cannot be played."""

from dataclasses import asdict

import pytest
from tests.fakes import FakeModel

from antiphon.core.parameters import Parameters
from antiphon.core.scenes import Scene, staged
from antiphon.errors import ModelError
from antiphon.mind.stagehand import Stagehand

SCENES = staged({"mine": {"controller": 80}, "yours": {"program": 4}}, Parameters(), "default")


def test_a_controller_calls_for_a_scene_each_time_it_passes_the_middle_upwards() -> None:
    hand = Stagehand(SCENES)
    called = [hand.called(bytes((0xB2, 80, position))) for position in (10, 70, 127, 90, 20, 64, 64)]
    assert [scene.name if scene else "" for scene in called] == ["", "mine", "", "", "", "mine", ""]
    assert hand.called(b"\xb2\x51\x7f") is None


def test_each_program_change_calls_again() -> None:
    hand = Stagehand(SCENES)
    assert [hand.called(b"\xc0\x03") for _ in range(2)] == [Stagehand(SCENES).named("yours")] * 2


def test_the_scene_is_named_whose_model_is_not_there() -> None:
    scene = asdict(Scene("night", {}, "nonsense"))
    with pytest.raises(ModelError, match="scene night: no model 'nonsense'"):
        Stagehand.of([scene], "default", FakeModel())
