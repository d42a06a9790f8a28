"""MIDI bytes and events: what comes through the door, and what leaves by it.

Knows the MIDI 1.0 wire format and nothing of ports. Everything that is not a note or the sustain
pedal is somebody else's to record or pass on; it never becomes an event.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from antiphon.music.events import Event, Kind, Seconds, Voice, note_off, note_on, pedal

NOTE_OFF: Final = 0x80
NOTE_ON: Final = 0x90
CONTROL: Final = 0xB0
SUSTAIN: Final = 64
ALL_SOUND_OFF: Final = 120
RESET_CONTROLLERS: Final = 121
ALL_NOTES_OFF: Final = 123
RELEASE_VELOCITY: Final = 64
LONGEST_SYSEX: Final = 1 << 20
"""Bytes: longer than any dump in use; a sysex that never ends must not fill the memory."""

_SYSEX: Final = 0xF0
_TUNE_REQUEST: Final = 0xF6
_SYSEX_END: Final = 0xF7
_REAL_TIME: Final = 0xF8
_UNDEFINED: Final = frozenset((0xF4, 0xF5, 0xF9, 0xFD))
_ENDS_ALL: Final = frozenset((0xF4, 0xF5, _TUNE_REQUEST, _SYSEX_END))
"""Status bytes below the real-time ones that no data byte belongs to."""


@dataclass(frozen=True, slots=True)
class Timed:
    """One whole MIDI message and its moment (s)."""

    time: Seconds
    message: bytes


class Stream:
    """Cuts a stream of MIDI bytes into whole messages: running status, sysex, real-time bytes inside
    other messages and stray data bytes included. Never raises.

    By the rules of the MIDI 1.0 specification ("Data types", "Running status"): a real-time byte changes
    nothing around it; any other status byte ends what was begun; a common or an undefined status takes
    running status with it. A sysex that is cut short, or longer than LONGEST_SYSEX, is dropped.

    Not mido.Parser (1.3.3): it knows no running status (90 3C 40 3E 40 gives one note of two) and
    forgets a message that a clock byte falls into (90 3C F8 40 gives the clock alone).
    """

    def __init__(self) -> None:
        self._status = 0
        self._data = bytearray()

    def feed(self, data: Iterable[int]) -> list[bytes]:
        """Every message that `data` completes, in order, each with its own status byte."""
        whole = list[bytes]()
        for byte in data:
            if byte < 0x80:
                whole += self._continue(byte)
            elif byte < _REAL_TIME:
                whole += self._begin(byte)
            elif byte not in _UNDEFINED:
                whole.append(bytes((byte,)))
        return whole

    def _begin(self, status: int) -> list[bytes]:
        whole = list[bytes]()
        if status == _SYSEX_END and self._status == _SYSEX:
            whole.append(bytes((_SYSEX, *self._data, _SYSEX_END)))
        elif status == _TUNE_REQUEST:
            whole.append(bytes((_TUNE_REQUEST,)))
        self._status = 0 if status in _ENDS_ALL else status
        self._data = bytearray()
        return whole

    def _continue(self, byte: int) -> list[bytes]:
        if not self._status:
            return []
        self._data.append(byte)
        if self._status == _SYSEX:
            if len(self._data) > LONGEST_SYSEX:
                self._status, self._data = 0, bytearray()
            return []
        if len(self._data) < _data_bytes(self._status):
            return []
        whole = bytes((self._status, *self._data))
        self._data = bytearray()
        if self._status >= _SYSEX:
            self._status = 0
        return [whole]


class Listener:
    """Turns one player's messages into events, such that every start has exactly one release.

    A note-on with velocity 0 is a note-off; a note-off nobody owes is dropped; a second note-on of a
    key that is down releases it first; a pedal that repeats itself is heard once. Channels are kept
    apart, so that one part's note-off never ends another's note.

    voice   the player's from now on; what is down comes up in the voice in which it went down
    """

    def __init__(self, voice: Voice = Voice.SOLO) -> None:
        self.voice = voice
        self._notes: dict[tuple[int, int], Voice] = {}
        self._pedals: dict[int, None] = {}
        self._trodden = voice

    @property
    def holding(self) -> bool:
        """True while any key is down (the pedal does not count)."""
        return bool(self._notes)

    @property
    def keys(self) -> list[tuple[int, int]]:
        """The keys that are down, each its channel (0-15) and note."""
        return list(self._notes)

    @property
    def held(self) -> list[bytes]:
        """Messages that would press what is down."""
        keys = [bytes((NOTE_ON | channel, pitch, RELEASE_VELOCITY)) for channel, pitch in self._notes]
        return keys + [bytes((CONTROL | channel, SUSTAIN, 127)) for channel in self._pedals]

    def presses(self, now: float) -> list[Event]:
        """What is down, as if it went down at `now` (s)."""
        keys = [note_on(now, pitch, RELEASE_VELOCITY, voice) for (_, pitch), voice in self._notes.items()]
        return keys + ([pedal(now, True, self._trodden)] if self._pedals else [])

    def hear(self, message: bytes, now: float) -> list[Event]:
        """The events one whole message means at `now` (s): none, one, or several."""
        if len(message) != 3 or any(byte > 127 for byte in message[1:]):
            return []
        status, channel = message[0] & 0xF0, message[0] & 0x0F
        if status == NOTE_ON and message[2] > 0:
            return self._press(channel, message[1], message[2], now)
        if status in (NOTE_ON, NOTE_OFF):
            return self._lift(channel, message[1], now)
        if status == CONTROL:
            return self._control(channel, message[1], message[2], now)
        return []

    def silence(self, now: float) -> list[Event]:
        """Release whatever is still down, on every channel: the player has left."""
        return [event for channel in range(16) for event in self._hush(channel, now)]

    def _press(self, channel: int, pitch: int, velocity: int, now: float) -> list[Event]:
        released = self._lift(channel, pitch, now)
        self._notes[channel, pitch] = self.voice
        return [*released, note_on(now, pitch, velocity, self.voice)]

    def _lift(self, channel: int, pitch: int, now: float) -> list[Event]:
        voice = self._notes.pop((channel, pitch), None)
        return [] if voice is None else [note_off(now, pitch, voice)]

    def _control(self, channel: int, number: int, value: int, now: float) -> list[Event]:
        if number == SUSTAIN:
            return self._tread(channel, value >= 64, now)
        if _ends_all(number):
            return self._hush(channel, now)
        if number == RESET_CONTROLLERS:
            return self._tread(channel, False, now)
        return []

    def _tread(self, channel: int, down: bool, now: float) -> list[Event]:
        if down is (channel in self._pedals):
            return []
        before = bool(self._pedals)
        if down:
            self._pedals[channel] = None
        else:
            del self._pedals[channel]
        if before is bool(self._pedals):
            return []
        self._trodden = self.voice if down else self._trodden
        return [pedal(now, down, self._trodden)]

    def _hush(self, channel: int, now: float) -> list[Event]:
        keys = [pitch for owner, pitch in self._notes if owner == channel]
        lifted = [event for pitch in keys for event in self._lift(channel, pitch, now)]
        return lifted + self._tread(channel, False, now)


def encode(event: Event, channel: int = 0) -> bytes:
    """The three bytes that play an event on a channel (0-15); note ends are real note-offs."""
    match event.kind:
        case Kind.NOTE_ON:
            return bytes((NOTE_ON | channel, event.pitch, event.velocity))
        case Kind.NOTE_OFF:
            return bytes((NOTE_OFF | channel, event.pitch, RELEASE_VELOCITY))
        case Kind.PEDAL:
            return bytes((CONTROL | channel, SUSTAIN, event.velocity))


def whole(message: bytes) -> bool:
    """Whether these bytes are one MIDI message: a status with as many data bytes as it has, or a sysex, also one that
    was broken off."""
    if not message or message[0] < 0x80:
        return False
    if message[0] == _SYSEX:
        return True
    wanted = 0 if message[0] >= _REAL_TIME or message[0] in _ENDS_ALL else _data_bytes(message[0])
    return len(message) == 1 + wanted and max(message[1:], default=0) < 0x80


def all_off(message: bytes) -> bool:
    """Whether a message ends all keys of its channel: "all sound off", "all notes off", or a mode that implies it."""
    return len(message) == 3 and message[0] & 0xF0 == CONTROL and _ends_all(message[1])


def everything_off() -> list[bytes]:
    """Pedal up, all notes off, all sound off and all controllers back on every channel, then every key's note-off:
    some synths ignore the one, some the other."""
    controls = (SUSTAIN, ALL_NOTES_OFF, ALL_SOUND_OFF, RESET_CONTROLLERS)
    commands = [bytes((CONTROL | channel, control, 0)) for channel in range(16) for control in controls]
    return commands + [bytes((NOTE_OFF | channel, key, 64)) for channel in range(16) for key in range(128)]


def _ends_all(controller: int) -> bool:
    return controller == ALL_SOUND_OFF or controller >= ALL_NOTES_OFF


def _data_bytes(status: int) -> int:
    """How many data bytes a message of this status has; a sysex has no fixed number."""
    if status >= _SYSEX:
        return 2 if status == 0xF2 else 1
    return 1 if status & 0xE0 == 0xC0 else 2
