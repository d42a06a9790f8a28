"""The commands of `antiphon service`: what they do is `service`; here is what they say of it."""

from typing import Annotated

import typer

from antiphon import service
from antiphon.cli import log
from antiphon.service import Unit

User = Annotated[
    str | None, typer.Option("--system", metavar="USER", help="as a system service for this user, without a log-in")
]

app = typer.Typer(help="Antiphon as a service of systemd: there when you log in, or without.", no_args_is_help=True)


@app.command(epilog="Example: `antiphon service install --linger`")
def install(
    system: User = None,
    linger: Annotated[bool, typer.Option("--linger", help="start with the machine, and stay without a log-in")] = False,
) -> None:
    """Write the unit, enable it and start it. Says what it does; may be done again at any time."""
    for line in service.install(Unit(system), linger):
        print(line)


@app.command()
def uninstall(system: User = None) -> None:
    """Stop it, disable it and take the unit away. The configuration stays."""
    for line in service.uninstall(Unit(system)):
        print(line)


@app.command()
def status(system: User = None) -> None:
    """Say what it is doing. Exit status 3 where it does not run."""
    text, number = service.status(Unit(system))
    print(text)
    raise typer.Exit(number)


@app.command()
def reload(system: User = None) -> None:
    """Let it read its configuration again, without a gap in the music."""
    print(service.reload(Unit(system)))


@app.command()
def logs(
    system: User = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on as more is said")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, max=100_000, help="how many of the last lines")] = 100,
) -> None:
    """Show what it has said; where systemd keeps no log of it, say where there is one."""
    raise typer.Exit(service.logs(Unit(system), lines, follow, log.place()))
