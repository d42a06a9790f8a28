"""What a player can have done, beside turning parameters: by controller, page, OSC or command."""

from typing import Final

ACTS: Final = ("hold", "resume", "again", "another", "forget", "forget-all", "tap")
"""What a session does."""
PANIC: Final = "panic"
"""What the stage does: it silences everything."""
EVERY: Final = (*ACTS, PANIC)
SCENE: Final = "scene "
"""What the name of an act begins with that calls for a scene."""
