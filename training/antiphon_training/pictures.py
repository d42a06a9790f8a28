"""What a run looks like: the piano roll of a sample, the curve of the loss, the network. Each is a PNG.

Drawn with matplotlib's own canvas, never on a screen.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from numpy.typing import NDArray

from antiphon.music.events import Event, Kind
from antiphon.music.vocabulary import KEYS, TIME_BINS, TOKENS, VELOCITIES, VOICES
from antiphon_training.settings import Sizes

_GIVEN, _PLAYED, _PEDAL = "#4c78a8", "#e45756", "#bbbbbb"
_DPI: Final = 110


def png(figure: Figure) -> bytes:
    """A figure as the content of a .png file."""
    packed = io.BytesIO()
    FigureCanvasAgg(figure).print_png(packed)  # type: ignore[no-untyped-call]  # matplotlib's own
    return packed.getvalue()


def pixels(figure: Figure) -> NDArray[np.uint8]:
    """A figure as (height, width, 3)."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]  # as above
    rgba = canvas.buffer_rgba()  # type: ignore[no-untyped-call]  # as above
    return np.asarray(rgba)[..., :3].copy()


def piano_roll(prime: Sequence[Event], played: Sequence[Event], title: str) -> Figure:
    """Two stretches of music one after the other: pitch over time, louder notes darker, pedal below."""
    figure = Figure((11, 4), dpi=_DPI, layout="constrained")
    axes = figure.add_subplot()
    low, high = _draw_notes(axes, [*prime, *played], len(prime))
    if prime and played:
        axes.axvline(played[0].time, color="black", linewidth=0.8, linestyle=":")
    axes.set(title=title, xlabel="seconds", ylabel="pitch", ylim=(low - 4, high + 2))
    axes.set_yticks(range(12 * (low // 12), high + 2, 12))
    return figure


def _draw_notes(axes: Axes, events: Sequence[Event], given: int) -> tuple[int, int]:
    """Draw every note where it sounds; returns the lowest and the highest pitch."""
    begun = dict[tuple[Kind, int], list[tuple[Event, str]]]()
    pitches = [event.pitch for event in events if event.kind is Kind.NOTE_ON] or [60]
    low, high = min(pitches), max(pitches)
    for number, event in enumerate(events):
        kind = Kind.PEDAL if event.kind is Kind.PEDAL else Kind.NOTE_ON
        waiting = begun.setdefault((kind, event.pitch), [])
        if event.starts:
            waiting.append((event, _GIVEN if number < given else _PLAYED))
        elif waiting:
            start, colour = waiting.pop(0)
            pedal = kind is Kind.PEDAL
            strength = 1.0 if pedal else 0.25 + 0.75 * start.velocity / 127
            place = low - 3 if pedal else start.pitch
            span = [(start.time, max(0.02, event.time - start.time))]
            axes.broken_barh(span, (place - 0.4, 0.8), color=_PEDAL if pedal else colour, alpha=strength)
    return low, high


def loss_curve(records: Sequence[Mapping[str, Any]]) -> Figure:  # JSON
    """The loss while learning and on unheard pieces over the events heard, and below it the learning rate."""
    figure = Figure((9, 6), dpi=_DPI, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    learned = [r for r in records if "loss" in r]
    judged = [r for r in records if "valid" in r]
    above.plot(_millions(learned), [r["loss"] for r in learned], color="#9ecae9", label="while learning")
    pieces = "pieces that it hears" if any(r.get("heard") for r in judged) else "unheard pieces"
    above.plot(_millions(judged), [r["valid"] for r in judged], "o-", color=_GIVEN, label=f"{pieces} (no pedal)")
    for term in judged[0]["terms"] if judged else ():
        above.plot(_millions(judged), [r["terms"][term] for r in judged], "--", linewidth=0.9, label=f"of that: {term}")
    if judged:
        best = min(judged, key=lambda r: r["valid"])
        above.annotate(f"{best['valid']:.3f}", (best["events"] / 1e6, best["valid"]), xytext=(0, 8), ha="center",
                       textcoords="offset points")  # fmt: skip
    below.plot(_millions(learned), [r["rate"] for r in learned], color="#888888")
    above.set(ylabel="nats per event", title="How well the network expects what comes")
    below.set(ylabel="rate", xlabel="million events heard")
    above.margins(y=0.1)
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def _millions(records: Sequence[Mapping[str, Any]]) -> list[float]:  # JSON
    return [record["events"] / 1e6 for record in records]


def turns(report: Mapping[str, Any]) -> Figure:  # JSON
    """Interruptions a minute over the mean delay: a report of turning.judged."""
    figure = Figure((8, 5), dpi=_DPI, layout="constrained")
    axes = figure.add_subplot()
    named = {"pause": ("o-", _GIVEN, "a fixed pause"), "model": ("o-", _PLAYED, "what the model expects")}
    for name, (style, colour, label) in named.items():
        curve = report["curves"][name]
        axes.plot([p["delay_s"] for p in curve], [p["per_minute"] for p in curve], style, color=colour, label=label)
    for row in report["at"]:
        for name, (_, colour, _) in named.items():
            axes.vlines(row["delay_s"], *row[name][1:], color=colour, linewidth=5, alpha=0.3)
    axes.set(xlabel="mean delay after a true end (s)", ylabel="interruptions a minute", xlim=(0, 3.2), yscale="log")
    axes.set_title(f"Taking turns: {report['pieces']} pieces, {report['cuts']:,} ends; bars: 95 % over pieces")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def learned(report: Mapping[str, Any]) -> Figure:  # JSON
    """Before and after learning from a player, on what was held back: their music, and the model's own of before."""
    figure = Figure((8, 3.2), dpi=_DPI, layout="constrained")
    named = {"yours": "your music, not heard before", "kept": "what it played before"}
    for axes, (name, title) in zip(figure.subplots(1, 2), named.items(), strict=True):
        rows = [("all", *(report[name][when]["nats_per_event"] for when in ("before", "after")))]
        rows += [
            (t, before, report[name]["after"]["terms"][t]) for t, before in report[name]["before"]["terms"].items()
        ]
        for place, (_, before, later) in enumerate(rows):
            axes.barh(place - 0.2, before, 0.36, color="#bbbbbb", label="before" if not place else None)
            axes.barh(place + 0.2, later, 0.36, color=_PLAYED, label="after" if not place else None)
            axes.text(max(before, later), place, f"  {later - before:+.2f}", va="center", fontsize=9)
        axes.set(
            title=title, xlabel="nats per event (less is better)", xlim=(0, 1.25 * max(map(max, (r[1:] for r in rows))))
        )
        axes.set_yticks(range(len(rows)), [row[0] for row in rows])
        axes.invert_yaxis()
    figure.axes[0].legend(loc="lower right", fontsize=8)
    return figure


def network(sizes: Sizes, weights: int) -> Figure:
    """The network from what it hears (below) to what it chooses (above), with the sizes of all it is made of."""
    s, wide = sizes, sizes.time + sizes.token + sizes.velocity + sizes.voice + sizes.keys
    figure = Figure((10, 8), dpi=_DPI, layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlim=(0, 10), ylim=(0, 8.4), title=f"{weights:,} weights, dropout {s.dropout:g}")
    axes.axis("off")
    heard = [f"time since\n{TIME_BINS} bins", f"kind + pitch\n{TOKENS + 1}", f"velocity\n{VELOCITIES}",
             f"voice\n{VOICES}", f"ages of all keys\n{VOICES} x {KEYS}"]  # fmt: skip
    inner = [f"embedding {s.time}", f"embedding {s.token}", f"embedding {s.velocity}", f"embedding {s.voice}",
             f"linear, tanh {s.keys}"]  # fmt: skip
    for column, (what, how) in enumerate(zip(heard, inner, strict=True)):
        _box(axes, 1 + 2 * column, 0.5, what, "#d7e3f1")
        _box(axes, 1 + 2 * column, 1.6, how, "#eeeeee")
        _arrow(axes, (1 + 2 * column, 0.85), (1 + 2 * column, 1.25))
        _arrow(axes, (1 + 2 * column, 1.95), (5, 2.65))
    for layer in range(min(s.layers, 3)):
        more = f" (and {s.layers - 3} more)" if layer == 2 and s.layers > 3 else ""
        source = wide if layer == 0 else s.width
        _box(axes, 5, 3.0 + 0.8 * layer, f"LSTM layer {layer + 1}{more}: {source} to {s.width} cells", "#fde2c4", 6.0)
    top = 3.0 + 0.8 * min(s.layers, 3)
    _box(axes, 5, top, f"linear: {s.width} to 4 x {s.head}", "#eeeeee", 6.0)
    chosen = [f"when\n{TIME_BINS} bins", f"who\n{VOICES}", f"what\n{TOKENS}", f"how hard\n{VELOCITIES}"]
    for column, what in enumerate(chosen):
        at = 1.4 + 2.4 * column
        _arrow(axes, (5, top + 0.35), (at, 6.6))
        _box(axes, at, 7.0, what, "#dcefdc")
        if column:
            _arrow(axes, (at - 1.6, 7.0), (at - 0.8, 7.0))
    axes.text(5, 7.8, "each choice is given those before it; what is played also the keys as they will be then",
              ha="center", fontsize=9)  # fmt: skip
    return figure


def _box(axes: Axes, x: float, y: float, text: str, colour: str, width: float = 1.6) -> None:
    box = FancyBboxPatch(
        (x - width / 2, y - 0.32), width, 0.64, boxstyle="round,pad=0.02", facecolor=colour, edgecolor="#555555"
    )
    axes.add_patch(box)
    axes.text(x, y, text, ha="center", va="center", fontsize=9)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": "#777777"})
