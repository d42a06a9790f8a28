"""The commands of scenes: list them, and have the Antiphon that is running play another."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from antiphon.cli import remote
from antiphon.cli.configuring import Config
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
    table = Table("scene", "model", "begins", "program", "controller", "note", "sets", box=None)
    for scene_ in found:
        said = [("prime", each) for each in scene_["prime"]] + list(scene_["parameters"].items())
        sets = ", ".join(f"{name}={value}" for name, value in said)
        calls = (scene_["program"] or "", *("" if scene_[key] < 0 else scene_[key] for key in ("controller", "note")))
        row = (scene_["name"], scene_["model"], scene_["when"], *calls, sets)
        table.add_row(*(escape(str(each)) for each in row))
    out.print(table)


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


def begun(configuration: Configuration, name: str, model: str) -> tuple[Parameters, str, Sequence[str]]:
    """What a performance in a scene begins with: its parameters, its model unless another than the default is
    asked for, and the music it begins from. Raises ParameterError where there is none of that name."""
    scene = called(configuration.scenes, name)
    return Parameters(scene.values), scene.model if model == "default" else model, scene.prime
