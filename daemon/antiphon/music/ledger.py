"""What we started and have not yet released: the promise that nothing hangs, kept as counts.

Knows MIDI bytes, and nothing of ports or time. The counts may lie in memory that outlives this process.
"""

from typing import Final

from antiphon.music.wire import CONTROL, NOTE_OFF, NOTE_ON, RELEASE_VELOCITY, SUSTAIN

_PEDAL_DOWN: Final = 64
"""MIDI 1.0: a sustain value from here on is down."""
_KEYS: Final = 129
_PEDAL: Final = 128
_MOST: Final = 255
_HIGHEST: Final = 127
SIZE: Final = 16 * _KEYS
"""Bytes of memory a ledger needs."""


def owing(message: bytes) -> bytes | None:
    """The release a message will owe once it is sent; None when it starts nothing."""
    return _release(message) if _starts(message) else None


def paying(message: bytes) -> bytes | None:
    """The release a message amounts to (a note-off, a note-on of velocity 0, a pedal-up); None when it is none."""
    return None if _starts(message) else _release(message)


class Ledger:
    """Counts what was sent. Of one key, each note-on owes a note-off of its own; a pedal is up or down.

    "All notes off" and its kin pay nothing here, because some synthesizers ignore them. `memory` is SIZE bytes to
    count in, zeros or what another ledger left there; without it the ledger has its own.
    """

    def __init__(self, memory: memoryview | None = None) -> None:
        self._counts = memoryview(bytearray(SIZE)) if memory is None else memory

    def note(self, message: bytes) -> None:
        """Enter a message: one that starts something before it is sent, a release after."""
        place = _place(message)
        if place is None:
            return
        count = self._counts[place]
        if not _starts(message):
            self._counts[place] = max(0, count - 1)
        else:
            self._counts[place] = 1 if place % _KEYS == _PEDAL else min(_MOST, count + 1)

    def clear(self) -> None:
        """Owe nothing any more: all of it has been released, or nobody is there to be owed."""
        self._counts[:] = bytes(SIZE)

    def owes(self, message: bytes) -> bool:
        """True where the release that `message` amounts to is still owed."""
        place = _place(message)
        return place is not None and self._counts[place] > 0

    def owed(self) -> list[bytes]:
        """The messages that release everything: note-offs, then pedals."""
        return sorted(_of(place) for place, count in enumerate(self._counts) for _ in range(count))


def _place(message: bytes) -> int | None:
    """Where the key that a message moves is counted; None for a message that moves none."""
    release = _release(message)
    if release is None:
        return None
    return (release[0] & 0x0F) * _KEYS + (_PEDAL if release[0] & 0xF0 == CONTROL else release[1])


def _of(place: int) -> bytes:
    channel, key = divmod(place, _KEYS)
    if key == _PEDAL:
        return bytes((CONTROL | channel, SUSTAIN, 0))
    return bytes((NOTE_OFF | channel, key, RELEASE_VELOCITY))


def _starts(message: bytes) -> bool:
    if _release(message) is None:
        return False
    kind = message[0] & 0xF0
    return (kind == NOTE_ON and message[2] > 0) or (
        kind == CONTROL and message[1] == SUSTAIN and message[2] >= _PEDAL_DOWN
    )


def _release(message: bytes) -> bytes | None:
    if len(message) != 3 or message[1] > _HIGHEST:  # other programs may send what is no MIDI
        return None
    kind, channel = message[0] & 0xF0, message[0] & 0x0F
    if kind in (NOTE_ON, NOTE_OFF):
        return bytes((NOTE_OFF | channel, message[1], RELEASE_VELOCITY))
    if kind == CONTROL and message[1] == SUSTAIN:
        return bytes((CONTROL | channel, SUSTAIN, 0))
    return None
