"""Arguments and options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from antiphon.core.parameters import MODES, REGISTRY


def _help(name: str) -> str:
    parameter = REGISTRY[name]
    return f"{parameter.help} ({parameter.allowed}, default {parameter.shown(parameter.default)})"


Model = Annotated[
    str | None, typer.Option("--model", metavar="NAME_OR_PATH", help="which model plays; see `antiphon models`")
]
Mode = Annotated[str | None, typer.Option("--mode", metavar="|".join(MODES), help=_help("mode"))]
Seed = Annotated[int | None, typer.Option("--seed", help=_help("seed"))]
Temperature = Annotated[float | None, typer.Option("--temperature", help=_help("temperature"))]
TopP = Annotated[float | None, typer.Option("--top-p", help=_help("top_p"))]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="any parameter; see `antiphon parameters`; repeatable"),
]
Primes = Annotated[
    list[str] | None,
    typer.Option("--prime", metavar="FILE|FOLDER[=WEIGHT]", help="begin in the world of this music; repeatable"),
]
Zones = Annotated[list[str] | None, typer.Option("--zone", help='"in NAME keys 0..47 on 1 = harmony"; repeatable')]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="OUT.mid", help="the file to write")]
Draw = Annotated[bool, typer.Option("--roll", help="draw the piano roll in the terminal")]
AsJson = Annotated[bool, typer.Option("--json", help="for programs")]
