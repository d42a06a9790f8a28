"""Music that was before anybody plays, heard a few events at a time, so that whoever plays can cut in."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from antiphon.core.memory import Memory
from antiphon.core.model import Model
from antiphon.core.past import Past, Played, after, beginning
from antiphon.core.recall import moved, put_right
from antiphon.core.rehearsal import settled
from antiphon.errors import MidiFileError
from antiphon.music import midifile
from antiphon.music.events import Event, Kind

CHUNK: Final = 16
"""Events fed in one piece of work: some 2 ms."""


def read(path: Path) -> list[Event]:
    """What is played in a .mid file, all released at its end. Raises MidiFileError where there are no notes in it."""
    events = midifile.events(settled(midifile.merged(midifile.read(path))))
    if not any(event.kind is Kind.NOTE_ON for event in events):
        raise MidiFileError(f"{path}: no notes in this file; give one that holds music")
    return events


class Primer:
    """Hears `events` for the model."""

    def __init__(self, model: Model, events: Sequence[Event]) -> None:
        self._model, self._events, self._fed = model, events, 0
        self._past: Past = beginning(model, events[0].time if events else 0.0)

    def work(self) -> bool:
        """Hear some more. True once all has been heard."""
        chunk = self._events[self._fed : self._fed + CHUNK]
        self._past = after(self._model, self._past, [Played(event, False) for event in chunk])
        self._fed += len(chunk)
        return self._fed >= len(self._events)

    def memory(self, now: float) -> Memory:
        """What has been heard so far, as if it had ended at `now` (s): no key is down, and no phrase to be answered."""
        past = moved(self._past, now - self._past.time, self._past.count)
        return Memory(after(self._model, past, put_right(past, [], now)))
