"""What the trainer shows people: progress bars and reports, on the terminal and nowhere else."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from antiphon_training import samples
from antiphon_training.corpus import Corpus
from antiphon_training.judge import table
from antiphon_training.sources import SPLITS

_SHOWN: Final = 8
"""Reasons that are told before the rest is counted."""
_NAMED: Final = 3
"""Files that are named for each of them."""
_SAME: Final = "the same notes as "
_ANOTHER: Final = f"{_SAME}another"

Training: TypeAlias = Callable[[str, float, float, float], None]

console: Final = Console(stderr=True, highlight=False, soft_wrap=True)


def only(first: bool) -> None:
    """Of several processes only the first speaks."""
    console.quiet = not first


def say(line: str) -> None:
    """One line for people, beside whatever a program reads."""
    console.print(Text(line))


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for something that is done a piece at a time; it is told how many are done, and of how many."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=console.quiet or not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def training() -> Iterator[Training]:
    """A bar for a training run; it is told what is being done, the share that is done, the loss and the events a
    second."""
    said, what = TextColumn("{task.fields[said]}"), TextColumn("{task.description:8}")
    columns = (what, BarColumn(), TaskProgressColumn(), said, TimeRemainingColumn(compact=True))
    with Progress(*columns, console=console, transient=True, disable=console.quiet or not console.is_terminal) as bar:
        task = bar.add_task("training", total=1.0, said="")
        yield lambda what, done, loss, speed: bar.update(
            task, completed=min(1.0, done), description=what, said=f"loss {loss:.3f}  {speed:,.0f} events/s"
        )


@contextmanager
def working() -> Iterator[Callable[[str, float], None]]:
    """A bar for work of several kinds; it is told what is being done, and the share of all that is behind."""
    columns = (
        TextColumn("{task.description:12}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, transient=True, disable=console.quiet or not console.is_terminal) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda what, done: bar.update(task, completed=min(1.0, done), description=what)


def corpus(found: Corpus, output: Path) -> None:
    """What a corpus holds, by split, and what was left out."""
    counts = [(split, len(found.only(split).pieces)) for split in SPLITS]
    dealt = ", ".join(f"{split} {count:,}" for split, count in counts)
    say(f"{output}: {len(found.pieces):,} pieces ({dealt}), {found.events():,} events")
    left_out(found.rejected)


def left_out(rejected: Sequence[tuple[str, str]]) -> None:
    """What was not used, the commonest reason first: a file by its name, several by their number and a few names."""
    reasons = dict[str, list[str]]()
    for name, why in rejected:
        reasons.setdefault(_ANOTHER if why.startswith(_SAME) else why, []).append(name)
    ranked = sorted(reasons.items(), key=lambda found: -len(found[1]))
    for why, names in ranked[:_SHOWN]:
        if len(names) == 1:
            say(f"left out: {names[0]}: {dict(rejected)[names[0]] if why == _ANOTHER else why}")
            continue
        more = ", ..." if len(names) > _NAMED else ""
        say(f"left out: {len(names):,} files: {why} ({', '.join(names[:_NAMED])}{more})")
    if rest := sum(len(names) for _, names in ranked[_SHOWN:]):
        say(f"left out: {rest:,} more, for {len(ranked) - _SHOWN:,} other reasons")


def record(found: dict[str, Any]) -> None:  # JSON
    """A line for each time the network was judged; where there is no bar, one for every other record too."""
    if "valid" in found:
        terms = ", ".join(f"{name} {value:.3f}" for name, value in found["terms"].items())
        pieces = "the pieces that it hears" if found.get("heard") else "unheard pieces"
        say(f"{found['minutes']:7.1f} min  {found['valid']:.3f} nats per event on {pieces} ({terms})")
    elif "stopped" in found:
        say(f"{found['minutes']:7.1f} min  stopped early: {found['stopped']}")
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
