"""What flags say: which turn on what they need, which contradict one another, and what holds where one says nothing."""

from collections.abc import Mapping

from antiphon.config.layers import configured
from antiphon.config.options import BACKENDS
from antiphon.core.parameter import Value
from antiphon.errors import ParameterError


def turned_on(off: str, is_off: bool, needing: Mapping[str, object]) -> bool | None:
    """Whether something is on by what was said on the command line: off by the flag `off`, on by those of the flags
    `needing` it that have a value; None where nothing was said. Raises ParameterError where both were."""
    given = [flag for flag, value in needing.items() if value is not None and value is not False]
    if is_off and given:
        raise ParameterError(f"{off} and {given[0]} contradict each other; give one of them")
    return False if is_off else True if given else None


def known(backend: str) -> str:
    """The MIDI system that --backend says. Raises ParameterError where it is none."""
    if backend not in BACKENDS:
        raise ParameterError(f"--backend {backend}: there are {', '.join(BACKENDS)}")
    return backend


def midi_system(backend: str | None) -> str:
    """The MIDI system that --backend says; where it says nothing, that of the configuration. Raises ParameterError."""
    return known(backend) if backend else str(configured()["ports.backend"])


def given(**flags: Value | None) -> dict[str, Value]:
    """Those that the user gave; one that was not given says nothing."""
    return {name: value for name, value in flags.items() if value is not None}
