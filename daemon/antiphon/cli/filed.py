"""The commands that play with files, and with nobody."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from antiphon.cli import scenic
from antiphon.cli.configuring import Config
from antiphon.cli.flags import given
from antiphon.cli.options import Draw, Mode, Model, Output, Primes, Seed, Settings, Temperature, TopP, Zones
from antiphon.config.layers import configured
from antiphon.core.parameters import Parameters, Value, assigned
from antiphon.errors import ParameterError

REHEARSE_EXAMPLE: Final = "Example: `antiphon rehearse phrase.mid --output answered.mid --seed 7 --roll`"
GENERATE_EXAMPLE: Final = "Example: `antiphon generate --prime tune.mid --seconds 30 --output more.mid`"
out: Final = Console(highlight=False, soft_wrap=True)


def rehearse(
    source: Annotated[Path, typer.Argument(metavar="INPUT.mid", help="what the player plays")],
    output: Output,
    model: Model = None,
    mode: Mode = None,
    seed: Seed = None,
    temperature: Temperature = None,
    top_p: TopP = None,
    settings: Settings = None,
    draw: Draw = False,
    take: Annotated[Path | None, typer.Option(metavar="FILE.mid", help="also keep it as a take")] = None,
    scene: Annotated[str | None, typer.Option(metavar="NAME", help="in this scene; see `antiphon scenes`")] = None,
    primes: Primes = None,
    zones: Zones = None,
    config: Config = None,
) -> None:
    """Perform with a MIDI file as the player, as fast as the machine goes. The same input and seed: the same bytes.

    What is not said here of model, parameters and music to begin from is as the configuration has it. To --zone
    each track of the file is an input of its name.
    """
    from antiphon.cli import recorded

    base, name, music = scenic.begun(configured(config), scene)
    parameters = _parameters(base, settings, mode=mode, seed=seed, temperature=temperature, top_p=top_p)

    recorded.rehearse(out, source, output, model or name, parameters, draw, take, primes or music, zones or ())


def generate(
    output: Output,
    prime: Annotated[Path | None, typer.Option(metavar="FILE.mid", help="the piece to continue")] = None,
    seconds: Annotated[float | None, typer.Option(min=0.1, max=36000, help="how much new music, in seconds")] = None,
    notes: Annotated[int | None, typer.Option(min=1, max=1_000_000, help="how much new music, in notes")] = None,
    model: Model = None,
    seed: Seed = None,
    temperature: Temperature = None,
    top_p: TopP = None,
    settings: Settings = None,
    draw: Draw = False,
    config: Config = None,
) -> None:
    """Continue a piece, or begin from nothing, and write it to a file (30 seconds unless you say).

    What is not said here of model and parameters is as the configuration has it.
    """
    if seconds is not None and notes is not None:
        raise ParameterError("give --seconds or --notes, not both")
    from antiphon.cli import recorded

    recorded.meant(assigned(settings))
    base, name, _ = scenic.begun(configured(config))
    parameters = _parameters(base, settings, seed=seed, temperature=temperature, top_p=top_p)
    length = 30.0 if seconds is None and notes is None else seconds
    recorded.generate(out, output, model or name, parameters, prime, length, notes, draw)


def _parameters(base: Parameters, settings: list[str] | None, **flags: Value | None) -> Parameters:
    """`base`, then --set, then the flags of their own."""
    return base.set(settings or []).changed(**given(**flags))
