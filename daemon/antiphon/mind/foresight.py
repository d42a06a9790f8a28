"""The step that must be done before the next event can be heard, done while nobody plays: it does not depend on what
that event is. Then company comes a step sooner. It is done in harmony alone, where nobody is told how likely each note
was."""

from antiphon.core.past import Past
from antiphon.core.session import Session
from antiphon.mind.onnx_model import OnnxModel


class Foresight:
    """Remembers where it looked ahead from; the model keeps what it found."""

    def __init__(self) -> None:
        self._from: Past | None = None

    def look(self, session: Session) -> None:
        """Do the step, once for each event. What the model imagines by itself needs none."""
        past, model = session.memory.past, session.model
        if session.parameters.mode != "harmony" or not isinstance(model, OnnxModel):
            return
        if past is self._from or session.answering or not session.fed:
            return
        self._from = past
        model.foresee(past.state, past.last)
