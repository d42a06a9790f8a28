"""The commands of `antiphon models`: list what can be played with; add, remove and give away models and scenes."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from antiphon.cli import remote
from antiphon.cli.configuring import Config
from antiphon.cli.table import table
from antiphon.config.layers import configured

app = typer.Typer(
    help="List the installed models; play with another one; add, remove and give away your own, and scenes."
)
out = Console(highlight=False, soft_wrap=True)
OfScene = Annotated[bool | None, typer.Option("--scene/--model", help="which, where both have that name")]
AsJson = Annotated[bool, typer.Option("--json", help="for programs")]


@app.callback(invoke_without_command=True)
def models(context: typer.Context, as_json: AsJson = False) -> None:
    """List the installed models: size, training data, licence, scores (nats per event, lower is better)."""
    if context.invoked_subcommand is not None:
        return
    from antiphon.mind.models import installed

    cards = installed()
    if as_json:
        print(json.dumps([card.report() for card in cards], indent=2, ensure_ascii=False))
        return
    rows = [
        (
            card.name,
            f"{card.size / 1e6:.1f}",
            f"{card.parameters:,}",
            ", ".join(card.data),
            card.licence,
            ", ".join(f"{name} {nats:.2f}" for name, nats in card.scores.items()),
        )
        for card in cards
    ]
    out.print(table(("name", "MB", "parameters", "learned from", "licence", "nats per event"), rows))


@app.command(epilog="Example: `antiphon models play songbook`")
def play(
    name: Annotated[str, typer.Argument(metavar="NAME", help="one of those installed")], pid: remote.Pid = None
) -> None:
    """Have the Antiphon that is running play with another model, as soon as it is loaded."""
    remote.asked({"model": name}, pid)


@app.command(epilog="Example: `antiphon models add friend.antiphon`")
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE.antiphon", help="what you were given")],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="what it will be called; else as the file")] = None,
    config: Config = None,
) -> None:
    """Install a model or a scene that somebody gave you. Nothing in it is executed; its checksums have to be right."""
    from antiphon import scenefile

    arrived = scenefile.add(file, name, config)
    if card := arrived.model:
        said = f"(learned from {', '.join(card.data)}; licence: {card.licence})"
        out.print(f"{card.name}: installed  {said}", markup=False)
    if arrived.scene:
        out.print(f"{arrived.scene}: a scene, added to {arrived.config}", markup=False)
        out.print("an Antiphon that runs has it when it is started again", markup=False)


@app.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="one of your own")],
    scene: OfScene = None,
    config: Config = None,
) -> None:
    """Throw a model or a scene of yours away. The model of a scene stays, and goes after it."""
    from antiphon import scenefile
    from antiphon.errors import ModelError
    from antiphon.mind import sharing

    configuration = configured(config)
    if not _is_scene(name, scene, configuration.declared, sharing.yours()):
        if players := scenefile.players(name, configuration):
            raise ModelError(f"{name} is the model of the scene {players[0]}; remove that first")
        for path in sharing.remove(name):
            out.print(f"removed  {path}", markup=False)
    else:
        out.print(f"removed  the scene {name} from {scenefile.remove(name, config)}", markup=False)


@app.command(epilog="Example: `antiphon models export mine --output me.antiphon`")
def export(
    name: Annotated[str, typer.Argument(metavar="NAME_OR_PATH", help="the model, or the scene")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.antiphon", help="the file to write")],
    scene: OfScene = None,
    config: Config = None,
) -> None:
    """Write a model, or a scene with its model, into one file, to give away. Mind the licence of what was learned."""
    from antiphon import scenefile
    from antiphon.mind import sharing

    configuration = configured(config)
    scenes = [each.name for each in configuration.scenes]
    if _is_scene(name, scene, scenes, {name} if sharing.found(name) else set()):
        model = scenefile.export(name, output, configuration)
        said = f"a scene, with the model {model}" if model else "a scene, for any model"
    else:
        sharing.export(sharing.files(name), output)
        said = "a model"
    out.print(f"{output}: {output.stat().st_size / 1e6:.1f} MB, {said}", markup=False)


def _is_scene(name: str, said: bool | None, scenes: Collection[str], models: Collection[str]) -> bool:
    """Whether a scene is meant. Raises ModelError where that cannot be told."""
    from antiphon.errors import ModelError

    if said is None and name in scenes and name in models:
        raise ModelError(f"there is a model and a scene named {name}; say --model or --scene")
    return name in scenes if said is None else said
