"""What controllers have learned while we played: a file beside the configuration, one control a line.

Ours to write, and still fit to be read and changed by people.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from antiphon.config.layers import Configuration, place
from antiphon.core.acts import EVERY as ACTS
from antiphon.core.controls import parse
from antiphon.errors import ConfigError, ParameterError
from antiphon.music import files

_NAME: Final = "controls.txt"
_HEAD: Final = "# What Antiphon has learned from your controllers; `antiphon controls` shows and changes it.\n"


def where(configuration: Configuration) -> Path:
    """The file."""
    return (configuration.path or place()).with_name(_NAME)


def written(configuration: Configuration) -> dict[str, str]:
    """The controls that are not learned, and where they stand: "FILE:LINE", or a variable's name."""
    return dict.fromkeys(configuration["controls.map"], configuration.source("controls.map"))


def every(configuration: Configuration) -> tuple[str, ...]:
    """The controls that there are at a start: those of the configuration, then those that were learned. Raises
    ConfigError."""
    return tuple(dict.fromkeys((*written(configuration), *read(where(configuration)))))


def read(path: Path) -> tuple[str, ...]:
    """The controls in it. Raises ConfigError with everything that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read ({error})") from error
    lines, wrong = list[str](), list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            lines.append(parse(line, ACTS).text)
        except ParameterError as error:
            wrong.append(f"{path}:{number}: {error}")
    if wrong:
        raise ConfigError("\n".join(wrong))
    return tuple(lines)


def write(lines: Iterable[str], path: Path) -> None:
    """Put these controls into it, whole or not at all. Raises ConfigError where that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.put(path, (_HEAD + "".join(f"{line}\n" for line in lines)).encode())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); it holds until the end") from error
