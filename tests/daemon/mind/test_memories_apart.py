"""Memories that rest are in the journal and in what a take begins from, as whole as the one in force."""

import numpy as np
import pytest
from tests.fakes import FakeModel, Taste, off, on

from antiphon.core.apart import GROUND, Apart
from antiphon.core.due import Order
from antiphon.core.memory import Memory
from antiphon.core.model import Identified
from antiphon.core.parameters import Parameters
from antiphon.core.prime import primed
from antiphon.core.session import Session
from antiphon.core.zones import Role
from antiphon.errors import ModelError
from antiphon.mind import checkpoint, journal, onnx_model
from antiphon.mind.journal import Journal
from antiphon.music.events import note_off, note_on

PARAMETERS = Parameters().changed(turn="pause", seed=3)
MEMORY = 1 << 20


def until(session: Session, moment: float) -> list[Order]:
    orders, now = list[Order](), 0.0
    while (deadline := session.deadline) is not None and deadline <= moment:
        now = max(now, deadline)
        orders += session.advance(now)
    return orders


def turns(session: Session, start: float, *memories: int) -> list[Order]:
    """Players who play three notes in turn, and are answered."""
    orders = list[Order]()
    for turn, memory in enumerate(memories):
        for step in range(3):
            at = start + 12.0 * turn + 0.3 * step
            orders += until(session, at) + session.receive(on(40 + memory + 4 * step), at, Role.PLAYS, memory)
            orders += until(session, at + 0.2)
            orders += session.receive(off(40 + memory + 4 * step), at + 0.2, Role.PLAYS, memory)
        orders += until(session, start + 12.0 * turn + 11.5)
    return orders


def same(one: Memory, other: Memory) -> bool:
    assert (one.whose, set(one.apart)) == (other.whose, set(other.apart))
    for number, each in one.apart.items():
        found = other.apart[number]
        assert (found.ear, found.unfed, found.past.last.event) == (each.ear, (), each.past.last.event)
        assert (found.past.time, found.past.count) == (each.past.time, each.past.count)
        assert np.array_equal(found.past.state.hidden, each.past.state.hidden)
        assert np.array_equal(found.past.keyboard.count, each.past.keyboard.count)
    return True


def test_a_mind_that_takes_over_knows_every_memory() -> None:
    model, memory = FakeModel(Taste(0.2, starts=2.0)), bytearray(MEMORY)
    session, kept = Session(model, PARAMETERS), Journal(memoryview(memory), model)
    for number, player in enumerate((1, 2, 1, 3, 2)):
        turns(session, 12.0 * number, player)
        kept.write(session, 1)
        found = Journal(memoryview(bytearray(memory)), model).recall()
        assert found is not None
        assert same(session.memory, found.memory)
    assert set(session.memory.apart) == {1, 3}


@pytest.mark.parametrize("share", [0.3, 0.6, 1.0])
def test_until_a_record_is_whole_the_one_before_leads_to_whole_memories(share: float) -> None:
    """The mind dies somewhere in the middle of writing the memory that goes to rest."""
    model, memory = FakeModel(Taste(0.2, starts=2.0)), bytearray(MEMORY)
    session, kept = Session(model, PARAMETERS), Journal(memoryview(memory), model)
    turns(session, 0.0, 1, 2, 1)
    kept.write(session, 1)
    before, torn = session.memory, bytearray(memory)
    turns(session, 36.0, 2)
    kept.write(session, 1)
    changed = [at for at in range(len(memory)) if memory[at] != torn[at] and at > 0]
    behind = journal.size(model.start())
    for at in [at for at in changed if at >= behind][: int(share * len(changed)) + 1]:
        torn[at] = memory[at]
    found = Journal(memoryview(torn), model).recall()
    assert found is not None
    assert same(before, found.memory)


def test_a_take_begins_with_every_memory_and_goes_on_the_same() -> None:
    model: Identified = onnx_model.load("default")
    session = Session(model, PARAMETERS)
    turns(session, 0.0, 1, 2, 3)
    written, ends = checkpoint.written(session, model), 40.0
    heard = []
    for _ in range(2):
        recalled = checkpoint.read(written, model)
        assert recalled is not None
        assert same(session.memory, recalled.memory)
        again = Session(model, PARAMETERS, ends)
        again.resume(recalled.memory, recalled.held, ends, recalled.beside)
        heard.append(turns(again, ends, 2, 1))
    assert heard[0] == heard[1]
    assert len(heard[0]) > 10


def test_a_performance_without_memories_apart_is_written_down_as_it_always_was() -> None:
    model = FakeModel()
    session = Session(model, PARAMETERS)
    turns(session, 0.0, 1, 1)
    assert len(checkpoint.written(session, model)) < journal.size(model.start()) + 100
    turns(session, 24.0, 2)
    whole = checkpoint.written(session, model)
    cut = checkpoint.of_journal(whole[25 : 25 + journal.size(model.start())])
    with pytest.raises(ModelError):
        checkpoint.read(cut, model)


def test_every_memory_begins_from_the_music_that_the_performance_begins_from() -> None:
    model = FakeModel(Taste(0.2, starts=2.0))
    music = [([note_on(0.0, 33, 70), note_off(1.0, 33)], 1.0)]
    past = primed(model, music, 0.0)
    session = Session(model, PARAMETERS)
    session.resume(Memory(past, apart={GROUND: Apart(past)}), (), 0.0)
    turns(session, 1.0, 2)
    begun = [each.event.pitch for each in model.bases[-1] if each.event and each.event.starts]
    assert begun[:4] == [33, 42, 46, 50]
