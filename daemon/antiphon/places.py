"""Where what belongs to the user lies (XDG Base Directory Specification)."""

import os
from pathlib import Path


def data(name: str) -> Path:
    """The folder of this name among our data."""
    given = os.environ.get("XDG_DATA_HOME", "")
    base = Path(given) if os.path.isabs(given) else Path.home() / ".local" / "share"
    return base / "antiphon" / name
