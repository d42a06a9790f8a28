"""What a performance can be taken up again from. Values only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from antiphon.core.answer import Answer
from antiphon.core.apart import Apart
from antiphon.core.ear import UNHEARD, Ear
from antiphon.core.past import Past
from antiphon.core.pulse import Pulse
from antiphon.core.zones import COMMON
from antiphon.music import vocabulary
from antiphon.music.events import Event, Seconds
from antiphon.music.vocabulary import PEDAL_KEY


@dataclass(frozen=True, slots=True)
class Phrase:
    """What the player has played since the last answer: first note and last event, seconds."""

    first: Seconds
    last: Seconds


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """All that really happened, and whose turn it is.

    past     the music so far
    phrase   what the player has played since the last answer
    answer   the answer that is being played, as far as it has been
    ear      what steering goes by of the player
    anchor   on which beat the player's bars begin, where bars are traded
    resting  True between hold and resume
    branch   how often the music so far was replaced by another: something was forgotten, or answered anew
    pulse    who gives the beat, and where it lies; None where that is as it is set
    whose    which memory this is, of several
    apart    the others, as they rest
    """

    past: Past
    phrase: Phrase | None = None
    answer: Answer | None = None
    ear: Ear = UNHEARD
    anchor: float | None = None
    resting: bool = False
    branch: int = 0
    pulse: Pulse | None = None
    whose: int = COMMON
    apart: Mapping[int, Apart] = field(default_factory=dict)


def longer(phrase: Phrase | None, events: Sequence[Event]) -> Phrase | None:
    """The phrase with these events. It begins with a note."""
    notes = [event for event in events if vocabulary.key(event) != PEDAL_KEY]
    if phrase is None and not any(event.starts for event in notes):
        return None
    if not notes:
        return phrase
    return Phrase(phrase.first if phrase else notes[0].time, notes[-1].time)
