"""Figures and what is asked of them. Knows numbers, and not where they come from."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

_NONE: Final = "n/a"


@dataclass(frozen=True, slots=True)
class Spread:
    """How something that was measured often is spread: its median, the value 99 % stay below, and the worst."""

    p50: float
    p99: float
    max: float

    def times(self, factor: float) -> "Spread":
        """In another unit."""
        return Spread(self.p50 * factor, self.p99 * factor, self.max * factor)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    spread     None where it could not be measured; `why` says why
    required   p99 must not be above it; None where nothing is asked
    aim        what it should be
    """

    name: str
    unit: str
    spread: Spread | None
    required: float | None = None
    aim: float | None = None
    why: str = ""

    @property
    def verdict(self) -> str:
        """ok, good (the aim is reached too), short, n/a, or nothing where nothing is asked."""
        if self.spread is None:
            return _NONE
        if self.required is None:
            return ""
        if self.spread.p99 > self.required:
            return "short"
        return "good" if self.aim is not None and self.spread.p99 <= self.aim else "ok"


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was measured in one run.

    through    by which way the messages went
    baseline   what they were compared with
    granted    what the system granted to the stage
    """

    through: str
    baseline: str
    granted: str
    figures: tuple[Figure, ...]

    def json(self) -> dict[str, Any]:  # JSON
        """For programs: every figure with its verdict, numbers in the figure's unit."""
        rows = [{**asdict(figure), "verdict": figure.verdict} for figure in self.figures]
        return {"through": self.through, "baseline": self.baseline, "granted": self.granted, "figures": rows}


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that at least this share of them does not exceed ("nearest rank")."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]


def spread(values: Sequence[float]) -> Spread:
    """The spread of one run. Raises ValueError when there is nothing to be spread."""
    if not values:
        raise ValueError("nothing was measured")
    return Spread(quantile(values, 0.5), quantile(values, 0.99), max(values))


def best(runs: Iterable[Sequence[float]]) -> Spread | None:
    """The run with the lowest p99: what the machine can do when nothing else disturbs it. None without any run."""
    spreads = [spread(run) for run in runs if run]
    return min(spreads, key=lambda one: one.p99, default=None)


def single(value: float) -> Spread:
    """What was measured once."""
    return Spread(value, value, value)


def table(findings: Findings) -> str:
    """The findings for people."""
    rows: list[tuple[str, ...]] = [("", "p50", "p99", "max", "required", "aim", "")]
    rows += [_row(figure) for figure in findings.figures]
    widths = [max(len(row[column]) for row in rows) for column in range(7)]
    lines = [
        "  ".join(_placed(cell, width, at) for at, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]
    head = f"Through {findings.through}; compared with {findings.baseline}; granted: {findings.granted}."
    return "\n".join([head, "", *(line.rstrip() for line in lines)])


def text(findings: Findings) -> str:
    """The findings for programs, as text."""
    return json.dumps(findings.json(), indent=2)


def _row(figure: Figure) -> tuple[str, ...]:
    shown = figure.spread
    name = f"{figure.name} ({figure.unit})"
    if shown is None:
        return (name, _NONE, "", "", _number(figure.required), _number(figure.aim), figure.why)
    middle = ("", "") if shown.p50 == shown.max else (_number(shown.p99), _number(shown.max))
    return (name, _number(shown.p50), *middle, _number(figure.required), _number(figure.aim), figure.verdict)


def _placed(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column in (0, 6) else cell.rjust(width)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
