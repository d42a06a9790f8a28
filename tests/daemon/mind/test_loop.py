"""The mind's one thread, in real time between a guard and a stage: awake while someone plays, and at rest while no one
does."""

import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import pytest
from tests.fakes import FakeModel, off, on

from antiphon import loopback
from antiphon.core.acts import SCENE
from antiphon.core.messages import Heard, packed
from antiphon.core.model import Heard as Fed
from antiphon.core.model import State
from antiphon.core.parameters import Parameters
from antiphon.core.past import Past
from antiphon.core.prime import primed
from antiphon.core.scenes import Scene
from antiphon.errors import MidiFileError
from antiphon.lines import BEAT_S, Control, Line, pair
from antiphon.mind.journal import Journal
from antiphon.mind.loop import AWAKE_S, Mind
from antiphon.mind.stagehand import Stagehand
from antiphon.music.events import Kind, Seconds, note_off, note_on

pytestmark = pytest.mark.skipif(
    loopback.used(), reason="a stage's and a guard's lines are handed over here; over loopback tests/windows plays"
)


class Watched(FakeModel):
    """Notes when it is asked for something."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = list[float]()

    def follow(self, state: State, heard: Sequence[Fed]) -> State:
        self.asked.append(time.monotonic())
        return super().follow(state, heard)


Music = Callable[[Watched], Past]
"""Hears some."""


class House:
    """A mind that listens, its guard's end of a line, and its stage's."""

    def __init__(
        self, hearing: Music | None = None, scenes: Mapping[str, Music] | None = None, before: "House | None" = None
    ) -> None:
        (here, there), (ours, theirs) = pair(), pair()
        self.turned, self.notices = list[dict[str, object]](), list[str]()
        self.awaited, self.met = list[str | None](), list[int]()
        self.model, self.memory, self.guard, self.stage = Watched(), bytearray(1 << 20), Control(there), Line(ours)
        if before:
            self.model, self.memory = before.model, before.memory
        journal = Journal(memoryview(self.memory), self.model)
        prime = (lambda: lambda: hearing(self.model)) if hearing else None
        listens = Parameters().changed(mode="listen")
        hand = Stagehand([Scene(name, listens.values, "fake") for name in scenes or ()], {"fake": self.model})
        for name, music in (scenes or {}).items():
            hand.hearings.add(name, self.model, partial(music, self.model))
        awaited, scene = (before.awaited[-1], str(before.awaited[-1])) if before else (None, "")
        mind = Mind(self.model, listens, Control(here), journal, hand, prime, awaited, scene)
        with theirs:
            self.meet_stage(theirs.fileno())
        self._thread = threading.Thread(target=mind.run)
        self._thread.start()

    def meet_stage(self, number: int, new: bool = False) -> None:
        """A stage is there, at the other end of that file; a new one counts from one, and the last one died."""
        self.guard.say("stage", [number], new=new, priority=0, number=7)

    def play(self, *messages: bytes) -> float:
        """The moment (s) at which the stage tells the mind of them, the first of which is number 1."""
        now = time.monotonic()
        for parcel in packed([Heard(Seconds(now), number, each) for number, each in enumerate(messages, start=1)]):
            self.stage.send(parcel)
        return now

    def wait_for_beats(self, count: int) -> None:
        """Return once the guard has heard so many more."""
        while count > 0:
            assert select.select([self.guard], [], [], 10 * BEAT_S)[0], "it does not beat any more"
            words = [word for word, _ in self.guard.heard()]
            self.turned += [word for word in words if word["what"] == "turned"]
            self.notices += [word["why"] for word in words if word["what"] == "notice"]
            self.awaited += [word["music"] for word in words if word["what"] == "awaits"]
            self.met += [word["stage"] for word in words if word["what"] == "met"]
            count -= [word["what"] for word in words].count("beat")

    @property
    def known(self) -> list[int]:
        """The keys that were pressed in all that the model has heard, by the journal."""
        found = Journal(memoryview(bytearray(self.memory)), self.model).recall()
        events = [fed.event for fed in self.model.heard(found.memory.past.state)] if found else []
        return [event.pitch for event in events if event and event.kind is Kind.NOTE_ON]

    def close(self) -> None:
        self.guard.say("stop")
        self._thread.join(5)
        self.guard.close()
        self.stage.close()


@pytest.fixture
def house() -> Iterator[House]:
    standing = House()
    yield standing
    standing.close()


def test_music_that_it_begins_from_is_heard_beside_the_playing_and_then_it_comes_out_of_that() -> None:
    may_end = threading.Event()

    def hearing(model: Watched) -> Past:
        assert may_end.wait(20)
        events = [note_on(0.0, 40, 64), note_off(0.5, 40), note_on(1.0, 43, 64), note_off(1.5, 43)]
        return primed(model, [(events, 1.0)], 0.0)

    house = House(hearing)
    try:
        house.play(on(60), off(60), on(62))
        house.wait_for_beats(2)
        assert (house.known, house.turned) == ([60], []), "the last is heard with what follows it"
        may_end.set()
        house.wait_for_beats(3)
        assert house.known[:2] == [40, 43]
        assert [(word["scene"], word["model"]) for word in house.turned] == [("", "fake")]
    finally:
        may_end.set()
        house.close()


def test_a_scene_whose_music_is_not_heard_yet_begins_without_and_comes_out_of_it_then_unless_it_is_left() -> None:
    may_end = threading.Semaphore(0)

    def music(pitch: int, model: Watched) -> Past:
        assert may_end.acquire(timeout=20)
        return primed(model, [([note_on(0.0, pitch, 64), note_off(0.5, pitch)], 1.0)], 0.0)

    house = House(scenes={str(pitch): partial(music, pitch) for pitch in (40, 41, 42)})
    try:
        house.play(on(60), off(60))
        for name in ("41", "42"):
            house.guard.say("act", name=SCENE + name)
            house.wait_for_beats(2)
        assert (house.known, [word["scene"] for word in house.turned]) == ([60], ["41", "42"])
        assert house.notices == [f"scene {n}: the music that it begins from is still being heard" for n in (41, 42)]
        may_end.release()
        house.wait_for_beats(2)
        assert house.known == [60], "what nobody waits for changes nothing"
        may_end.release()
        house.wait_for_beats(2)
        assert house.known[:1] == [42]
        may_end.release()
        house.wait_for_beats(2)
        assert house.known[:1] == [42], "left before it was heard"
        house.guard.say("act", name=SCENE + "40")
        house.wait_for_beats(2)
        assert (house.known[:1], len(house.notices)) == ([40], 2)
    finally:
        may_end.release(3)
        house.close()


@pytest.mark.parametrize("name", ["", "41"])
def test_what_a_mind_still_waited_for_is_heard_by_the_next_which_comes_out_of_it(name: str) -> None:
    may_end = threading.Event()

    def music(model: Watched) -> Past:
        assert may_end.wait(20)
        return primed(model, [([note_on(0.0, 41, 64), note_off(0.5, 41)], 1.0)], 0.0)

    def house(before: House | None = None) -> House:
        return House(None, {name: music}, before) if name else House(music, None, before)

    first = house()
    try:
        first.play(on(60), off(60), on(62))
        if name:
            first.guard.say("act", name=SCENE + name)
        first.wait_for_beats(3)
        assert first.awaited == [name]
    finally:
        first.close()
    second = house(first)
    try:
        second.wait_for_beats(2)
        assert second.known == [60]
        may_end.set()
        second.wait_for_beats(3)
        assert (second.known[:1], second.awaited) == ([41], [name, None])
        assert [word["scene"] for word in second.turned] == [name]
    finally:
        may_end.set()
        second.close()


def test_music_that_cannot_be_heard_is_said_and_not_waited_for() -> None:
    may_fail = threading.Event()

    def music(_: Watched) -> Past:
        assert may_fail.wait(20)
        raise MidiFileError("a.mid: cannot be read")

    house = House(scenes={"41": music})
    try:
        house.guard.say("act", name=SCENE + "41")
        house.wait_for_beats(2)
        may_fail.set()
        house.wait_for_beats(2)
        assert house.notices[1:] == ["scene 41: a.mid: cannot be read"]
        assert house.awaited == ["41", None]
    finally:
        may_fail.set()
        house.close()


def test_that_it_knows_a_stage_is_said_once_the_journal_does(house: House) -> None:
    house.wait_for_beats(2)
    assert house.met == [7]


def test_while_no_one_plays_the_model_is_asked_nothing(house: House) -> None:
    begun = time.monotonic()
    house.wait_for_beats(3)
    assert [moment for moment in house.model.asked if moment > begun] == []


def test_while_someone_plays_it_is_kept_warm_and_soon_after_it_is_left_alone(house: House) -> None:
    played = house.play(on(60), off(60))
    house.wait_for_beats(2 + 2 * round(AWAKE_S / BEAT_S))
    assert time.monotonic() > played + 2 * AWAKE_S
    asked = [moment - played for moment in house.model.asked if moment > played]
    assert len(asked) > 4, "more than to hear two events"
    assert max(asked) < AWAKE_S + BEAT_S


def test_what_it_has_heard_is_in_the_journal_for_the_next_with_its_number(house: House) -> None:
    house.play(on(60), on(64), off(60))
    house.wait_for_beats(2)
    found = Journal(memoryview(bytearray(house.memory)), house.model).recall()
    assert found is not None
    assert (found.heard, found.held, found.memory.past.count) == (3, (on(64),), 3)


def test_what_a_player_held_when_the_stage_died_is_let_go_of_for_nobody_will_say_so(house: House) -> None:
    house.play(on(60), on(64), off(60))
    house.wait_for_beats(2)
    ours, theirs = pair()
    with ours, theirs:
        house.meet_stage(theirs.fileno(), new=True)
        house.wait_for_beats(2)
    found = Journal(memoryview(bytearray(house.memory)), house.model).recall()
    assert found is not None
    assert (found.heard, found.held, found.memory.past.count) == (0, (), 4)
