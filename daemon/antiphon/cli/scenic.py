"""The commands of scenes: list them, and have the Antiphon that is running play another."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console

from antiphon.cli import remote
from antiphon.cli.configuring import Config
from antiphon.cli.table import table
from antiphon.config.layers import Configuration, configured
from antiphon.core.acts import SCENE
from antiphon.core.parameters import Parameters
from antiphon.core.scenes import CALLS, called

out = Console(highlight=False, soft_wrap=True)


def scenes(
    config: Config = None, as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False
) -> None:
    """List the scenes: what calls for each, and the parameters it sets. They are declared in the configuration."""
    found = listed(configured(config))
    if as_json:
        return print(json.dumps(found, indent=2, ensure_ascii=False))
    rows = [(each["name"], each["model"], each["when"], _calling(each), _set(each)) for each in found]
    out.print(table(("scene", "model", "begins", "called for by", "sets"), rows))


def scene(
    name: Annotated[str, typer.Argument(metavar="NAME", help="see `antiphon scenes`")], pid: remote.Pid = None
) -> None:
    """Have the Antiphon that is running play another scene."""
    remote.asked({"act": f"{SCENE}{name}"}, pid)


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


def begun(configuration: Configuration, name: str | None = None) -> tuple[Parameters, str, Sequence[str]]:
    """What a performance begins with, in the scene of that name where one is named: its parameters, its model, and the
    music it begins from. Raises ParameterError where there is no such scene."""
    music: Sequence[str] = configuration["model.prime"]
    if name is None:
        return configuration.parameters, str(configuration["model.name"]), music
    scene = called(configuration.scenes, name)
    return Parameters(scene.values), scene.model, scene.prime or music


def _calling(scene: Mapping[str, Any]) -> str:  # JSON
    """What of the player's calls for it, in words."""
    nothing = {"program": 0, "controller": -1, "note": -1}
    return ", ".join(f"{name} {scene[name]}" for name, none in nothing.items() if scene[name] != none)


def _set(scene: Mapping[str, Any]) -> str:  # JSON
    """What it begins from and what it turns, in words."""
    said = [("prime", each) for each in scene["prime"]] + list(scene["parameters"].items())
    return ", ".join(f"{name}={value}" for name, value in said)
