"""Every setting there is, declared once: the file, the environment and what `config init` writes derive from here.

The table [parameters] is core.parameters.REGISTRY itself. Knows names and values; reads no file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from antiphon.core import controls, zones
from antiphon.core.acts import EVERY as ACTS
from antiphon.core.parameter import Parameter, Value, choice, switch, text
from antiphon.core.parameters import REGISTRY
from antiphon.core.shown import given
from antiphon.errors import ParameterError
from antiphon.takes import limits

BACKENDS: Final = ("auto", "alsa", "jack", "coremidi", "winmm")
LEVELS: Final = ("info", "debug", "warning", "error")
PARTS: Final = ("guard", "stage", "mind", "page", "scribe")
_HIGHEST_PORT: Final = 65535
PARAMETERS: Final = "parameters"
VERSION: Final = 1
"""Of the file's layout. Whoever renames a key raises it, and says in `migrations` how to bring old files along."""

Setting = Value | tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One key of one table.

    each   what its value, or each of its values, may be
    many   whether it is a list
    """

    table: str
    each: Parameter
    many: bool = False

    @property
    def name(self) -> str:
        """As people write it: table.key."""
        return f"{self.table}.{self.each.name}"

    @property
    def variable(self) -> str:
        """The environment variable that overrides the file."""
        return f"ANTIPHON_{self.table}_{self.each.name}".upper()

    @property
    def default(self) -> Setting:
        """What holds where nobody says anything."""
        return () if self.many else self.each.default

    @property
    def live(self) -> bool:
        """Whether it can change while Antiphon plays."""
        return self.table == PARAMETERS

    @property
    def allowed(self) -> str:
        """What may be given, in words."""
        return f"a list, each {self.each.allowed}" if self.many else self.each.allowed

    def checked(self, value: Any) -> Setting:  # whatever TOML holds
        """The setting in its proper form. Raises ParameterError that says what is allowed."""
        if not self.many:
            return self._one(value)
        if not isinstance(value, list | tuple):
            value = [value]
        return tuple(self._one(one) for one in value)

    def parse(self, typed: str) -> Setting:
        """From an environment variable or a flag; of a list, the parts between commas. Raises ParameterError."""
        if not self.many:
            return self.each.parse(typed)
        return tuple(self.each.parse(part.strip()) for part in typed.split(",") if part.strip())

    def _one(self, value: Any) -> Value:
        if type(value) is type(self.each.default):
            return self.each.checked(value)
        if isinstance(value, dict | list):
            raise ParameterError(f"{self.each.name}: one value is wanted here, not several")
        return self.each.parse(given(value))


def _any(typed: str) -> str:
    if not typed.isprintable():
        raise ValueError("a name of printable characters is wanted")
    return typed


def _name(typed: str) -> str:
    if not typed.strip():
        raise ValueError("a part of a name is wanted")
    return _any(typed).strip()


def _control(typed: str) -> str:
    if not typed.strip():
        raise ValueError('a control is wanted, such as "cc 20 = temperature"')
    try:
        return controls.parse(typed, ACTS).text
    except ParameterError as error:
        raise ValueError(str(error)) from error


def _zone(typed: str) -> str:
    try:
        return zones.parse(typed).text
    except ParameterError as error:
        raise ValueError(str(error)) from error


def _address(typed: str) -> str:
    host, _, port = typed.strip().rpartition(":")
    if typed.strip() and not (port.isdigit() and 1 <= int(port) <= _HIGHEST_PORT and " " not in host):
        raise ValueError("give HOST:PORT, or PORT for this machine, such as 127.0.0.1:9000")
    return typed.strip()


_PATTERN: Final = 'a part of a port\'s name, in any case, or several in order of preference: "keystation | casio"'
_ZONE: Final = (
    'as "in launchkey = harmony", "keys 0..47 = harmony", "in casio = plays as 2" or "in casio = plays with memory 2"'
)
_LEVEL: Final = "how much is said by this part, where it is not as logging.level says"

_TABLES: Final[Mapping[str, tuple[Parameter | tuple[Parameter], ...]]] = {
    "ports": (
        choice("backend", BACKENDS, "which MIDI system"),
        (text("inputs", "", _name, f"what to listen to, each {_PATTERN}; none: a port of our own, 'Antiphon in'"),),
        (text("outputs", "", _name, "what to play to, likewise; none: a port of our own, 'Antiphon out'"),),
        (text("zones", "", _zone, f"what of the inputs only steers or commands, each {_ZONE}; none: all of it plays"),),
    ),
    "thru": (
        switch("on", False, "also send on what you play, byte for byte"),
        (text("inputs", "", _name, "only from inputs whose names hold one of these; none: from all"),),
        (Parameter("channels", 1, 1, 16, "", "only on these MIDI channels; none: on all"),),
    ),
    "page": (
        switch("on", True, "serve the page, on this machine only"),
        Parameter("port", 8765, 0, 65535, "", "where it is served; 0: wherever there is room"),
        text("listen", "127.0.0.1", _name, "the address it is served at; elsewhere others can come, with a token"),
    ),
    "controls": (
        (text("map", "", _control, 'what a controller does, each as "cc 20 = temperature" or "note 36 = another"'),),
        (text("lights", "", _name, "parts of the names of outputs to controllers that show how things stand"),),
    ),
    "osc": (
        text("listen", "", _address, "PORT or HOST:PORT to be controlled at by Open Sound Control; none: not at all"),
        text("send", "", _address, "HOST:PORT that is told by it what happens; none: nobody"),
    ),
    "model": (
        text("name", "default", _name, "which model plays, by name or path; see `antiphon models`"),
        (text("prime", "", _name, "begin in the world of these .mid files or folders, each perhaps with =WEIGHT"),),
    ),
    "takes": (
        *limits.REGISTRY.values(),
        text("folder", "", _any, "where they are kept; none: with your other data, in antiphon/takes"),
    ),
    "logging": (
        choice("level", LEVELS, "how much is said"),
        *(choice(part, ("as level", *LEVELS), _LEVEL) for part in PARTS),
        switch("file", True, "keep a log in the state folder, where no systemd keeps one"),
    ),
}


def _declared() -> dict[str, dict[str, Option]]:
    tables = dict[str, dict[str, Option]]()
    for table, entries in _TABLES.items():
        options = (Option(table, e[0], True) if isinstance(e, tuple) else Option(table, e) for e in entries)
        tables[table] = {option.each.name: option for option in options}
    tables[PARAMETERS] = {name: Option(PARAMETERS, parameter) for name, parameter in REGISTRY.items()}
    return tables


OPTIONS: Final[Mapping[str, Mapping[str, Option]]] = _declared()
EVERY: Final[tuple[Option, ...]] = tuple(option for table in OPTIONS.values() for option in table.values())
BY_NAME: Final[Mapping[str, Option]] = {option.name: option for option in EVERY}
