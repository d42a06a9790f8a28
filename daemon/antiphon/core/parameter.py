"""What it is to be something a user can turn: a name, a type, what is allowed, a default and a line of help."""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from antiphon.core.shown import fit, given, short
from antiphon.errors import ParameterError

__all__ = ["Parameter", "Value", "choice", "nearest", "short", "switch", "text"]

Value: TypeAlias = int | float | bool | str
_SWITCH: Final = {
    "on": True,
    "true": True,
    "yes": True,
    "1": True,
    "off": False,
    "false": False,
    "no": False,
    "0": False,
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing a user can turn. Its type is that of its default.

    low, high   numbers only: allowed values
    choices     the words it may be, where it is one of some words
    reads       for free text: makes its one proper form of what a user typed, or raises ValueError saying what is
                wrong with it and what is allowed
    """

    name: str
    default: Value
    low: float
    high: float
    unit: str
    help: str
    choices: tuple[str, ...] = ()
    reads: Callable[[str], str] | None = None

    @property
    def type(self) -> str:
        """ "int", "float", "bool", "choice" (one of `choices`) or "text"."""
        if isinstance(self.default, str):
            return "choice" if self.choices else "text"
        return type(self.default).__name__

    @property
    def allowed(self) -> str:
        """What may be given, in words."""
        if isinstance(self.default, str):
            return ", ".join(self.choices) or "text"
        if isinstance(self.default, bool):
            return "on or off"
        return f"{self.low:.10g} to {self.high:.10g}"

    @staticmethod
    def shown(value: Value) -> str:
        """A value as people are shown it, and may type it."""
        if isinstance(value, bool):
            return "on" if value else "off"
        return value if isinstance(value, str) else f"{value:g}"

    def parse(self, text: str) -> Value:
        """A value from what a user typed, with its unit or without. Raises ParameterError that says what is allowed."""
        if isinstance(self.default, str):
            return self.checked(text)
        try:
            plain = text.strip().removesuffix(self.unit)
            value = _SWITCH[plain.lower()] if isinstance(self.default, bool) else type(self.default)(plain)
        except (KeyError, ValueError):
            raise ParameterError(f"{self.name}={fit(text)}: not {self._wanted()}") from None
        return self.checked(value)

    def checked(self, value: Value) -> Value:
        """The value in its proper form where it is allowed. Raises ParameterError."""
        if isinstance(self.default, str):
            return self._word(given(value))
        if isinstance(value, str) or not self.low <= value <= self.high:
            raise ParameterError(f"{self.name}={fit(value)}: out of range; give {self._wanted()}")
        return value

    def declaration(self) -> dict[str, Any]:  # JSON
        """All that a surface needs to know of it."""
        bounds: dict[str, Any] = {"low": self.low, "high": self.high}
        if isinstance(self.default, str):
            bounds = {"choices": list(self.choices)} if self.choices else {}
        said = {"default": self.default, "unit": self.unit, "help": self.help}
        return {"name": self.name, "type": self.type, **bounds, **said}

    def _word(self, text: str) -> str:
        if self.reads:
            try:
                return self.reads(text)
            except ValueError as error:
                raise ParameterError(f"{self.name}={fit(text)}: {error}") from None
        if text.lower() in self.choices:
            return text.lower()
        raise ParameterError(f"{self.name}={fit(text)}: {nearest(text.lower(), self.choices)}")

    def _wanted(self) -> str:
        if isinstance(self.default, bool):
            return "on or off"
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        return f"{kind} from {self.low:.10g} to {self.high:.10g}"


def switch(name: str, default: bool, help_: str) -> Parameter:
    """Something that is on or off."""
    return Parameter(name, default, 0, 1, "", help_)


def choice(name: str, choices: tuple[str, ...], help_: str) -> Parameter:
    """One of some words; the first is the default."""
    return Parameter(name, choices[0], 0, 0, "", help_, choices)


def text(name: str, default: str, reads: Callable[[str], str], help_: str) -> Parameter:
    """Free text that `reads` understands."""
    return Parameter(name, default, 0, 0, "", help_, (), reads)


def nearest(name: str, names: Iterable[str]) -> str:
    """What to say of a name that is not among the names."""
    known = list(names)
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
