"""Another mind goes on where the journal ends: the same state, the same turn, nothing heard twice or not at all."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from tests.fakes import FakeModel, Taste, off, on, tread

from antiphon.core.model import Identified, State
from antiphon.core.parameters import Parameters
from antiphon.core.past import after
from antiphon.core.session import Session
from antiphon.core.tune import KEPT
from antiphon.core.zones import Role
from antiphon.mind import models, onnx_model
from antiphon.mind.journal import EVERY, Journal, Recalled
from antiphon.music.events import Voice

PARAMETERS = Parameters().changed(reply_shortest=6.0, reply_longest=6.0, seed=3)
MEMORY = 1 << 20


class Mind:
    """A session with its journal, in virtual time."""

    def __init__(
        self, model: Identified, memory: bytearray, now: float = 0.0, parameters: Parameters = PARAMETERS
    ) -> None:
        self.session = Session(model, parameters, now)
        self.journal = Journal(memoryview(memory), model)
        self.heard, self.now = 0, now

    def until(self, moment: float) -> None:
        while (deadline := self.session.deadline) is not None and deadline <= moment:
            self.now = max(self.now, deadline)
            self.session.advance(self.now)
            self.journal.write(self.session, self.heard)
        self.now = moment

    def play(self, phrase: Sequence[tuple[float, bytes]]) -> None:
        for moment, message in phrase:
            self.until(moment)
            self.session.receive(message, moment)
            self.heard += 1
            self.journal.write(self.session, self.heard)

    def act(self, name: str) -> None:
        self.session.act(name, self.now)
        self.journal.write(self.session, self.heard)


def scale(count: int, start: float = 0.0) -> list[tuple[float, bytes]]:
    notes = [(on(48 + n % 24, 40 + n % 60), off(48 + n % 24)) for n in range(count)]
    return [(start + 0.1 * n, message) for n, message in enumerate(itertools.chain(*notes))]


def recalled(model: Identified, memory: bytearray) -> Recalled:
    found = Journal(memoryview(bytearray(memory)), model).recall()
    assert found is not None
    return found


def apart(one: State, other: State) -> float:
    return float(max(np.abs(one.hidden - other.hidden).max(), np.abs(one.cell - other.cell).max()))


@pytest.fixture(scope="module")
def shipped() -> Identified:
    if not any((folder / "default.onnx").is_file() for folder in models.FOLDERS):
        pytest.skip("models/default.onnx is not there")
    return onnx_model.load("default")


def test_an_empty_journal_recalls_nothing() -> None:
    assert Journal(memoryview(bytearray(MEMORY)), FakeModel()).recall() is None


@pytest.mark.parametrize("count", [1, 5, EVERY // 2, EVERY, 300])
def test_the_model_stands_to_the_music_as_it_did(shipped: Identified, count: int) -> None:
    memory = bytearray(MEMORY)
    mind = Mind(shipped, memory)
    mind.play(scale(count))
    mind.until(mind.now + 4.0)
    past, found = mind.session.memory.past, recalled(shipped, memory).memory.past
    assert (found.count, found.time, found.last.event) == (past.count, past.time, past.last.event)
    assert found.last.dt == pytest.approx(past.last.dt)
    assert (found.keyboard.count == past.keyboard.count).all()
    assert (found.own.count == past.own.count).all()
    assert apart(found.state, past.state) < 2e-2


def test_through_the_same_chunks_the_state_is_the_same(shipped: Identified) -> None:
    """Recovery takes the last copy and feeds what came after it in one piece: so does the twin."""
    memory = bytearray(MEMORY)
    mind = Mind(shipped, memory)
    for moment, message in scale(EVERY // 2):
        mind.play([(moment, message)])
        mind.until(moment + 0.01)
    first = mind.session.memory.past
    for moment, message in scale(20, start=mind.now):
        mind.play([(moment, message)])
        mind.until(moment + 0.01)
    later = list(mind.session.happened)[first.count :]
    found = recalled(shipped, memory).memory.past
    assert found.count == first.count + len(later) == 104
    copied = 65  # the first event is copied, then each 64th after it
    replayed = list(mind.session.happened)[copied:]
    twin = Mind(shipped, bytearray(MEMORY))
    for moment, message in [*scale(EVERY // 2), *scale(20, start=scale(EVERY // 2)[-1][0] + 0.01)][:copied]:
        twin.play([(moment, message)])
        twin.until(moment + 0.01)
    assert apart(found.state, after(shipped, twin.session.memory.past, replayed).state) <= 1e-4


def test_whose_turn_it_is_and_what_is_held_is_recalled() -> None:
    model, memory = FakeModel(Taste(0.2, starts=2.0)), bytearray(MEMORY)
    mind = Mind(model, memory)
    mind.play([(0.0, on(60)), (0.1, tread(True)), (0.2, on(64)), (0.3, off(60))])
    mind.until(0.4)
    listening = recalled(model, memory)
    assert (listening.heard, listening.held) == (4, (on(64), tread(True)))
    assert listening.memory.phrase == mind.session.memory.phrase
    mind.play([(0.5, off(64)), (0.6, tread(False))])
    mind.until(5.0)
    assert mind.session.answering
    answering = recalled(model, memory)
    assert (answering.heard, answering.held, answering.memory.phrase) == (6, (), None)
    assert answering.memory.answer == mind.session.memory.answer


def test_what_the_player_has_played_and_where_an_answer_stands_in_it_is_recalled() -> None:
    model, memory = FakeModel(Taste(0.2, starts=2.0)), bytearray(MEMORY)
    mind = Mind(model, memory, parameters=PARAMETERS.changed(memory=1.0))
    figure = [61, 85, 46, 70, 55, 94, 49, 77]
    for begins in (0.0, 20.0):
        notes = [(on(pitch), off(pitch)) for pitch in figure]
        mind.play([(begins + 0.2 * n, message) for n, message in enumerate(itertools.chain(*notes))])
        mind.until(begins + 5.0)
    found = recalled(model, memory).memory
    assert found.ear == mind.session.memory.ear
    assert found.ear.tune.pitches.tolist() == figure * 2
    assert found.answer is not None
    assert found.answer == mind.session.memory.answer
    assert found.answer.echo.followed > 0
    twin = Session(model, PARAMETERS.changed(memory=1.0), mind.now)
    twin.resume(found, (), mind.now)
    assert twin.memory.ear == mind.session.memory.ear
    assert twin.memory.answer is not None
    assert twin.memory.answer.echo == found.answer.echo


def test_of_the_players_notes_the_journal_holds_as_many_as_there_are_and_none_that_is_forgotten() -> None:
    model, memory = FakeModel(), bytearray(MEMORY)
    mind = Mind(model, memory, parameters=PARAMETERS.changed(mode="listen"))
    mind.play(scale(2 * KEPT + 100))
    mind.until(mind.now + 4.0)
    tune = recalled(model, memory).memory.ear.tune
    assert (tune, tune.count, len(tune.pitches)) == (mind.session.memory.ear.tune, 2 * KEPT + 100, KEPT)
    mind.act("forget-all")
    assert recalled(model, memory).memory.ear.tune.count == 0
    mind.play(scale(3, mind.now + 0.5))
    mind.until(mind.now + 0.1)
    assert recalled(model, memory).memory.ear.tune.pitches.tolist() == [48, 49, 50]
    again = Journal(memoryview(memory), model)  # another mind goes on with it
    again.write(mind.session, mind.heard)
    assert recalled(model, memory).memory.ear.tune == mind.session.memory.ear.tune


def test_a_message_that_was_not_fed_yet_is_left_to_be_told_again() -> None:
    model, memory = FakeModel(), bytearray(MEMORY)
    mind = Mind(model, memory)
    mind.play([(0.0, on(60)), (0.1, off(60))])
    mind.until(0.2)
    mind.play([(0.3, on(62))])  # heard, and the mind dies before it is fed
    found = recalled(model, memory)
    assert (found.heard, found.held, found.memory.past.count) == (2, (), 2)


def test_what_is_held_for_the_harmony_is_recalled_beside_what_is_played() -> None:
    model, memory = FakeModel(), bytearray(MEMORY)
    mind = Mind(model, memory)
    mind.session.receive(on(48), 0.0, Role.HARMONY)
    mind.session.receive(on(52, channel=1), 0.0, Role.HARMONY)
    mind.play([(0.1, on(60)), (0.3, on(64)), (0.5, off(64))])
    mind.until(0.6)
    found = recalled(model, memory)
    assert ([m[:2] for m in found.held], [m[:2] for m in found.beside]) == ([b"\x90\x3c"], [b"\x90\x30", b"\x91\x34"])
    following = Mind(model, memory, 1.0)
    following.session.resume(found.memory, found.held, 1.0, found.beside)
    assert following.session.beside == mind.session.beside


@pytest.mark.parametrize("state", ["listening", "between", "answering", "ringing out", "over"])
def test_a_mind_that_takes_over_in_any_state_comes_to_rest_with_nothing_held(state: str) -> None:
    model, memory = FakeModel(Taste(0.2, starts=2.0)), bytearray(MEMORY)
    mind = Mind(model, memory)
    mind.play([(0.0, on(60)), (0.2, on(64)), (0.3, off(60))])
    moments = {"listening": 0.35, "between": 1.0, "answering": 5.0, "ringing out": 9.5, "over": 30.0}
    if state != "listening":
        mind.play([(0.5, off(64))])
    mind.until(moments[state])
    found = recalled(model, memory)
    now = moments[state] + 0.5
    next_mind = Mind(model, memory, now)
    next_mind.session.resume(found.memory, found.held, now)
    next_mind.heard = found.heard
    if state == "listening":
        next_mind.play([(now + 0.1, off(64))])
    next_mind.until(now + 40.0)
    assert next_mind.session.deadline is None
    assert next_mind.session.memory.past.own.down(Voice.SOLO) == []
    assert next_mind.session.memory.past.keyboard.down(Voice.SOLO) == []


def test_wherever_the_writer_dies_what_is_recalled_is_whole() -> None:
    """Between two writes the memory changes byte by byte; the first byte changes last."""
    model, memory = FakeModel(), bytearray(MEMORY)
    mind = Mind(model, memory)
    seen = set[int]()
    for moment, message in scale(2 * EVERY):
        before = bytes(memory)
        mind.play([(moment, message)])
        mind.until(moment + 0.01)
        changed = [at for at in range(1, 40_000) if before[at] != memory[at]] if mind.heard % 16 == 0 else []
        for share in (0.0, 0.3, 0.7, 1.0):
            torn = bytearray(before)
            for at in changed[: int(share * len(changed))]:
                torn[at] = memory[at]
            if mind.heard > 1 and changed and before[0] != memory[0]:
                found = recalled(model, torn)
                assert found.memory.past.count == found.heard == mind.heard - 1
                seen.add(found.heard)
    assert len(seen) >= 8
