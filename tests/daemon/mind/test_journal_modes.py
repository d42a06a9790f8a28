"""Another mind goes on in every mode, with all that the journal holds beside the music itself."""

import dataclasses

import pytest
from tests.fakes import FakeModel, Taste, off, on

from antiphon.core.memory import Memory
from antiphon.core.model import Identified
from antiphon.core.parameters import MODES, Parameters
from antiphon.core.session import Session
from antiphon.mind.journal import Journal

LIVELY = Taste(0.1, starts=2.0)
TUNE = [(n * 0.2, message) for n in range(20) for message in (on(48 + n), off(48 + n))]


class Mind:
    """A session with its journal, in virtual time."""

    def __init__(self, model: Identified, memory: bytearray, parameters: Parameters, now: float = 0.0) -> None:
        self.model = model
        self.session, self.now = Session(model, parameters, now), now
        self.journal = Journal(memoryview(memory), model)

    def until(self, moment: float) -> None:
        while (deadline := self.session.deadline) is not None and deadline <= moment:
            self.now = max(self.now, deadline)
            self.session.advance(self.now)
            self.journal.write(self.session, 0)
        self.now = moment


def played(mode: str, memory: bytearray, until: float = 6.0) -> Mind:
    mind = Mind(FakeModel(LIVELY), memory, Parameters().changed(mode=mode, lock="auto", bars=1, density=4.0))
    for moment, message in TUNE:
        mind.until(moment)
        mind.session.receive(message, moment)
    mind.until(until)
    return mind


def recalled(mind: Mind, memory: bytearray) -> Memory:
    """By the same model: a fake's states are places in its own memory."""
    found = Journal(memoryview(memory), mind.model).recall()
    assert found is not None
    return found.memory


def beside_the_past(memory: Memory) -> list[object]:
    return [getattr(memory, field.name) for field in dataclasses.fields(memory) if field.name not in ("past", "branch")]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("until", [4.5, 6.0, 30.0])
def test_all_beside_the_past_is_recalled(mode: str, until: float) -> None:
    memory = bytearray(1 << 20)
    mind = played(mode, memory, until)
    assert beside_the_past(recalled(mind, memory)) == beside_the_past(mind.session.memory)


@pytest.mark.parametrize("mode", MODES)
def test_in_every_mode_another_mind_goes_on_and_nothing_is_held_at_the_end(mode: str) -> None:
    memory = bytearray(1 << 20)
    mind = played(mode, memory)
    following = Mind(mind.model, bytearray(memory), mind.session.parameters, 7.0)
    following.session.resume(recalled(mind, memory), [], 7.0)
    assert following.session.answering is (mode in ("reply", "duet", "solo", "trade") and mind.session.answering)
    following.until(20.0)
    following.session.close(20.0)
    while not following.session.fed:
        following.session.advance(20.0)
    assert not following.session.memory.past.keyboard.count.any()


@pytest.mark.parametrize("now", MODES)
@pytest.mark.parametrize("before", ["solo", "duet", "trade"])
def test_a_mind_that_is_told_another_mode_takes_up_what_fits_it(before: str, now: str) -> None:
    memory = bytearray(1 << 20)
    mind = played(before, memory)
    following = Mind(mind.model, bytearray(memory), Parameters().changed(mode=now), 7.0)
    following.session.resume(recalled(mind, memory), [], 7.0)
    following.until(60.0)
    if now not in ("solo", "duet"):
        assert following.session.deadline is None


@pytest.mark.parametrize("name", ["forget", "forget-all", "again", "another"])
def test_what_was_forgotten_or_answered_anew_is_so_for_another_mind(name: str) -> None:
    memory = bytearray(1 << 20)
    mind = played("reply", memory)
    mind.session.act(name, 6.0)
    mind.until(6.5)
    mind.journal.write(mind.session, 0)
    past, found = mind.session.memory.past, recalled(mind, memory).past
    assert found.count == past.count
    assert found.time == past.time
    assert (found.keyboard.count == past.keyboard.count).all()
    assert (found.keyboard.touched == past.keyboard.touched).all()


def test_that_it_is_held_is_recalled() -> None:
    memory = bytearray(1 << 20)
    mind = played("solo", memory)
    mind.session.act("hold", 6.0)
    mind.until(6.5)
    mind.journal.write(mind.session, 0)
    assert recalled(mind, memory).resting
