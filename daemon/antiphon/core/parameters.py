"""Everything a user can turn, declared once: the command line and all other surfaces derive from here.

A set of parameters is a value; changing one gives a new set.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from antiphon.errors import ParameterError

Value: TypeAlias = int | float | bool
_SHOWN: Final = 40
"""Characters of what a user typed that are shown to them again."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing a user can turn. Its type is that of its default; low and high are allowed values."""

    name: str
    default: Value
    low: float
    high: float
    unit: str
    help: str

    @property
    def type(self) -> str:
        """ "int", "float" or "bool"."""
        return type(self.default).__name__

    def parse(self, text: str) -> Value:
        """A value from what a user typed. Raises ParameterError that says what is allowed."""
        try:
            value = _switch(text) if isinstance(self.default, bool) else type(self.default)(text)
        except (KeyError, ValueError):
            raise ParameterError(f"{self.name}={_shown(text)}: not {self._wanted()}") from None
        return self.checked(value)

    def checked(self, value: Value) -> Value:
        """The value itself where it is in range. Raises ParameterError."""
        if not self.low <= value <= self.high:
            raise ParameterError(f"{self.name}={_short(str(value))}: out of range; give {self._wanted()}")
        return value

    def _wanted(self) -> str:
        if isinstance(self.default, bool):
            return "on or off"
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        return f"{kind} from {self.low:.10g} to {self.high:.10g}"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _shown(text: str) -> str:
    """What a user typed, fit for one line."""
    return _short(text) if text.isprintable() else repr(_short(text))


def _switch(text: str) -> bool:
    return {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}[
        text.lower()
    ]


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
            name, equals, text = assignment.partition("=")
            if not equals:
                raise ParameterError(f"{_short(assignment)!r}: give NAME=VALUE, for example temperature=0.9")
            changes[name.strip()] = named(name.strip()).parse(text.strip())
        return self.changed(**changes)


def named(name: str) -> Parameter:
    """The parameter of this name. Raises ParameterError, with the nearest name where one is near."""
    if name in REGISTRY:
        return REGISTRY[name]
    near = difflib.get_close_matches(name, REGISTRY, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(REGISTRY)}"
    raise ParameterError(f"no parameter named {_short(name)!r}; {hint}")


def _consistent(parameters: Parameters) -> Parameters:
    if parameters.lowest > parameters.highest:
        raise ParameterError(f"lowest={parameters.lowest} is above highest={parameters.highest}; swap them")
    if parameters.reply_shortest > parameters.reply_longest:
        raise ParameterError(
            f"reply_shortest={parameters.reply_shortest} is above reply_longest={parameters.reply_longest}; swap them"
        )
    return parameters
