"""Whose turn it is: when a phrase of the player's is over."""

from antiphon.core.memory import Phrase
from antiphon.core.parameters import Parameters
from antiphon.music.events import Seconds


def over(phrase: Phrase | None, holding: bool, parameters: Parameters) -> Seconds | None:
    """When the phrase is over, if nothing more is played; None while there is none, or a key is held.

    A fixed silence, for now, whatever was played.
    """
    if phrase is None or holding:
        return None
    return Seconds(phrase.last + float(parameters.pause))
