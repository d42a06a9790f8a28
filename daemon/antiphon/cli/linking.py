"""`antiphon link`: Ableton Link's tempo and bars for the Antiphon that is running, or for any MIDI input."""

from typing import Annotated, Final

import typer
from rich.console import Console

from antiphon.cli.flags import midi_system
from antiphon.config.options import BACKENDS

EXAMPLE: Final = "Example: `antiphon link`, beside `antiphon run`"
out = Console(highlight=False)


def link(
    name: Annotated[
        str | None, typer.Option("--out", metavar="NAME", help="part of an output's name (default: our daemon's input)")
    ] = None,
    tempo: Annotated[float, typer.Option(min=20, max=999, help="bpm, until somebody else is there")] = 120.0,
    bar: Annotated[int, typer.Option(min=1, max=16, help="beats in a bar")] = 4,
    transport: Annotated[
        bool, typer.Option("--transport", help="run only while the others play (start and stop shared)")
    ] = False,
    backend: Annotated[str | None, typer.Option(metavar="|".join(BACKENDS), help="which MIDI system")] = None,
) -> None:
    """Follow Ableton Link: send its tempo and bars as MIDI clock, until Ctrl-C.

    The daemon follows that as it does any clock. Link is an extra under the GPL, antiphon[link]: where
    it is missing, this says how to install it.
    """
    from antiphon import ableton

    system = midi_system(backend)
    session = ableton.Session(tempo, bar, transport)
    try:
        ableton.lead(session, system, name or ableton.OURS, lambda line: out.print(line, markup=False))
    finally:
        session.close()
