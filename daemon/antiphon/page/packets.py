"""What a datagram of Open Sound Control says (opensoundcontrol.org, 1.0). Pure: bytes in, messages out, with an end.

The time tag of a bundle is passed over: what is asked for is done as it comes, and no clock on the wall is looked at.
"""

import struct
from collections.abc import Iterator
from typing import Final

MOST: Final = 128
"""Messages of one datagram that are read: more than there are parameters."""
_DEEPEST: Final = 8
_BUNDLE: Final = b"#bundle\0"
_TAG: Final = 8
_SIZE: Final = struct.Struct(">i")
_NUMBERS: Final = {kind: struct.Struct(f">{form}") for kind, form in (("i", "i"), ("f", "f"), ("h", "q"), ("d", "d"))}
_WORDS: Final = {"T": True, "F": False, "N": None}
_IMPULSE: Final = "I"

Argument = int | float | bool | str | bytes | None
Message = tuple[str, tuple[Argument, ...]]
"""An address and its arguments."""


def messages(datagram: bytes) -> list[Message]:
    """What is said in it, as far as it is OSC, and MOST messages at the most."""
    found = list[Message]()
    for raw in _raw(datagram):
        try:
            found.append(_message(raw))
        except (ValueError, struct.error):
            continue
    return found


def _raw(datagram: bytes) -> Iterator[bytes]:
    """The messages' bytes, in their order. Bundles may lie in one another, up to a depth."""
    left, waiting = MOST, [(datagram, 0)]
    while waiting and left:
        packet, depth = waiting.pop()
        left -= 1
        if not packet.startswith(_BUNDLE):
            yield packet
        elif depth < _DEEPEST:
            waiting += [(inner, depth + 1) for inner in reversed(list(_elements(packet, left)))]


def _elements(bundle: bytes, most: int) -> Iterator[bytes]:
    at = len(_BUNDLE) + _TAG
    while most and len(bundle) - at >= _SIZE.size:
        [size] = _SIZE.unpack_from(bundle, at)
        at += _SIZE.size
        if not 0 < size <= len(bundle) - at:
            return
        yield bundle[at : at + size]
        at, most = at + size, most - 1


def _message(raw: bytes) -> Message:
    """Raises ValueError or struct.error for what is none, or holds what nothing here takes: arrays, colours, MIDI."""
    if not raw.startswith(b"/"):
        raise ValueError("no address")
    address, at = _text(raw, 0)
    kinds, at = _text(raw, at) if at < len(raw) else (",", at)
    if not kinds.startswith(","):
        raise ValueError("no types")
    given = list[Argument]()
    for kind in kinds[1:]:
        if kind in _NUMBERS:
            given += _NUMBERS[kind].unpack_from(raw, at)
            at += _NUMBERS[kind].size
        elif kind in "sS":
            text, at = _text(raw, at)
            given.append(text)
        elif kind == "b":
            [size] = _SIZE.unpack_from(raw, at)
            given.append(raw[at + _SIZE.size : at + _SIZE.size + size])
            at = _whole(at + _SIZE.size + max(0, size))
        elif kind in _WORDS:
            given.append(_WORDS[kind])
        elif kind != _IMPULSE:  # which says that there is nothing to say
            raise ValueError(f"type {kind}")
    return address, tuple(given)


def _text(raw: bytes, at: int) -> tuple[str, int]:
    end = raw.index(b"\0", at)
    return raw[at:end].decode("utf-8"), _whole(end + 1)


def _whole(at: int) -> int:
    """The next place at which something may begin."""
    return -(-at // 4) * 4
