"""The libraries of the extra antiphon[score], asked for where they are needed."""

import importlib
from typing import Any

from antiphon.errors import TakeError
from antiphon.extras import install


def library(name: str) -> Any:  # a module
    """Import one of them. Raises TakeError that says how to install it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise TakeError(f"{name} is not installed; for sheet music and pictures: {install('score')}") from error
