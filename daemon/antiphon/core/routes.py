"""Between keys and music: which voice a keyboard is, how far both sides are transposed. Pure: messages and events."""

from dataclasses import replace
from typing import Final

from antiphon.core.parameters import Parameters
from antiphon.music.events import Event, Kind, Voice
from antiphon.music.wire import NOTE_OFF, NOTE_ON, RELEASE_VELOCITY, encode

ROUTES: Final = ("channel", "lead_channel", "accompaniment_channel", "transpose_out")
"""The parameters that say where and how high what is ours sounds: what sounds ends where one is turned."""
_OCTAVE: Final = 12
_HIGHEST: Final = 127
_NOWHERE: Final = -1


class Routes:
    """What the keys that are down are heard as: each comes up as what it went down as."""

    def __init__(self) -> None:
        self._heard_as = dict[tuple[int, int], int]()

    def heard(self, message: bytes, parameters: Parameters) -> list[bytes]:
        """A message of the player's as it is heard: itself, transposed, or none where there is no such note."""
        kind = message[0] & 0xF0 if len(message) == 3 else 0
        if kind not in (NOTE_ON, NOTE_OFF):
            return [message]
        channel, key, shift = message[0] & 0x0F, message[1], int(parameters.transpose_in)
        moved = key + shift if 0 <= key + shift <= _HIGHEST else _NOWHERE
        before = self._heard_as.pop((channel, key), None)
        if kind == NOTE_OFF or not message[2]:
            pitch = moved if before is None else before
            return [] if pitch == _NOWHERE else [bytes((message[0], pitch, message[2]))]
        self._heard_as[channel, key] = moved
        ended = before not in (None, moved, _NOWHERE)
        again = [bytes((NOTE_OFF | channel, before, RELEASE_VELOCITY))] if ended and before is not None else []
        return again if moved == _NOWHERE else [*again, bytes((message[0], moved, message[2]))]

    def played(self, message: bytes) -> bytes:
        """The message of a key that goes down, of which this is what is heard."""
        channel, pitch = message[0] & 0x0F, message[1]
        keys = [key for (on, key), heard in self._heard_as.items() if on == channel and heard == pitch]
        if message[0] & 0xF0 != NOTE_ON or not keys:
            return message
        return bytes((message[0], keys[0], message[2]))


def voice_of(message: bytes, parameters: Parameters, theirs: Voice) -> Voice:
    """In which voice a message of the player's is heard, who plays in `theirs`; but for a second keyboard."""
    second = int(parameters.second_channel)
    if not second or not message or message[0] & 0x0F != second - 1:
        return theirs
    return Voice.ACCOMPANIMENT if parameters.mode != "duet" else theirs


def sent(event: Event, parameters: Parameters) -> bytes:
    """The message that plays an event of ours."""
    name = {Voice.LEAD: "lead_channel", Voice.ACCOMPANIMENT: "accompaniment_channel"}.get(event.voice, "channel")
    channel = int(parameters.values[name]) or int(parameters.channel)
    if event.kind is Kind.PEDAL:
        return encode(event, channel - 1)
    pitch = event.pitch + int(parameters.transpose_out)
    while not 0 <= pitch <= _HIGHEST:
        pitch += _OCTAVE if pitch < 0 else -_OCTAVE
    return encode(replace(event, pitch=pitch), channel - 1)
