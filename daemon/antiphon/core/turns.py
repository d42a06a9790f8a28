"""Whose turn it is: when a phrase of the player's is over, by what the parameter `turn` says."""

from dataclasses import dataclass

from antiphon.core.memory import Phrase
from antiphon.core.metre import Metre
from antiphon.core.parameters import Parameters
from antiphon.core.silence import SHORTEST_S, Breath
from antiphon.music.events import Seconds


@dataclass(frozen=True, slots=True)
class Situation:
    """What a mode goes by.

    phrase    what the player has played since the last answer
    holding   whether they hold a key
    metre     where the beats lie
    anchor    on which beat their bars began
    breath    what may be expected of their silence; None while that is not known
    called    when they last said, with a pedal, that it is our turn
    """

    phrase: Phrase | None
    holding: bool
    metre: Metre
    anchor: float | None
    parameters: Parameters
    breath: Breath | None = None
    called: Seconds | None = None


def over(situation: Situation) -> Seconds | None:
    """When the phrase is over, if nothing more is played; None while there is none, a key is held, or nobody knows."""
    phrase, parameters = situation.phrase, situation.parameters
    if phrase is None or situation.holding:
        return None
    match parameters.turn:
        case "pause":
            return Seconds(phrase.last + float(parameters.pause))
        case "pedal":
            return None if situation.called is None else Seconds(max(situation.called, phrase.last))
        case "bar":
            origin = situation.metre.beat_of(phrase.first) if situation.anchor is None else situation.anchor
            return situation.metre.next(phrase.last + SHORTEST_S, int(parameters.beats), origin)
    known = situation.breath
    return known.ends(float(parameters.patience)) if known else None


def to_be_considered(situation: Situation, count: int) -> Seconds | None:
    """When the silence has lasted long enough to ask the model what it expects, in a performance of `count` events;
    None where nobody wants to know, or it is known."""
    phrase, known = situation.phrase, situation.breath
    if phrase is None or situation.holding or situation.parameters.turn != "model":
        return None
    if known and known.count == count and known.since == phrase.last:
        return None
    return Seconds(phrase.last + SHORTEST_S)
