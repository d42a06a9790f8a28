"""Who takes their turn better: the model's expectation of the silence, or a stopwatch.

In the piece as it was played, each turn taken before the next note is an interruption. Where the piece was cut, the
time until the turn is taken is a delay. Either rule has one number; the curve over it is what counts.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from antiphon.errors import CorpusError
from antiphon_training.silences import Piece, Silence

PATIENCE: Final = tuple(float(each) for each in np.round(np.geomspace(0.05, 10.0, 20), 3))
PAUSES_S: Final = tuple(float(each) for each in np.round(np.geomspace(0.2, 4.0, 20), 3))
DELAYS_S: Final = (0.5, 0.75, 1.0, 1.5, 2.0)
_DRAWS: Final = 1000

Rule: TypeAlias = Callable[[Silence], float]
"""Seconds after a silence began at which the turn is taken, if it lasts so long; inf where it ends before."""


class Tally(NamedTuple):
    """What a rule with one value of its number did, by piece: interruptions, delays (their sum) and cuts."""

    value: float
    interruptions: NDArray[np.float64]
    delays: NDArray[np.float64]
    cuts: NDArray[np.float64]


def expecting(patience: float) -> Rule:
    """As the Session with turn=model."""

    def taken(silence: Silence) -> float:
        for number, breath in enumerate(silence.breaths):
            later = silence.breaths[number + 1 :]
            until = later[0].at - breath.since if later else silence.gap
            if (moment := breath.ends(patience) - breath.since) < until:
                return moment
        return float("inf")

    return taken


def pausing(pause: float) -> Rule:
    """As the Session with turn=pause."""
    return lambda silence: pause if pause < silence.gap else float("inf")


def judged(pieces: Sequence[Piece], seed: int = 1) -> dict[str, Any]:  # JSON
    """Both rules over their number: "pieces", "minutes", "cuts", "silences"; "curves" {rule: [{"value", "delay_s",
    "per_minute"}]}; "at" [{"delay_s", "model", "pause", "ratio", each a mean and a 95 % interval over pieces, and the
    "patience" and "pause_s" that give that delay}]; a ratio is None where the stopwatch never interrupts. Raises
    CorpusError where there is no silence to cut in."""
    if not any(piece.cuts for piece in pieces):
        raise CorpusError("no piece in which all keys are ever up before another note; give other music")
    minutes = np.array([piece.minutes for piece in pieces])
    rules = {
        "model": [_tally(pieces, value, expecting(value)) for value in PATIENCE],
        "pause": [_tally(pieces, value, pausing(value)) for value in PAUSES_S],
    }
    whole = np.ones(len(pieces))
    rng = np.random.default_rng(seed)
    drawn = [rng.multinomial(len(pieces), whole / len(pieces)).astype(float) for _ in range(_DRAWS)]
    return {
        "pieces": len(pieces),
        "minutes": round(float(minutes.sum()), 1),
        "silences": sum(len(piece.gaps) for piece in pieces),
        "cuts": sum(len(piece.cuts) for piece in pieces),
        "curves": {
            name: [
                {"value": t.value, "delay_s": round(d, 3), "per_minute": round(i, 4)}
                for t, (d, i) in zip(tallies, _points(tallies, minutes, whole), strict=True)
            ]
            for name, tallies in rules.items()
        },
        "at": [_at(rules, minutes, delay, drawn) for delay in DELAYS_S],
    }


def table(report: dict[str, Any]) -> Iterator[str]:  # JSON in
    """A report as lines of text."""
    yield (
        f"{report['pieces']} pieces, {report['minutes']:.0f} minutes, {report['silences']:,} silences, "
        f"{report['cuts']:,} cuts; interruptions a minute (95 % over pieces)"
    )
    yield f"{'mean delay':>10}  {'model':>22}  {'pause':>22}  {'model / pause':>22}  patience"
    for row in report["at"]:
        found = [row[name] for name in ("model", "pause", "ratio")]
        said = ["{:.3f} ({:.3f} to {:.3f})".format(*each) if each else "none to compare" for each in found]
        cells = "  ".join(f"{each:>22}" for each in said)
        yield f"{row['delay_s']:>8.2f} s  {cells}  {row['patience']:.2f}"


def _tally(pieces: Sequence[Piece], value: float, rule: Rule) -> Tally:
    interruptions = [sum(np.isfinite(rule(silence)) for silence in piece.gaps) for piece in pieces]
    delays = [sum(rule(silence) for silence in piece.cuts) for piece in pieces]
    cuts = [len(piece.cuts) for piece in pieces]
    return Tally(value, *(np.array(each, float) for each in (interruptions, delays, cuts)))


def _points(
    tallies: Sequence[Tally], minutes: NDArray[np.float64], weight: NDArray[np.float64]
) -> list[tuple[float, float]]:
    """Mean delay and interruptions a minute for each value, each piece counted as often as its weight."""
    cuts = max(1.0, float(weight @ tallies[0].cuts))
    return [
        (float(weight @ t.delays) / cuts, float(weight @ t.interruptions) / max(1e-9, float(weight @ minutes)))
        for t in tallies
    ]


def _at(
    rules: dict[str, list[Tally]], minutes: NDArray[np.float64], delay: float, drawn: Sequence[NDArray[np.float64]]
) -> dict[str, Any]:  # JSON
    def both(weight: NDArray[np.float64]) -> tuple[float, float, float]:
        model, pause = (_between(_points(rules[name], minutes, weight), delay) for name in ("model", "pause"))
        return model, pause, model / pause if pause else float("nan")

    whole = both(np.ones(len(minutes)))
    resampled = np.array([both(weight) for weight in drawn])
    row: dict[str, Any] = {"delay_s": delay}  # JSON
    for n, name in enumerate(("model", "pause", "ratio")):
        known = resampled[np.isfinite(resampled[:, n]), n]
        spread = np.percentile(known, (2.5, 97.5)) if len(known) and np.isfinite(whole[n]) else None
        row[name] = None if spread is None else [round(float(each), 4) for each in (whole[n], *spread)]
    delays = [d for d, _ in _points(rules["model"], minutes, np.ones(len(minutes)))]
    row["patience"] = round(float(np.exp(np.interp(delay, delays, np.log(PATIENCE)))), 3)
    row["pause_s"] = delay
    return row


def _between(points: Sequence[tuple[float, float]], delay: float) -> float:
    """Interruptions a minute at a mean delay, between the two nearest values of the rule's number."""
    return float(np.interp(delay, *np.array(sorted(points)).T))
