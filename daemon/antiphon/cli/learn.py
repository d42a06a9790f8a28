"""The command `antiphon learn`: a model of your own, from what you played."""

import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from antiphon.cli.takes import Folder, kept_in

EXAMPLE: Final = "Examples: `antiphon learn`; `antiphon learn ~/midi/me --name mine`; then `antiphon run --model mine`"
_WHAT: Final = {
    "reading": "reading what you played",
    "remembering": "letting the model play, so that it forgets nothing",
    "learning": "learning",
    "choosing": "choosing how much of it to keep",
    "writing": "writing and checking the model",
}
_MINUTES: Final = 8
err = Console(stderr=True, highlight=False, soft_wrap=True)


def learn(
    takes: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TAKES...|FOLDER]", help="takes, files, folders; none: all takes"),
    ] = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="what the model will be called")] = "mine",
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    folder: Folder = None,
) -> None:
    """Learn from what you played: a model that knows your ways, and has not forgotten how to play.

    Takes some eight minutes on two cores. A part of your playing is held back, to say what it was worth; a model that
    got worse is not installed.
    """
    from antiphon import learning

    learning.ready()
    files = learning.found(takes or (), kept_in(folder))
    count = "one file" if len(files) == 1 else f"{len(files)} files"
    err.print(f"{count} to learn from; this takes about {_MINUTES} minutes", markup=False)
    with _shown() as told:
        report = learning.learn(files, name, told)
    print(json.dumps(report, indent=2) if as_json else "\n".join(words(report)))


def words(report: Mapping[str, Any]) -> Iterator[str]:  # JSON in
    """What was learned, for people."""
    (before, after), kept = _scores(report, "yours"), _scores(report, "kept")
    minutes, files = report["seconds"] / 60, report["pieces"]
    yield f"Learned from {minutes:.0f} minutes of yours in {files} files, in {report['minutes']:.1f} minutes."
    yield (
        f"It expects what you play better: in music of yours that it had not heard, what came next was "
        f"{math.exp(before - after):.2f} times as likely to it as before, event by event "
        f"({before:.3f} nats per event, now {after:.3f})."
    )
    yield f"What it could before it still can ({kept[0]:.3f} nats per event on its own old playing, now {kept[1]:.3f})."
    yield f"The picture: {report['picture']}"
    yield f"Play with it: antiphon run --model {report['model']}"


def _scores(report: Mapping[str, Any], which: str) -> tuple[float, float]:
    return report[which]["before"]["nats_per_event"], report[which]["after"]["nats_per_event"]


@contextmanager
def _shown() -> Iterator[Callable[[str, float], None]]:
    """A bar with an estimate of the time on a terminal; elsewhere a line now and then."""
    if not err.is_terminal:
        yield Lines().told
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=err, transient=True) as bar:
        task = bar.add_task("starting", total=1.0)
        yield lambda what, done: bar.update(task, completed=done, description=_WHAT.get(what, what))


class Lines:
    """Says a line for each tenth that is behind, and for each new kind of work."""

    def __init__(self) -> None:
        self._began, self._said = time.monotonic(), ("", -1)

    def told(self, what: str, done: float) -> None:
        if (said := (what, int(10 * done))) == self._said:
            return
        self._said = said
        passed = time.monotonic() - self._began
        left = f", about {passed * (1 - done) / done / 60:.1f} minutes left" if done > 0.05 else ""
        print(f"antiphon: {_WHAT.get(what, what)}: {done:.0%}{left}", file=sys.stderr)
