"""Events as notes: each start with its end, which is what pictures and sheets are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from antiphon.music.events import Event, Kind, Seconds


@dataclass(frozen=True, slots=True)
class Note:
    """A key that was down from one moment to another (s), struck at a velocity of 1-127."""

    begins: Seconds
    ends: Seconds
    pitch: int
    velocity: int


def notes(events: Sequence[Event]) -> list[Note]:
    """The notes of one side in the order of their ends. Events are in order of time, every start has its release."""
    begun, found = dict[int, list[Event]](), list[Note]()
    for event in events:
        if event.kind is Kind.NOTE_ON:
            begun.setdefault(event.pitch, []).append(event)
        elif event.kind is Kind.NOTE_OFF and begun.get(event.pitch):
            start = begun[event.pitch].pop(0)
            found.append(Note(start.time, event.time, start.pitch, start.velocity))
    return found


def treads(events: Sequence[Event]) -> list[tuple[Seconds, Seconds]]:
    """From when to when the sustain pedal was down."""
    found, down = list[tuple[Seconds, Seconds]](), None
    for event in events:
        if event.kind is Kind.PEDAL and event.starts:
            down = event.time if down is None else down
        elif event.kind is Kind.PEDAL and down is not None:
            found.append((down, event.time))
            down = None
    return found
