"""The player's harmony: which of their keys say on which chord we are, and are not melody."""

from antiphon.core.parameters import Parameters
from antiphon.music.events import Event, Kind


def in_zone(parameters: Parameters, channel: int, pitch: int) -> bool:
    """Whether a key of the player's on a channel (0-15) is harmony."""
    if parameters.lock != "chord":
        return False
    return pitch < int(parameters.chord_below) or channel == int(parameters.chord_channel) - 1


def melody(parameters: Parameters, channel: int, events: list[Event]) -> list[Event]:
    """Of what the player did on a channel, what is not harmony."""
    return [e for e in events if e.kind is Kind.PEDAL or not in_zone(parameters, channel, e.pitch)]


def chord(
    parameters: Parameters,
    keys: list[tuple[int, int]],
    beside: list[tuple[int, int]],
    before: frozenset[int],
    pressed: bool,
) -> frozenset[int]:
    """The pitch classes that are the harmony, once the player holds these keys (channel, note), and those `beside` in
    a zone of the harmony's own. Where it is latched, letting go changes nothing."""
    if not pressed and parameters.chord_latch:
        return before
    if parameters.lock != "chord":
        return frozenset()
    return frozenset(pitch % 12 for _, pitch in [*beside, *(key for key in keys if in_zone(parameters, *key))])
