"""Who has the last word: the defaults, then the file, then the environment, then what was said on the command line."""

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from antiphon import places
from antiphon.config.file import SCENES, Found, read
from antiphon.config.options import BY_NAME, EVERY, OPTIONS, PARAMETERS, Setting
from antiphon.core.parameter import Value, nearest
from antiphon.core.parameters import Parameters
from antiphon.core.scenes import Scene, staged
from antiphon.errors import ConfigError, ParameterError

FILE: Final = "ANTIPHON_CONFIG"
_OURS: Final = "ANTIPHON_"
_NO_SETTINGS: Final = (FILE, *(f"{_OURS}{name}" for name in ("SOUNDFONT", "LINES", "BENCH", "BENCH_MEMORY")))
"""Variables that we go by and that set nothing."""
_NEARLY: Final = 0.8
"""How alike two names are (see difflib) of which one may be meant by the other."""
_DEFAULT: Final = "default"
_FLAG: Final = "command line"


@dataclass(frozen=True, slots=True)
class Configuration:
    """All settings, and where each comes from.

    values    by table.key
    sources   by table.key: "default", "FILE:LINE", a variable's name or "command line"
    declared  what the tables [scenes.NAME] set
    path      the file, which need not be there; None where none was looked for
    """

    values: Mapping[str, Setting] = field(default_factory=lambda: {option.name: option.default for option in EVERY})
    sources: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    path: Path | None = None

    def __getitem__(self, name: str) -> Any:  # its type is that of its declaration
        return self.values[name]

    def source(self, name: str) -> str:
        """Where a setting comes from."""
        return self.sources.get(name, _DEFAULT)

    @property
    def parameters(self) -> Parameters:
        """The table [parameters]."""
        return Parameters({name: self[f"{PARAMETERS}.{name}"] for name in OPTIONS[PARAMETERS]})

    @property
    def scenes(self) -> list[Scene]:
        """Every scene. Raises ParameterError where one contradicts itself."""
        return staged(self.declared, self.parameters, str(self["model.name"]))

    def table(self, name: str) -> dict[str, Any]:
        """The settings of a table by key."""
        return {key: self[f"{name}.{key}"] for key in OPTIONS[name]}


def place(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the configuration lies, unless somebody says otherwise: ANTIPHON_CONFIG, else as XDG asks."""
    if given := environment.get(FILE):
        return Path(given)
    return places.config(environment) / "antiphon" / "antiphon.toml"


def configured(
    path: Path | None = None,
    flags: Mapping[str, Setting] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Configuration:
    """All settings as they hold. Raises ConfigError with everything that is wrong.

    path    the file, which has to be there; None: the one in its usual place, where there is one
    flags   what was said on the command line, by table.key
    """
    path, wanted = (path, True) if path else (place(environment), bool(environment.get(FILE)))
    wrong, found = list[str](), Found({}, {}, 0)
    try:
        found = read(path) if wanted or path.exists() else found
    except ConfigError as error:
        wrong.append(str(error))
    except OSError as error:  # of a folder that is not ours to look into
        wrong.append(f"{path}: cannot be read ({error.strerror})")
    values = {option.name: option.default for option in EVERY} | dict(found.settings)
    at = path.absolute()  # who is told of it may be elsewhere
    sources = {name: f"{at}:{found.lines[name]}" if name in found.lines else str(at) for name in found.settings}
    sources |= {SCENES: str(at)} if found.scenes else {}
    said, complaints = _environment(environment)
    wrong += complaints
    for name, setting in said.items():
        values[name], sources[name] = setting, BY_NAME[name].variable
    for name, setting in (flags or {}).items():
        values[name], sources[name] = setting, _FLAG
    configuration = Configuration(values, sources, found.scenes, at)
    if not wrong:
        wrong = _contradictions(configuration)
    if wrong:
        raise ConfigError("\n".join(wrong))
    return configuration


def _environment(environment: Mapping[str, str]) -> tuple[dict[str, Setting], list[str]]:
    """What the variables that are ours set, and what is wrong with them."""
    options = {option.variable: option for option in EVERY}
    tables = tuple(f"ANTIPHON_{table.upper()}_" for table in OPTIONS)
    said, wrong = dict[str, Setting](), list[str]()
    for variable, typed in sorted(environment.items()):
        meant = options if variable.startswith(tables) else _alike(variable)
        if not meant:
            continue
        try:
            if variable not in options:
                raise ParameterError(f"no such setting; {nearest(variable, meant)}")
            said[options[variable].name] = options[variable].parse(typed)
        except ParameterError as error:
            wrong.append(f"{variable}: {error}")
    return said, wrong


def _alike(variable: str) -> list[str]:
    """The variables one of which is meant by another that is named nearly as they are, or that has a key of theirs and
    another table. What is like none of them is somebody else's."""
    if not variable.startswith(_OURS) or variable in _NO_SETTINGS:
        return []
    key = variable.removeprefix(_OURS).partition("_")[2]
    of_that_key = [option.variable for option in EVERY if option.each.name.upper() == key]
    return of_that_key or difflib.get_close_matches(variable, [option.variable for option in EVERY], 1, _NEARLY)


def _contradictions(configuration: Configuration) -> list[str]:
    """What is right by itself but not together."""
    try:
        configuration.parameters.changed()
        _ = configuration.scenes
    except ParameterError as error:
        named = [f"{PARAMETERS}.{name}" for name in OPTIONS[PARAMETERS] if f"{name}=" in str(error)]
        at = [source for name in named if (source := configuration.source(name)) not in (_DEFAULT, _FLAG)]
        return [f"{at[0]}: {error}" if at else str(error)]
    return []
