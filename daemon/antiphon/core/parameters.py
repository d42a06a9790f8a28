"""Everything a user can turn, declared once: the command line and all other surfaces derive from here.

A set of parameters is a value; changing one gives a new set.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from antiphon.core.parameter import Parameter, Value, nearest, short
from antiphon.errors import ParameterError

__all__ = ["REGISTRY", "Parameter", "Parameters", "Value", "named"]

REGISTRY: Final[Mapping[str, Parameter]] = {
    p.name: p
    for p in (
        Parameter("seed", 1, 0, 2**31 - 1, "", "the same seed and the same playing give the same answer"),
        Parameter("temperature", 1.0, 0.05, 3.0, "", "how daring the notes are: below 1 safer, above 1 wilder"),
        Parameter("time_temperature", 1.0, 0.05, 3.0, "", "how daring the rhythm is"),
        Parameter("velocity_temperature", 1.0, 0.05, 3.0, "", "how daring the dynamics are"),
        Parameter("top_p", 0.98, 0.05, 1.0, "", "keep only the likeliest notes that make up this share"),
        Parameter("memory", 0.0, 0.0, 1.0, "", "how much it takes up what was played before, you or it; 0 is off"),
        Parameter("pause", 0.7, 0.1, 10.0, "s", "how long you must be silent before it answers"),
        Parameter("reply_shortest", 6.0, 1.0, 25.0, "s", "an answer lasts at least this long"),
        Parameter("reply_longest", 16.0, 1.0, 25.0, "s", "an answer lasts at most this long, then rings out"),
        Parameter("liveliness", 1.5, 0.0, 8.0, "/s", "notes a second an answer begins with at the least, for 6 s"),
        Parameter("lowest", 21, 0, 127, "", "the lowest note it may play (MIDI number, 60 is middle C)"),
        Parameter("highest", 108, 0, 127, "", "the highest note it may play"),
        Parameter("longest_note", 8.0, 0.1, 20.0, "s", "no note and no pedal is held longer"),
        Parameter("pedal", True, 0, 1, "", "whether it may use the sustain pedal"),
        Parameter("channel", 1, 1, 16, "", "the MIDI channel it plays on"),
    )
}


def _defaults() -> dict[str, Value]:
    return {name: parameter.default for name, parameter in REGISTRY.items()}


@dataclass(frozen=True)
class Parameters:
    """A value for every parameter. Read them as attributes: `parameters.pause`."""

    values: Mapping[str, Value] = field(default_factory=_defaults)

    def __getattr__(self, name: str) -> Value:
        if name.startswith("_") or name not in REGISTRY:
            raise AttributeError(name)
        return self.values[name]

    def changed(self, **changes: Value) -> "Parameters":
        """With these values instead. Raises ParameterError for a wrong name or value."""
        checked = {name: named(name).checked(value) for name, value in changes.items()}
        return _consistent(replace(self, values={**self.values, **checked}))

    def set(self, assignments: Iterable[str]) -> "Parameters":
        """With each NAME=VALUE a user typed. Raises ParameterError."""
        changes = dict[str, Value]()
        for assignment in assignments:
            name, equals, typed = assignment.partition("=")
            if not equals:
                raise ParameterError(f"{short(assignment)!r}: give NAME=VALUE, for example temperature=0.9")
            changes[name.strip()] = named(name.strip()).parse(typed.strip())
        return self.changed(**changes)


def named(name: str) -> Parameter:
    """The parameter of this name. Raises ParameterError, with the nearest name where one is near."""
    if name in REGISTRY:
        return REGISTRY[name]
    raise ParameterError(f"no parameter named {short(name)!r}; {nearest(name, REGISTRY)}")


def _consistent(parameters: Parameters) -> Parameters:
    for low, high in (("lowest", "highest"), ("reply_shortest", "reply_longest")):
        below, above = parameters.values[low], parameters.values[high]
        if float(below) > float(above):
            raise ParameterError(f"{low}={below} is above {high}={above}; swap them")
    return parameters
