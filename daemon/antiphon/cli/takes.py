"""The commands about what was kept: list, show, play on, delete; and replay."""

import sys
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from antiphon import assemble
from antiphon.cli import roll
from antiphon.config.layers import configured
from antiphon.config.options import BACKENDS, BY_NAME
from antiphon.core.parameters import assigned
from antiphon.core.shown import printable
from antiphon.errors import TakeError
from antiphon.music.events import Kind
from antiphon.takes import store

REPLAY_EXAMPLE: Final = "Example: `antiphon replay last --change temperature=0.7 --output otherwise.mid`"
_OTHERWISE: Final = 3
"""The exit status of a replay that is not the same."""
app = typer.Typer(help="What you played together, kept as .mid files.", no_args_is_help=True)
out = Console(highlight=False, soft_wrap=True)
Take = Annotated[str, typer.Argument(metavar="TAKE", help="a listed name, its beginning, `last`, or a path")]
Folder = Annotated[Path | None, typer.Option("--takes", metavar="FOLDER", help="where takes are kept")]


def kept_in(folder: Path | None) -> Path:
    """Where takes are looked for: in the folder that was said, else where `run` keeps them. Raises ConfigError."""
    return folder.expanduser() if folder else Path(str(assemble.kept(configured())["folder"]))


def _found(folder: Path | None, take: str) -> Path:
    """The file of a take, by its name or its path; where that leads to it, it needs no configuration."""
    given = Path(take).expanduser()
    return given if given.name != take and given.is_file() else store.find(kept_in(folder), take)


@app.command(name="list")
def list_(folder: Folder = None) -> None:
    """List the takes, the oldest first."""
    where = kept_in(folder)
    takes = store.listed(where)
    for take in takes:
        out.print(f"{take.name}  {take.bytes / 1000:8.0f} kB", markup=False)
    if not takes:
        out.print(f"no takes in {where} yet", markup=False)


@app.command()
def show(
    take: Take,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE.png|.svg", help="draw it into this file, not in the terminal")
    ] = None,
    folder: Folder = None,
) -> None:
    """Draw a take as a piano roll with what happened in it: in the terminal, or into a file."""
    from antiphon.music import midifile
    from antiphon.takes import takefile

    path = _found(folder, take)
    found = takefile.opened(path)
    if picture:
        from antiphon.engraving import exports

        return _written(exports.draw(found, path.stem, picture))
    parts = {takefile.PLAYER: midifile.events(found.player), takefile.OURS: midifile.events(found.ours)}
    out.print(roll.draw(parts, min(out.width, 160)))
    for mark in found.marks:
        out.print(f"{mark.time:8.2f} s  {mark.text}", markup=False)


@app.command(epilog="Example: `antiphon takes export last --output sheet.pdf`")
def export(
    take: Take,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="X.mid, .musicxml, .svg or .pdf (sheet), or .wav")
    ],
    folder: Folder = None,
) -> None:
    """Write a take as a plain .mid, as sheet music (.musicxml, .svg, .pdf), or as sound (.wav)."""
    from antiphon.engraving import exports
    from antiphon.takes import takefile

    path = _found(folder, take)
    _written(exports.export(takefile.opened(path), path.stem, output))


def _written(paths: list[Path]) -> None:
    for path in paths:
        out.print(f"{path}: {path.stat().st_size / 1000:,.0f} kB", markup=False)


@app.command(epilog="Example: `antiphon takes play last --out pianoteq`")
def play(
    take: Take,
    name: Annotated[str | None, typer.Option("--out", metavar="NAME", help="part of an output's name")] = None,
    backend: Annotated[str | None, typer.Option(metavar="|".join(BACKENDS), help="which MIDI system")] = None,
    folder: Folder = None,
) -> None:
    """Play a take to a MIDI output, in time, until it is over or Ctrl-C. Nothing is left sounding.

    Without --out it goes where the configuration has the daemon play (ports.outputs), or to the only output there is.
    """
    from antiphon import playback
    from antiphon.takes import takefile

    found = takefile.opened(_found(folder, take))
    configuration = configured(None, {"ports.backend": BY_NAME["ports.backend"].checked(backend)} if backend else {})
    outputs = configuration["ports.outputs"]
    wanted = name if name is not None else outputs[0] if outputs else None
    playback.play(found, configuration["ports.backend"], wanted, _tell)


def _tell(port: str) -> None:
    out.print(f"playing to {port}", markup=False)


@app.command()
def delete(
    takes: Annotated[list[str], typer.Argument(metavar="TAKE...", help="listed names")], folder: Folder = None
) -> None:
    """Throw takes away."""
    where = kept_in(folder)
    names = {take.name: take.path for take in store.listed(where)}
    unknown = [name for name in takes if name not in names]
    if unknown:
        raise TakeError(f"no take named {unknown[0]!r} in {where}; give whole names, see `antiphon takes list`")
    for name in takes:
        names[name].unlink()


def replay(
    take: Take,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="OUT.mid", help="the file to write")] = None,
    change: Annotated[
        list[str] | None, typer.Option("--change", metavar="NAME=VALUE", help="as if this had been; repeatable")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME_OR_PATH", help="instead of all of the take's")
    ] = None,
    folder: Folder = None,
) -> None:
    """Play a take again on a fresh run of its model, and say whether that gives the same, byte for byte.

    With --change or --model it shows what would have been played otherwise on the same playing. The exit status is 3
    where a fresh run does not give the same.
    """
    from antiphon.takes import replaying, takefile

    path = _found(folder, take)
    calls = takefile.read(path)
    mind = replaying.model_of(calls, model)
    if change or model:
        tape, same = replaying.otherwise(calls, mind, assigned(change), bool(model)), True
        said = _compared(calls, tape)
    else:
        tape, said, same = _again(path, replaying.again(calls, mind))
    out.print(f"{path}: {said}", markup=False)
    if output:
        try:
            takefile.write(output, tape)
        except OSError as error:
            raise TakeError(f"{output}: cannot write here ({error.strerror}); choose another --output") from error
    if not same:
        raise typer.Exit(_OTHERWISE)


def _compared(calls: Any, tape: Any) -> str:  # as above
    """What changed, in words and as two rolls of what is ours."""
    from antiphon.music import midifile
    from antiphon.takes.performed import performed

    before, after = performed(calls), performed(tape)
    if before is None or after is None:
        return "played otherwise"
    ours = {name: midifile.events(each.ours) for name, each in (("as it was", before), ("otherwise", after))}
    out.print(roll.draw(ours, min(out.width, 160)))
    counts = [sum(event.kind is Kind.NOTE_ON for event in events) for events in ours.values()]
    pairs = zip_longest(before.ours, after.ours)
    differs = next((min(each.time for each in pair if each) for pair in pairs if pair[0] != pair[1]), None)
    where = "the same all the way" if differs is None else f"it differs from {differs:.2f} s on"
    return f"ours had {counts[0]} notes, and has {counts[1]} otherwise; {where}"


def _again(path: Path, replayed: Any) -> tuple[Any, str, bool]:  # replaying is imported by the command alone
    from antiphon.takes.performed import performed

    if replayed.why:
        said = f"not run again to its end, what was recorded plays: {printable(replayed.why)}"
        return replayed.calls, said, False
    if replayed.departs_at is None:
        return replayed.calls, "the same again, byte for byte", True
    found = performed(replayed.calls)
    at = replayed.departs_at - (found.began_at if found else 0.0)
    print(f"antiphon: {path}: a fresh run departs at {at:.3f} s; what was recorded plays", file=sys.stderr)
    return replayed.calls, f"departs at {at:.3f} s", False
