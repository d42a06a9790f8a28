"""The commands of `antiphon config`: write the file, judge it, show what holds, change it."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Annotated, Final

import typer

from antiphon.config.edit import put
from antiphon.config.file import SCENES, read
from antiphon.config.layers import configured, place
from antiphon.config.options import EVERY, VERSION
from antiphon.config.text import split, toml, written
from antiphon.core.shown import printable_lines
from antiphon.doctor.run import playable
from antiphon.errors import AntiphonError, ConfigError

_EDITORS: Final = ("sensible-editor", "nano", "vi")

Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="another file than the usual one")]

app = typer.Typer(help="The configuration file: write it, judge it, show what holds, change it.", no_args_is_help=True)


@app.command()
def init(config: Config = None) -> None:
    """Write a configuration with everything in it and nothing set; bring one of an older version up to date."""
    path = config or place()
    if not path.exists():
        put(path, written({}))
        print(f"{path}: written. Change it with `antiphon config edit`")
        return
    found = read(path)
    if found.version == VERSION:
        print(f"{path}: is there already, and up to date")
        return
    kept = path.with_name(f"{path.name}.{found.version}")
    try:
        shutil.copy2(path, kept)
    except OSError as error:
        raise ConfigError(f"{kept}: cannot be written ({error.strerror})") from error
    put(path, written(found.settings, found.scenes))
    print(f"{path}: brought from version {found.version} to {VERSION}; as it was: {kept}")


@app.command()
def check(config: Config = None) -> None:
    """Say whether all is well, or everything that is wrong, with file and line."""
    path = config or place()
    playable(configured(config))
    if not path.exists():
        print(f"{path}: not there, so all is as it comes; `antiphon config init` writes it")
        return
    found = read(path)
    older = f"; of version {found.version}, `antiphon config init` brings it to {VERSION}" * (found.version < VERSION)
    print(f"{path}: all is well, {len(found.settings)} set{older}")


@app.command()
def show(
    config: Config = None,
    changed: Annotated[bool, typer.Option("--changed", help="only what is not as it comes")] = False,
) -> None:
    """Show every setting and scene as it holds, and where it comes from: the file, the environment, or as it comes."""
    configuration = configured(config)
    for option in EVERY:
        source = configuration.source(option.name)
        if not changed or source != "default":
            print(f"{option.name} = {toml(configuration[option.name])}  # {source}")
    for name, entries in configuration.declared.items():
        for key, value in entries.items():
            print(f"scenes.{toml(name)}.{key} = {toml(split(key, value))}  # {configuration.source(SCENES)}")


@app.command()
def edit(config: Config = None) -> None:
    """Open the file in your editor ($VISUAL, $EDITOR); what is wrong afterwards is said, and can be put right."""
    path = config or place()
    if not path.exists():
        put(path, written({}))
    command = _editor()
    while True:
        done = subprocess.run([*command, str(path)], check=False)
        if done.returncode:
            raise ConfigError(f"{shlex.join(command)} ended with status {done.returncode}; {path} is as it left it")
        try:
            playable(configured(config))
        except AntiphonError as error:
            print(printable_lines(str(error)))
            if not typer.confirm("Edit again?", default=True):
                raise
        else:
            print(
                f"{path}: all is well. `antiphon service reload` has an Antiphon that runs take up what can be changed"
            )
            print("while it plays, and say what waits until it is started again: scenes, controls, the page, models")
            return


def _editor() -> list[str]:
    chosen = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    command = shlex.split(chosen) if chosen else [name for name in _EDITORS if shutil.which(name)][:1]
    if not command or not shutil.which(command[0]):
        raise ConfigError(f"no editor {chosen or 'here'}; say which in the environment variable EDITOR")
    return command
