"""What comes in at a stage."""

from typing import NamedTuple

from antiphon.core.zones import Role, Sorted


class Arrival(NamedTuple):
    """A message that has come, and whether it is to be sent on.

    zoned   what it is heard as; nothing: as it came, by who plays
    """

    message: bytes
    passes: bool
    zoned: tuple[Sorted, ...] = ()

    @property
    def heard(self) -> tuple[Sorted, ...]:
        """What it is heard as."""
        return self.zoned or (Sorted(self.message, Role.PLAYS),)
