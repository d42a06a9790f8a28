"""Where what belongs to the user lies (XDG Base Directory Specification)."""

import os
from collections.abc import Mapping
from pathlib import Path


def config(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of everybody's configurations."""
    return _base("XDG_CONFIG_HOME", Path(".config"), environment)


def data(name: str, environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of this name among our data."""
    return _base("XDG_DATA_HOME", Path(".local", "share"), environment) / "antiphon" / name


def state(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of what we remember of ourselves."""
    return _base("XDG_STATE_HOME", Path(".local", "state"), environment) / "antiphon"


def _base(variable: str, otherwise: Path, environment: Mapping[str, str]) -> Path:
    """What the variable says, where that is a whole path, as the specification wants it."""
    given = environment.get(variable, "")
    return Path(given) if os.path.isabs(given) else Path.home() / otherwise
