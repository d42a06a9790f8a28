"""What of the player's is sent on, byte for byte: from which inputs, on which channels. Makes no other decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

_SYSTEM: Final = 0xF0
_EVERY: Final = frozenset(range(1, 17))


@dataclass(frozen=True, slots=True)
class Thru:
    """Which messages pass.

    inputs     parts of the names of the inputs whose messages pass, in any case; none: every input's
    channels   1-16; messages that have no channel pass with any
    """

    on: bool = False
    inputs: tuple[str, ...] = ()
    channels: frozenset[int] = _EVERY

    @classmethod
    def of(cls, word: bool | Mapping[str, Any]) -> Self:  # JSON
        """From what the guard says: true, false, or {"inputs": [...], "channels": [...]}."""
        if isinstance(word, bool):
            return cls(word)
        channels = frozenset(int(channel) for channel in word.get("channels") or _EVERY)
        return cls(True, tuple(str(part).casefold() for part in word.get("inputs", ())), channels)

    def opens(self, name: str) -> bool:
        """True where the input of that name is sent on at all."""
        return self.on and (not self.inputs or any(part in name.casefold() for part in self.inputs))

    def passes(self, message: bytes) -> bool:
        """True where a message of such an input is sent on."""
        return message[0] >= _SYSTEM or (message[0] & 0x0F) + 1 in self.channels
