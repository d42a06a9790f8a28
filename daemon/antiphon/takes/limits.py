"""What can be set about takes, declared once. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from antiphon.core.parameter import Parameter, Value, nearest, short, switch
from antiphon.errors import ParameterError

REGISTRY: Final[Mapping[str, Parameter]] = {
    p.name: p
    for p in (
        switch("keep", True, "whether what is played is kept"),
        Parameter("silence", 30.0, 2.0, 3600.0, "s", "after so long a silence the next note begins another take"),
        Parameter("most", 1000, 1, 1_000_000, "MB", "more than this is not kept: the oldest takes go first"),
        Parameter("days", 0, 0, 36_500, "d", "takes older than this are thrown away; 0 is never"),
        Parameter("longest", 64, 1, 200, "MB", "a tape longer than this is cut, and the rest cannot be replayed"),
    )
}
_MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How long takes are, and how many are kept."""

    silence_s: float = 30.0
    most_bytes: int = 1000 * _MB
    days: float = 0.0
    longest_bytes: int = 64 * _MB

    @classmethod
    def of(cls, values: Mapping[str, Value]) -> "Limits":
        """Those that checked settings say."""
        silence, days = float(values["silence"]), float(values["days"])
        return cls(silence, int(values["most"]) * _MB, days, int(values["longest"]) * _MB)


def settings(changes: Mapping[str, Value]) -> dict[str, Value]:
    """A value for every setting. Raises ParameterError for a wrong name or value."""
    values = {name: parameter.default for name, parameter in REGISTRY.items()}
    for name, value in changes.items():
        if name not in REGISTRY:
            raise ParameterError(f"nothing about takes is named {short(name)!r}; {nearest(name, REGISTRY)}")
        values[name] = REGISTRY[name].checked(value)
    return values
