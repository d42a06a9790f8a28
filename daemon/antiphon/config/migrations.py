"""How a configuration of an older layout is brought to the present one, a version at a time. Values only.

A file is only ever changed by `antiphon config init`; wherever else an old one is read, it is brought along in memory.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from antiphon.config.options import VERSION

Tree = dict[str, Any]
"""What a TOML file holds."""


def _first(tree: Tree) -> Tree:
    """Version 0 had no number and one table, [parameters], which is as it was."""
    return tree


MIGRATIONS: Final[Mapping[int, Callable[[Tree], Tree]]] = {0: _first}
"""From the version before to the next, by the version before."""


def migrated(
    tree: Tree, version: int, to: int = VERSION, steps: Mapping[int, Callable[[Tree], Tree]] = MIGRATIONS
) -> Tree:
    """The same settings in the layout of version `to`."""
    for number in range(version, to):
        tree = steps[number](tree)
    return tree
