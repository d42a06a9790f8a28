"""The commands of scenes: list them, and switch a running Antiphon to one by its page."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Final

from antiphon.config.layers import Configuration
from antiphon.core.parameters import Parameters
from antiphon.core.scenes import CALLS, called
from antiphon.errors import ParameterError

_WAITS_S: Final = 3.0


def listed(configuration: Configuration) -> list[dict[str, Any]]:  # JSON
    """Each scene: its name, what calls for it, and the parameters that are not as they come."""
    plain = Parameters().values
    return [
        {
            "name": scene.name,
            **{key: getattr(scene, key) for key in CALLS},
            "parameters": {name: value for name, value in scene.values.items() if value != plain[name]},
        }
        for scene in configuration.scenes
    ]


def begun(configuration: Configuration, name: str, model: str) -> tuple[Parameters, str]:
    """What a performance in a scene begins with: its parameters, and its model unless another than the default is
    asked for. Raises ParameterError where there is none of that name."""
    scene = called(configuration.scenes, name)
    return Parameters(scene.values), scene.model if model == "default" else model


def switch(configuration: Configuration, name: str) -> None:
    """Have the Antiphon that runs here play a scene. Raises ParameterError where there is none of that name, or where
    nobody answers."""
    called(configuration.scenes, name)
    where = f"http://{configuration['page.listen']}:{configuration['page.port']}"
    address = f"{where}/api/acts/{urllib.parse.quote(f'scene {name}')}"
    try:
        urllib.request.urlopen(urllib.request.Request(address, method="POST"), timeout=_WAITS_S).close()
    except urllib.error.HTTPError as error:
        raise ParameterError(f"{where}: {_refusal(error)}") from error
    except OSError as error:
        raise ParameterError(f"no Antiphon answers at {where} ({error}); is it running, with its page?") from error


def _refusal(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read())["refused"])
    except (ValueError, KeyError, TypeError):
        return f"it refused ({error.code})"
