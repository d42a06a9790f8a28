"""What the mind is told is not undone by what it says of earlier words, and what nobody heard is told to the next."""

from tests.daemon.test_bus import FakeChild

from antiphon.inbox import Inbox


class House:
    def __init__(self) -> None:
        self.mind = FakeChild()
        self.inbox = Inbox(lambda: self.mind)  # type: ignore[arg-type, return-value]  # a fake

    def heard(self) -> list[tuple[str, object]]:
        said, self.mind.control.said = self.mind.control.said, []
        return [(word["what"], word.get("name") or word.get("parameters")) for word in said]


def test_what_a_scene_brings_holds_but_for_what_was_turned_since_the_mind_heard_last() -> None:
    inbox = House().inbox
    for parameters in ({"channel": 2, "density": 1.0}, {"channel": 9}):
        inbox.change(parameters)
    scene = {"channel": 1, "density": 4.0, "mode": "duet"}
    assert inbox.turned({"number": 1, "parameters": scene, "scene": "one"}) == {**scene, "channel": 9}
    assert inbox.turned({"number": 2, "parameters": scene}) == scene
    assert inbox.turned({"number": 0, "parameters": scene}) == scene, "what a mind has heard is no news"


def test_what_is_said_while_there_is_no_mind_is_told_to_the_next_in_order_and_once() -> None:
    house = House()
    house.mind.ready = False
    house.inbox.say("act", name="hold")
    house.inbox.change({"density": 2.0})
    house.inbox.say("model", name="songbook")
    assert house.heard() == []
    house.mind.ready = True
    house.inbox.met()
    assert house.heard() == [("act", "hold"), ("change", {"density": 2.0}), ("model", "songbook")]
    house.inbox.met()
    assert house.heard() == []


def test_a_scene_that_has_not_come_when_the_mind_dies_is_called_for_again_before_all_else() -> None:
    house = House()
    house.inbox.change({"channel": 3})
    house.inbox.called({"scene": "night", "number": 1})
    house.inbox.change({"patience": 0.5})
    house.inbox.turned({"number": 2, "parameters": {"tempo": 90.0}})
    house.heard()
    house.mind.ready = False
    house.inbox.change({"density": 2.0})
    house.inbox.lost(afresh=False)
    house.mind.ready = True
    house.inbox.met()
    both = {"patience": 0.5, "density": 2.0}
    assert house.heard() == [("act", "scene night"), ("change", both), ("change", {"density": 2.0})]


def test_a_scene_that_has_come_is_not_called_for_again_nor_one_that_the_mind_may_have_failed_at() -> None:
    house = House()
    for scene, afresh in (("night", False), ("other", True)):
        house.inbox.called({"scene": scene, "number": 0})
        if not afresh:
            house.inbox.turned({"number": 0, "parameters": {}, "scene": "night"})
        house.inbox.lost(afresh)
        house.inbox.met()
        assert house.heard() == []


def test_what_was_turned_before_a_mind_died_does_not_outlast_a_scene_of_the_next() -> None:
    inbox = House().inbox
    inbox.change({"density": 2.0})
    inbox.lost(afresh=False)
    assert inbox.turned({"number": 0, "parameters": {"density": 4.0}, "scene": "one"}) == {"density": 4.0}
