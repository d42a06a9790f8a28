"""The command `antiphon`. Exit status 0 is done, 1 failed, 2 bad arguments.

What only one command needs is imported by that command: `run` stays in memory as the guard, and needs no model.
"""

import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

import antiphon
from antiphon import assemble
from antiphon.cli import (
    configuring,
    controls,
    doctor,
    filed,
    learn,
    linking,
    log,
    models,
    remote,
    scenic,
    serving,
    surveyed,
    takes,
)
from antiphon.cli.configuring import Config
from antiphon.cli.flags import given, known, midi_system, turned_on
from antiphon.cli.options import AsJson, Mode, Primes, Seed, Settings, Temperature, Zones
from antiphon.config.layers import configured
from antiphon.config.options import BACKENDS, BY_NAME, PARAMETERS
from antiphon.core.parameters import Value, assigned
from antiphon.core.shown import printable_lines
from antiphon.errors import AntiphonError, ConfigError, ParameterError, PortError

app = typer.Typer(
    help="Antiphon listens to a musician over MIDI and plays with them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(configuring.app, name="config")
app.add_typer(serving.app, name="service")
app.command(name="check", epilog="Example: `antiphon check > report.txt`")(doctor.check)
out = Console(highlight=False, soft_wrap=True)
app.add_typer(takes.app, name="takes")
app.add_typer(controls.app, name="controls")
app.add_typer(models.app, name="models")
app.command(epilog=takes.REPLAY_EXAMPLE)(takes.replay)
app.command(epilog=learn.EXAMPLE)(learn.learn)
app.command(name="set", epilog="Example: `antiphon set mode=duet temperature=0.9`")(remote.set_)
app.command(epilog="Example: `antiphon get mode`")(remote.get)
app.command(epilog="Example: `antiphon do another`")(remote.do)
app.command(epilog="Example: `antiphon watch --json`")(remote.watch)
app.command(epilog=linking.EXAMPLE)(linking.link)
app.command()(scenic.scenes)
app.command(epilog="Example: `antiphon scene trade-fours`")(scenic.scene)


def main() -> None:
    """The console script."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # or a terminal that has no block characters ends us
        sys.stdout.reconfigure(errors="replace")
    try:
        app()
    except AntiphonError as error:
        print(f"antiphon: {printable_lines(str(error))}", file=sys.stderr)
        sys.exit(2 if isinstance(error, ParameterError) else 1)


@app.callback(invoke_without_command=True)
def _antiphon(
    version: Annotated[bool, typer.Option("--version", help="say which version this is")] = False,
) -> None:
    if version:
        print(f"antiphon {antiphon.__version__}")
        raise typer.Exit


@app.command(epilog="Example: `antiphon run --in keystation --out pianoteq --temperature 0.9`")
def run(
    backend: Annotated[str | None, typer.Option(metavar="|".join(BACKENDS), help="which MIDI system")] = None,
    ins: Annotated[list[str] | None, typer.Option("--in", metavar="NAME", help="part of an input's name")] = None,
    outs: Annotated[list[str] | None, typer.Option("--out", metavar="NAME", help="part of an output's name")] = None,
    zones: Zones = None,
    model: Annotated[str | None, typer.Option(metavar="NAME_OR_PATH", help="which model plays")] = None,
    mode: Mode = None,
    seed: Seed = None,
    temperature: Temperature = None,
    settings: Settings = None,
    primes: Primes = None,
    config: Config = None,
    ready_file: Annotated[Path | None, typer.Option(help="written, as JSON, once it can play")] = None,
    thru: Annotated[bool | None, typer.Option("--thru/--no-thru", help="also send on what you play")] = None,
    page: Annotated[int | None, typer.Option(metavar="PORT", min=0, max=65535, help="where the page is served")] = None,
    listen: Annotated[str | None, typer.Option(metavar="ADDRESS", help="let others come to the page")] = None,
    open_page: Annotated[bool, typer.Option("--open", help="open the page in a browser")] = False,
    no_page: Annotated[bool, typer.Option("--no-page", help="serve no page")] = False,
    takes_folder: takes.Folder = None,
    no_takes: Annotated[bool, typer.Option("--no-takes", help="keep nothing of what is played")] = False,
    take_silence: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=2, max=3600, help="so long a silence ends a take")
    ] = None,
) -> None:
    """Play live: listen on MIDI inputs, answer on MIDI outputs, until Ctrl-C.

    Without inputs and outputs it opens ports of its own, "Antiphon in" and "Antiphon out", for you to connect.
    What is not said here is as the configuration has it (`antiphon config show`).
    """
    said: dict[str, Any] = {
        "ports.backend": known(backend) if backend else None,
        "ports.inputs": tuple(ins or ()) or None,
        "ports.outputs": tuple(outs or ()) or None,
        "ports.zones": tuple(zones or ()) or None,
        "model.name": model,
        "model.prime": tuple(primes or ()) or None,
        "thru.on": thru,
        "page.port": page,
        "page.listen": listen,
        "page.on": turned_on("--no-page", no_page, {"--page": page, "--listen": listen, "--open": open_page}),
        "takes.folder": str(takes_folder) if takes_folder else None,
        "takes.keep": turned_on("--no-takes", no_takes, {"--takes": takes_folder}),
        "takes.silence": take_silence,
    }
    turned = assigned(settings) | given(mode=mode, seed=seed, temperature=temperature)
    _run(said, turned, config, ready_file, open_page)


def _run(
    said: Mapping[str, Any],
    turned: Mapping[str, Value],
    config: Path | None,
    ready_file: Path | None,
    open_page: bool,
) -> None:
    """Play live with what was `said` of settings and `turned` of parameters; what is None was not said."""
    every = {**said, **{f"{PARAMETERS}.{name}": value for name, value in turned.items()}}
    flags = {name: BY_NAME[name].checked(value) for name, value in every.items() if value is not None}
    configuration = configured(config, flags)
    wanted = ready_file or configuration["ports.inputs"] or configuration["ports.outputs"]
    auto = configuration["ports.backend"] == "auto" and "ports.backend" not in flags
    if missing := _missing() if auto and not wanted else "":
        from antiphon.cli import recorded

        assemble.settings(configuration)  # what is wrong with them is said before, not after
        _tell(missing)
        recorded.without_midi(out, configuration["model.name"], configuration.parameters, configuration["model.prime"])
        if not configuration["page.on"]:
            return
    from antiphon.cli import link

    log.begin(configuration.table("logging"))
    assemble.perform(configuration, ready_file, lambda: configured(config, flags), link.Link(_tell, open_page), missing)


def _tell(line: str) -> None:
    out.print(line, markup=False)


@app.command(epilog="Example: `antiphon panic --out pianoteq`")
def panic(
    name: Annotated[str | None, typer.Option("--out", metavar="NAME", help="part of the outputs' names")] = None,
    backend: Annotated[str | None, typer.Option(metavar="|".join(BACKENDS), help="which MIDI system")] = None,
) -> None:
    """Silence everything from outside (all keys, pedals, sound), on every MIDI output or on those that --out names."""
    try:
        system = midi_system(backend)
    except ConfigError as error:  # who hears a note hang has no time for that
        _tell(f"{error}\nthe configuration is left aside")
        system = "auto"
    ports, count = assemble.panic(system, name)
    for port in ports:
        out.print(f"silenced  {port}  ({count} messages)", markup=False)


@app.command(epilog="Example: `antiphon bench --json > today.json`")
def bench(
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="how long to measure")] = 30.0,
    model: Annotated[str, typer.Option(metavar="NAME_OR_PATH", help="which model plays")] = "default",
    as_json: AsJson = False,
) -> None:
    """Measure how punctual Antiphon is on this machine, and what it costs, against the plainest of programs.

    Through JACK ports of its own where a server runs, else in memory. Drift takes --seconds above 600.
    """
    from antiphon.bench import figures, run

    findings = run.bench(model, seconds)
    print(figures.text(findings) if as_json else figures.table(findings))


app.command(epilog=filed.REHEARSE_EXAMPLE)(filed.rehearse)
app.command(epilog=filed.GENERATE_EXAMPLE)(filed.generate)
app.command()(surveyed.ports)
app.command()(surveyed.parameters)


def _missing() -> str:
    """Why there is no MIDI here; nothing where there is."""
    try:
        assemble.playable("auto")
    except PortError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    main()
