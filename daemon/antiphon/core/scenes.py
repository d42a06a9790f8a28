"""Scenes: named sets of parameters and a model, and what of the player's calls for one. Values only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from antiphon.core.parameter import Parameter, Value, choice, nearest, text
from antiphon.core.parameters import REGISTRY, Parameters
from antiphon.core.shown import given, short
from antiphon.core.trigger import STANDARD
from antiphon.errors import ParameterError
from antiphon.music.wire import CONTROL, NOTE_OFF, NOTE_ON

WHEN: Final = ("at once", "beat", "bar")
PRIME: Final = "prime"
_PROGRAM: Final = 0xC0
PRESSED: Final = 64


def _any(typed: str) -> str:
    if not typed.isprintable():
        raise ValueError("a name of printable characters is wanted")
    return typed.strip()


def _music(typed: str) -> str:
    """A file or folder of music in each line."""
    return "\n".join(_any(line) for line in typed.splitlines() if line.strip())


CALLS: Final[Mapping[str, Parameter]] = {
    p.name: p
    for p in (
        text("model", "", _any, "the model that plays in it; none: that of [model]"),
        text(
            PRIME, "", _music, "it begins in the world of this music: .mid files or folders, each perhaps with =WEIGHT"
        ),
        choice("when", WHEN, "when it begins, once it is called for: at once, or on the next beat or bar"),
        Parameter("program", 0, 0, 128, "", "a program change to this number (1-128) calls for it; 0: none does"),
        Parameter("controller", -1, -1, 119, "", "so does this controller, pressed (64 and more); -1: none does"),
        Parameter("note", -1, -1, 127, "", "so does this note, which is then not heard; -1: none does"),
    )
}
"""What a scene has beside parameters."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene as it is played.

    values   of all parameters
    model    the model's name
    when     one of WHEN
    program, controller, note   what calls for it, as CALLS says
    prime    files and folders whose music it begins from, each perhaps with =WEIGHT
    """

    name: str
    values: Mapping[str, Value]
    model: str
    when: str = "at once"
    program: int = 0
    controller: int = -1
    note: int = -1
    prime: Sequence[str] = ()

    def called_by(self, message: bytes) -> bool:
        """Whether this message of the player's calls for it."""
        kind = message[0] & 0xF0 if message else 0
        if kind == _PROGRAM and len(message) == 2:
            return message[1] + 1 == self.program
        if len(message) != 3:
            return False
        pressed = kind == CONTROL and message[1] == self.controller and message[2] >= PRESSED
        return pressed or (kind == NOTE_ON and message[1] == self.note and message[2] > 0)

    def keeps(self, message: bytes) -> bool:
        """Whether a message is of the key that calls for it, and so is not music."""
        return len(message) == 3 and message[0] & 0xF0 in (NOTE_ON, NOTE_OFF) and message[1] == self.note


SHIPPED: Final[Mapping[str, Mapping[str, Value]]] = {
    "answer-me": {"mode": "reply"},
    "comp-for-me": {"mode": "duet", "role": "accompany", "register": "below", "velocity_follow": 0.5, "lock": "auto"},
    "shadow-harmony": {"mode": "harmony", "company": 2, "lock": "auto", "velocity_offset": -8.0},
    "trade-fours": {"mode": "trade", "bars": 4, "enter": "bar", "quantise": 60, "swing": 60, "grid": "1/8"},
    "night-piano": {
        "mode": "solo",
        "density": 2.0,
        "velocity_offset": -12.0,
        "temperature": 0.9,
        "lowest": 36,
        "highest": 84,
        "longest_rest": 3.0,
        "liveliness": 0.0,
    },
}
"""The scenes that are there without being declared: their parameters."""


def checked(name: str, key: str, value: Any) -> Value:  # whatever TOML holds
    """A setting of a scene in its proper form. Raises ParameterError that says what is allowed."""
    known = {**CALLS, **REGISTRY}
    if key not in known:
        raise ParameterError(f"nothing is called {short(key)!r} in a scene; {nearest(key, known)}")
    declared = known[key]
    if key == PRIME and isinstance(value, list) and all(isinstance(each, str) for each in value):
        value = "\n".join(value)
    if isinstance(value, dict | list):
        raise ParameterError(f"{key}: one value is wanted here, not several")
    exact = isinstance(value, str | int | float) and type(value) is type(declared.default)
    found = declared.checked(value) if exact else declared.parse(given(value))
    if key == "controller" and found in STANDARD:
        raise ParameterError(f"controller={found}: means something to every instrument; choose one of 20 to 31")
    return found


def staged(declared: Mapping[str, Mapping[str, Value]], base: Parameters, model: str) -> list[Scene]:
    """All scenes: the shipped ones and those that are declared; who declares a shipped one changes it. What a scene
    does not say is as `base` and `model` have it. Raises ParameterError where its parameters contradict one another, or
    two are called for by the same."""
    names = dict.fromkeys((*SHIPPED, *declared))
    found = [_staged(name, {**SHIPPED.get(name, {}), **declared.get(name, {})}, base, model) for name in names]
    for key in ("program", "controller", "note"):
        callers = dict[int, str]()
        for scene in (one for one in found if getattr(one, key) != CALLS[key].default):
            first = callers.setdefault(number := getattr(scene, key), scene.name)
            if first != scene.name:
                raise ParameterError(f"{key} {number} calls for two scenes, {first} and {scene.name}; change one")
    return found


def called(scenes: Iterable[Scene], name: str) -> Scene:
    """The scene of that name. Raises ParameterError."""
    known = {scene.name: scene for scene in scenes}
    if name not in known:
        raise ParameterError(f"no scene named {name!r}; {nearest(name, known)}")
    return known[name]


def _staged(name: str, settings: Mapping[str, Value], base: Parameters, model: str) -> Scene:
    calls = {key: settings.get(key, each.default) for key, each in CALLS.items()}
    try:
        values = base.changed(**{key: value for key, value in settings.items() if key in REGISTRY}).values
    except ParameterError as error:
        raise ParameterError(f"scene {name}: {error}") from error
    numbers = {key: int(calls[key]) for key in ("program", "controller", "note")}
    prime = tuple(str(calls[PRIME]).splitlines())
    return Scene(name, dict(values), str(calls["model"] or model), str(calls["when"]), **numbers, prime=prime)
