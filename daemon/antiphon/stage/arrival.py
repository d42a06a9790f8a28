"""What comes in at a stage."""

from typing import NamedTuple


class Arrival(NamedTuple):
    """A message that has come, and whether it is to be sent on."""

    message: bytes
    passes: bool
