"""What a performance goes on from when its beginning is another's end: the player's phrases are in it."""

from tests.fakes import FakeModel, Taste, off, on

from antiphon.core.due import Due
from antiphon.core.parameters import Parameters
from antiphon.core.session import Session
from antiphon.mind import checkpoint

FIGURE = [61, 85, 46, 70, 55, 94, 49, 77]
PARAMETERS = Parameters().changed(memory=1.0, turn="pause", seed=2)


def played(session: Session, begins: float) -> list[Due]:
    """The figure, and what it is answered with."""
    dues = list[Due]()
    for number, pitch in enumerate(FIGURE):
        for at, message in ((0.0, on(pitch)), (0.2, off(pitch))):
            dues += until(session, begins + 0.25 * number + at)
            dues += [each for each in session.receive(message, begins + 0.25 * number + at) if isinstance(each, Due)]
    return dues + until(session, begins + 25.0)


def until(session: Session, moment: float) -> list[Due]:
    now, dues = -float("inf"), list[Due]()
    while (deadline := session.deadline) is not None and deadline < moment:
        now = max(now, deadline)
        dues += [each for each in session.advance(now) if isinstance(each, Due)]
    return dues


def test_what_was_played_before_comes_back_after_it_and_each_time_in_the_same_way() -> None:
    model = FakeModel(Taste(0.12, starts=1.5))
    session = Session(model, PARAMETERS)
    for begins in (0.0, 30.0):
        played(session, begins)
    kept, answers = checkpoint.written(session, model), list[list[Due]]()
    for _ in range(2):
        found = checkpoint.read(kept, model)
        assert found is not None
        another = Session(model, PARAMETERS, 60.0)
        another.resume(found.memory, found.held, 60.0)
        answers.append(played(another, 61.0))
    notes = [due.message[1] for due in answers[0] if due.message[0] & 0xF0 == 0x90 and due.message[2]]
    assert notes[:8] == FIGURE
    assert answers[0] == answers[1]
