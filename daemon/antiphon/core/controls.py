"""What a controller's knobs, pads and switches do: from a MIDI message to a parameter's value or an act, and back.

A control is one line of text:

    cc 20 = temperature            a knob turns a parameter through its whole range
    cc 21 on 2 = density 0.5..8    from a value to another (either way round), on channel 2 only
    cc 22 = temperature 0.3..3 log in equal ratios instead of equal steps
    note 36 = another              a pad has something done; its release means nothing
    cc 80 = tap                    so does a button or a switch
    program 3 = mode duet          a parameter becomes this value; programs are 1 to 128

A knob does an act, or sets a value, as it passes the middle on its way up (MIDI 1.0: a switch is on from 64). So does
a button that says nothing when it is let go of: the same value twice is two presses, for no knob sends that. A note
turns a parameter by how hard it is struck. Pure: bytes and values.
"""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from antiphon.core.parameter import Parameter, Value, nearest, short
from antiphon.core.parameters import REGISTRY
from antiphon.core.trigger import CC, NOTE, PROGRAM, STANDARD, STATUS, Trigger, places
from antiphon.errors import ParameterError

_FULL: Final = 127
_HALF: Final = 64
_LINE: Final = re.compile(
    r"(?P<kind>cc|note|program)\s+(?P<number>\d+)(?:\s+on\s+(?P<channel>\d+))?\s*=\s*(?P<name>[\w-]+)"
    r"(?:\s+(?P<low>-?[\d.]+?)\.\.(?P<high>-?[\d.]+)(?P<log>\s+log)?|\s+(?P<value>\S.*?))?\s*",
    re.IGNORECASE,
)
_CALLS: Final = {CC: "controller = 80", NOTE: "note = 36", PROGRAM: "program = 3"}
_GRAMMAR: Final = 'write for example "cc 20 = temperature", "note 36 on 10 = another" or "program 3 = mode duet"'


@dataclass(frozen=True, slots=True)
class Control:
    """A trigger and what it does: an act, a parameter that becomes `value`, or one that is turned from `low` to `high`.

    log   whether equal ways of the knob are equal ratios
    """

    trigger: Trigger
    act: str | None = None
    parameter: Parameter | None = None
    value: Value | None = None
    low: float = 0.0
    high: float = 0.0
    log: bool = False

    @property
    def target(self) -> str:
        """The name of what it does."""
        return self.act or (self.parameter.name if self.parameter else "")

    @property
    def text(self) -> str:
        """As it is written."""
        said = f"{self.trigger.text} = {self.target}"
        if self.value is not None:
            return f"{said} {self.value}"
        if self.parameter and (self.low, self.high) != (self.parameter.low, self.parameter.high):
            return f"{said} {self.low:.10g}..{self.high:.10g}" + " log" * self.log
        return said

    def turned(self, position: int) -> Value:
        """The parameter's value at a knob's position, 0-127."""
        parameter, share = self._parameter, position / _FULL
        if parameter.choices:
            return parameter.choices[min(len(parameter.choices) - 1, int(share * len(parameter.choices)))]
        if isinstance(parameter.default, bool):
            return position >= _HALF
        value = self.low * (self.high / self.low) ** share if self.log else self.low + (self.high - self.low) * share
        return round(value) if isinstance(parameter.default, int) else value

    def position(self, value: Value) -> int:
        """A knob's position, 0-127, at which the parameter has this value or the nearest; of a control that sets one
        value, all the way up where it has it."""
        parameter = self._parameter
        if self.value is not None:
            return _FULL * (value == self.value)
        if parameter.choices:
            count = len(parameter.choices)
            return math.ceil(parameter.choices.index(str(value)) * _FULL / count)
        if isinstance(parameter.default, bool):
            return _FULL * bool(value)
        number = float(value)
        way = math.log(number / self.low) / math.log(self.high / self.low) if self.log and number > 0 else None
        share = way if way is not None else (number - self.low) / (self.high - self.low)
        return round(_FULL * min(1.0, max(0.0, share)))

    @property
    def _parameter(self) -> Parameter:
        if self.parameter is None:
            raise ValueError(f"{self.text} turns nothing")
        return self.parameter


@dataclass(frozen=True, slots=True)
class Wish:
    """What a message asks for: that parameters become these values, or that these acts are done."""

    values: Mapping[str, Value]
    acts: tuple[str, ...]


