"""What the flags of a command say together: which turn on what they need, and which contradict one another."""

from collections.abc import Mapping

from antiphon.errors import ParameterError


def turned_on(off: str, is_off: bool, needing: Mapping[str, object]) -> bool | None:
    """Whether something is on by what was said on the command line: off by the flag `off`, on by those of the flags
    `needing` it that have a value; None where nothing was said. Raises ParameterError where both were."""
    given = [flag for flag, value in needing.items() if value is not None and value is not False]
    if is_off and given:
        raise ParameterError(f"{off} and {given[0]} contradict each other; give one of them")
    return False if is_off else True if given else None
