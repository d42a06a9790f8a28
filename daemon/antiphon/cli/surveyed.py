"""The commands `antiphon ports` and `antiphon parameters`: what there is to play through, and what there is to turn."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from antiphon import assemble
from antiphon.cli.table import table
from antiphon.core.parameters import REGISTRY

out = Console(highlight=False, soft_wrap=True)
AsJson = Annotated[bool, typer.Option("--json", help="for programs")]


def ports(as_json: AsJson = False) -> None:
    """List every MIDI backend that works here with its ports, and why another does not."""
    found = assemble.survey()
    if as_json:
        _json([asdict(backend) for backend in found])
        return
    for backend in found:
        out.print(f"[bold]{backend.name}[/]  {'works' if backend.works else escape(backend.reason)}")
        for way, names in (("in ", backend.inputs), ("out", backend.outputs)):
            for name in names:
                out.print(f"  {way}  {name}", markup=False)
    if not any(backend.works for backend in found):
        raise typer.Exit(1)


def parameters(as_json: AsJson = False) -> None:
    """List everything you can turn with --set NAME=VALUE."""
    if as_json:
        _json([parameter.declaration() for parameter in REGISTRY.values()])
        return
    rows = [(p.name, p.shown(p.default), p.allowed, p.unit, p.help) for p in REGISTRY.values()]
    out.print(table(("name", "default", "what may be given", "unit", "what it does"), rows))


def _json(value: Any) -> None:  # JSON
    print(json.dumps(value, indent=2, ensure_ascii=False))
