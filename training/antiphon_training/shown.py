"""What the trainer shows people: progress bars and reports, on the terminal and nowhere else."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from antiphon_training import samples
from antiphon_training.corpus import Corpus
from antiphon_training.judge import table
from antiphon_training.sources import SPLITS

_SHOWN: Final = 5
"""Rejected files that are named before the rest is counted."""

console: Final = Console(stderr=True, highlight=False, soft_wrap=True)


def say(line: str) -> None:
    """One line for people, beside whatever a program reads."""
    console.print(Text(line))


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for something that is done a piece at a time; it is told how many are done, and of how many."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def training() -> Iterator[Callable[[float, float, float], None]]:
    """A bar for a training run; it is told the share that is done, the loss and the events a second."""
    said = TextColumn("loss {task.fields[loss]:.3f}  {task.fields[speed]:,.0f} events/s")
    columns = (TextColumn("training"), BarColumn(), TaskProgressColumn(), said, TimeRemainingColumn(compact=True))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=1.0, loss=float("nan"), speed=0.0)
        yield lambda done, loss, speed: bar.update(task, completed=min(1.0, done), loss=loss, speed=speed)


def corpus(found: Corpus, output: Path) -> None:
    """What a corpus holds, by split, and what was left out."""
    counts = [(split, len(found.only(split).pieces)) for split in SPLITS]
    dealt = ", ".join(f"{split} {count:,}" for split, count in counts)
    say(f"{output}: {len(found.pieces):,} pieces ({dealt}), {found.events():,} events")
    left_out(found.rejected)


def left_out(rejected: Sequence[tuple[str, str]]) -> None:
    """The first few files that were not used, with the reason, and how many more there are."""
    for name, why in rejected[:_SHOWN]:
        say(f"left out: {name}: {why}")
    if len(rejected) > _SHOWN:
        say(f"left out: {len(rejected) - _SHOWN:,} more")


def record(found: dict[str, Any]) -> None:  # JSON
    """A line for each time the network was judged; where there is no bar, one for every other record too."""
    if "valid" in found:
        terms = ", ".join(f"{name} {value:.3f}" for name, value in found["terms"].items())
        say(f"{found['minutes']:7.1f} min  {found['valid']:.3f} nats per event on unheard pieces ({terms})")
    elif not console.is_terminal:
        speed = found["events"] / max(1e-9, 60 * found["minutes"])
        say(f"{found['minutes']:7.1f} min  step {found['step']:,}, loss {found['loss']:.3f}, {speed:,.0f} events/s")


def scores(report: dict[str, Any]) -> str:  # JSON in
    """A report of judge as tables of text."""
    lines = list(table(report))
    if "baselines" in report:
        lines += ["", "n-grams", *list(table(report["baselines"]))[1:]]
    if "samples" in report:
        lines += ["", *samples.table(report["samples"])]
    return "\n".join(lines)
