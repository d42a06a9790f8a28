"""Music is heard beside the playing, piece after piece; what is waited for comes next, and what fails stops nothing."""

import select
from collections.abc import Callable

import pytest
from tests.fakes import FakeModel

from antiphon.core.past import Past
from antiphon.core.prime import World, primed
from antiphon.errors import AntiphonError, MidiFileError
from antiphon.mind.hearings import BEGINNING, Hearings
from antiphon.music.events import note_off, note_on

LONGEST_S = 10.0
MODEL = FakeModel()


def had(hearings: Hearings) -> tuple[str, World]:
    assert select.select([hearings], (), (), LONGEST_S)[0], "nothing was heard"
    found = hearings.had()
    assert found is not None
    name, model, world = found
    assert model is MODEL
    return name, world


def hearing(pitch: int, heard: list[int]) -> tuple[FakeModel, Callable[..., Past]]:
    """A hearing of one note, which comes into `heard` then."""

    def hear() -> Past:
        heard.append(pitch)
        return primed(MODEL, [([note_on(0.0, pitch, 64), note_off(0.5, pitch)], 1.0)], 0.0)

    return MODEL, hear


def pitch_of(world: World) -> int:
    return next(each.event.pitch for each in MODEL.heard(world.past.state) if each.event)


def test_each_is_heard_in_its_turn_and_had_once_and_what_is_waited_for_is_the_next() -> None:
    heard, hearings = list[int](), Hearings()
    for pitch in (60, 61, 62):
        hearings.add(str(pitch), *hearing(pitch, heard))
    assert not select.select([hearings], (), (), 0.05)[0], "nothing before it is told to go on"
    hearings.go_on()
    hearings.prefer("62")
    found = [had(hearings) for _ in range(3)]
    assert [name for name, _ in found] == ["60", "62", "61"]
    assert [pitch_of(world) for _, world in found] == heard == [60, 62, 61]
    assert hearings.had() is None
    assert not any(name in hearings for name in ("60", "61", "62"))


@pytest.mark.parametrize("fault", [MidiFileError("a.mid: cannot be read"), ZeroDivisionError("a.mid")])
@pytest.mark.parametrize(("name", "said"), [("night", r"^scene night: .*a\.mid"), (BEGINNING, r"^(?!scene).*a\.mid")])
def test_what_cannot_be_heard_is_said_by_name_and_the_next_is_heard(name: str, said: str, fault: Exception) -> None:
    def hear() -> Past:
        raise fault

    hearings = Hearings()
    hearings.add(name, MODEL, hear)
    hearings.add("60", *hearing(60, []))
    hearings.go_on()
    assert select.select([hearings], (), (), LONGEST_S)[0]
    with pytest.raises(AntiphonError, match=said):
        hearings.had()
    assert name not in hearings
    assert had(hearings)[0] == "60"
