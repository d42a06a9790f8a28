"""A configuration that is read again: what of it differs from the reading before, and what of that can hold at once.

Values only: turns nothing, and tells nobody.
"""

from collections.abc import Mapping

from antiphon.config.file import SCENES
from antiphon.config.layers import Configuration
from antiphon.core.parameter import Value
from antiphon.core.parameters import Parameters
from antiphon.errors import ParameterError


def fitting(values: Mapping[str, Value], wanted: Mapping[str, Value]) -> tuple[dict[str, Value], dict[str, str]]:
    """What of `wanted` can hold beside the other parameters' `values`, as much as there is, and why the rest cannot."""
    held, refused = Parameters(values), dict.fromkeys(wanted, "")
    try:
        held.changed(**wanted)
        return dict(wanted), {}
    except ParameterError:
        left = -1
    while left != len(refused):  # what one clashed with may have been changed since
        left = len(refused)
        for name in list(refused):
            try:
                held = held.changed(**{name: wanted[name]})
                del refused[name]
            except ParameterError as error:
                refused[name] = str(error)
    return {name: value for name, value in wanted.items() if name not in refused}, refused


def redeclared(old: Configuration, new: Configuration) -> list[str]:
    """The tables [scenes.NAME] that are others, by scenes.NAME; also those that have come or gone."""
    names = {**old.declared, **new.declared}
    return [f"{SCENES}.{name}" for name in names if old.declared.get(name) != new.declared.get(name)]


def inherited(old: Configuration, new: Configuration) -> tuple[list[str], list[str]]:
    """The scenes, by scenes.NAME, whose own tables are as they were and that take something else from [parameters], and
    the names of those parameters."""
    before, scenes, taken = {scene.name: scene.values for scene in old.scenes}, list[str](), dict[str, None]()
    for scene in new.scenes:
        if old.declared.get(scene.name) != new.declared.get(scene.name):
            continue
        others = [name for name, value in scene.values.items() if value != before[scene.name][name]]
        scenes += [f"{SCENES}.{scene.name}"] * bool(others)
        taken |= dict.fromkeys(others)
    return scenes, list(taken)
