"""The commands of `antiphon models`: list what can be played with; add, remove and give away models."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from antiphon.cli import remote

app = typer.Typer(help="List the installed models; play with another one; add, remove and give away your own.")
out = Console(highlight=False, soft_wrap=True)
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
    table = Table("name", "MB", "parameters", "learned from", "licence", "nats per event", box=None)
    for card in cards:
        scores = ", ".join(f"{name} {nats:.2f}" for name, nats in card.scores.items())
        size = f"{card.size / 1e6:.1f}"
        said = (card.name, size, f"{card.parameters:,}", ", ".join(card.data), card.licence, scores)
        table.add_row(*(escape(text) for text in said))
    out.print(table)


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
) -> None:
    """Install a model that somebody gave you. Nothing in it is executed; its checksums have to be right."""
    from antiphon.mind import sharing

    card = sharing.add(file, name)
    out.print(f"{card.name}: installed  (learned from {', '.join(card.data)}; licence: {card.licence})", markup=False)


@app.command()
def remove(name: Annotated[str, typer.Argument(metavar="NAME", help="one of your own")]) -> None:
    """Throw a model of yours away."""
    from antiphon.mind import sharing

    for path in sharing.remove(name):
        out.print(f"removed  {path}", markup=False)


@app.command(epilog="Example: `antiphon models export mine --output me.antiphon`")
def export(
    name: Annotated[str, typer.Argument(metavar="NAME_OR_PATH", help="the model")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.antiphon", help="the file to write")],
) -> None:
    """Write a model into one file, to give away. Mind the licence of what it learned from."""
    from antiphon.mind import sharing

    sharing.export(name, output)
    out.print(f"{output}: {output.stat().st_size / 1e6:.1f} MB", markup=False)