class Controls:
    """All controls, and where each knob stood last."""

    def __init__(self, controls: Iterable[Control] = ()) -> None:
        self.all = tuple(controls)
        self.places = places(control.trigger for control in self.all)
        self._stood = dict[tuple[int, int], int]()

    def heeds(self, message: bytes) -> bool:
        """True for a message that is some control's; it is no music then."""
        return message[:2] in self.places

    def hear(self, message: bytes) -> Wish:
        """What a message asks for."""
        values, acts = dict[str, Value](), list[str]()
        place, position = (message[0], message[1]), message[2] if len(message) > 2 else _FULL
        struck = message[0] & 0xF0 != 0x80 and not (message[0] & 0xF0 == 0x90 and position == 0)
        stood = self._stood.get(place, 0)
        pressed = position >= _HALF and (stood < _HALF or stood == position)
        rises = struck and (message[0] & 0xF0 != 0xB0 or pressed)
        self._stood[place] = position
        for control in (one for one in self.all if one.trigger.heeds(message)):
            if control.act and rises:
                acts.append(control.act)
            elif control.parameter and control.value is not None and rises:
                values[control.target] = control.value
            elif control.parameter and control.value is None and struck:
                values[control.target] = control.turned(position)
        return Wish(values, tuple(acts))

    def shown(self, values: Mapping[str, Value]) -> dict[str, bytes]:
        """By a control's line, the message that has its controller's light or motor show how a parameter stands. A
        control for all channels shows it on the first."""
        said = dict[str, bytes]()
        for control in self.all:
            if control.parameter and control.trigger.kind != PROGRAM and control.target in values:
                status = STATUS[control.trigger.kind] | ((control.trigger.channel or 1) - 1)
                said[control.text] = bytes((status, control.trigger.number, control.position(values[control.target])))
        return said


def parse(line: str, acts: Collection[str]) -> Control:
    """A control from its line of text. Raises ParameterError that says what is wrong with it."""
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise ParameterError(f"control {short(line)!r}: {_GRAMMAR}")
    said: dict[str, str | None] = found.groupdict()
    where = f"control {short(line.strip())!r}"
    heard = _trigger(found["kind"].lower(), int(found["number"]), said["channel"], where)
    name = found["name"]
    if name in acts:
        if said["low"] or said["value"]:
            raise ParameterError(f"{where}: {name} is done as it is, without a value")
        return Control(heard, act=name)
    if name not in REGISTRY:
        if name == "scene":
            raise ParameterError(f"{where}: a scene names what calls for it: [scenes.NAME], {_CALLS[heard.kind]}")
        raise ParameterError(f"{where}: no parameter or act named {name!r}; {nearest(name, [*REGISTRY, *acts])}")
    return _turning(heard, REGISTRY[name], said, where)


def _trigger(kind: str, number: int, on: str | None, where: str) -> Trigger:
    channel = int(on) if on else None
    if kind == PROGRAM:
        number -= 1
    if not 0 <= number <= _FULL or (channel is not None and not 1 <= channel <= 16):
        raise ParameterError(f"{where}: numbers are 0 to 127 (of programs 1 to 128), channels 1 to 16")
    if kind == CC and number in STANDARD:
        raise ParameterError(f"{where}: CC {number} means something to every instrument; choose one of 20 to 31")
    return Trigger(kind, number, channel)


def _turning(heard: Trigger, parameter: Parameter, said: Mapping[str, str | None], where: str) -> Control:
    value, low, high = said["value"], said["low"], said["high"]
    if value is not None:
        return Control(heard, parameter=parameter, value=parameter.parse(value))
    if parameter.type == "text" or heard.kind == PROGRAM:
        raise ParameterError(f'{where}: say which value, as in "{heard.text} = {parameter.name} {parameter.default}"')
    if low is None or high is None:
        return Control(heard, parameter=parameter, low=parameter.low, high=parameter.high)
    if parameter.type not in ("int", "float"):
        raise ParameterError(f"{where}: {parameter.name} has no range; it is {parameter.allowed}")
    ends = [float(parameter.parse(end)) for end in (low, high)]
    if ends[0] == ends[1] or (said["log"] and min(ends) <= 0):
        raise ParameterError(f"{where}: two different values are wanted, both above 0 with log")
    return Control(heard, parameter=parameter, low=ends[0], high=ends[1], log=bool(said["log"]))
