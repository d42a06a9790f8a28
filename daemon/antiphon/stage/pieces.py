"""System exclusive messages that a MIDI system hands out in pieces, put together again, and what was joined to one that
was broken off taken apart.

WinMM fills a buffer of 1,024 bytes and hands it out; what follows has no status of its own, and could not be sent on.
RtMidi with ALSA hands out the message after a broken one as its end.
"""

import re
from typing import Final

_BEGINS, _ENDS, _REAL_TIME, _STATUS = 0xF0, 0xF7, 0xF8, 0x80
_SYSEX: Final = re.compile(rb"\xf0[\x00-\x7f\xf8-\xff]*\xf7?")


class Pieces:
    """One input's: it holds back what has begun and not ended.

    most   bytes of a message that are held back; one that is longer is handed on as far as it has come
    """

    def __init__(self, most: int) -> None:
        self._most: Final = most
        self._begun = b""

    def joined(self, piece: bytes) -> list[bytes]:
        """What is whole with this piece, in order. What another status breaks off is handed on as it is."""
        if piece and piece[0] >= _REAL_TIME:  # it may come within
            return [piece]
        goes_on = bool(self._begun) and bool(piece) and (piece[0] < _STATUS or piece[0] == _ENDS)
        handed = [self._begun] if self._begun and not goes_on else []
        message, at = self._begun + piece if goes_on else piece, 0
        while (found := _SYSEX.match(message, at)) and found.end() < len(message):
            handed.append(found[0])
            at = found.end()
        last = message[at:]
        opens = last[:1] == bytes((_BEGINS,)) and last[-1] != _ENDS and len(last) < self._most
        self._begun = last if opens else b""
        return handed if opens else [*handed, last]
