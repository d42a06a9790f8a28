"""The whole bench, from an empty folder to findings. Reads like a score."""

import contextlib
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from antiphon.bench import cost, limits, steps
from antiphon.bench.ear import BASE, EAR, Plain, Sender, Way, jack_runs, way
from antiphon.bench.figures import Figure, Findings, Spread, best, single
from antiphon.bench.limits import Limit
from antiphon.bench.rounds import Ends, Passages, Rounds
from antiphon.bench.running import Running, accompanying, ordinary, telling
from antiphon.core.parameters import Parameters
from antiphon.mind import onnx_model

SECONDS: Final = 30.0
"""How long it measures unless told otherwise; starting and stopping come on top."""
DRIFT_S: Final = 600.0
ROUNDS: Final = 3
_STARTS: Final = 3
_REST_S: Final = 3.0
"""After this long without a message Antiphon takes it that no one is playing."""
_JACK_MEMORY: Final = "/dev/shm/jack"
"""What a JACK server shares with its clients counts for them in part, and is large."""
_BARE: Final = "the bare client"
_OURS: Final = "the stage without JACK's threads"
_LOADED: Final = ", page and model busy"


def bench(model: str = "default", seconds: float = SECONDS) -> Findings:
    """Measure for about so many seconds. Raises AntiphonError where Antiphon cannot play here at all."""
    unit = min(seconds, 60.0) / SECONDS
    figures = _model(model, unit)
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as folder:
        by = way(jack_runs(), Path(folder))
        with _ends(by) as ends:
            figures += _ordinary(by, ends, model, unit)
            with telling(by, model) as running:
                granted = str(running.report["granted"])
                figures += _timing(running, Rounds(by, ends), unit)
                figures.append(_drift(Rounds(by, ends), seconds))
            with telling(by, model, thru=True) as running:
                figures += _thru(by, running, Rounds(by, ends), _period_ms(ends.ear), unit)
            with accompanying(by, model):
                figures += _company(Rounds(by, ends), unit)
            through = _described(by, ends.ear)
    baseline = "a bare JACK client in C" if by.compiled else "a bare client in Python"
    return Findings(through, baseline, granted, tuple(figures))


@contextlib.contextmanager
def _ends(by: Way) -> Iterator[Ends]:
    """Our ends of the connections: two plain clients and what we play from."""
    with Sender(by) as sender, Plain(by, EAR, [(by.sender, by.port(EAR, "direct"))]) as ear:
        passing = [(by.sender, by.port(BASE, "direct")), (by.port(BASE, "thru"), by.port(EAR, "bare"))]
        with Plain(by, BASE, passing):
            yield Ends(sender, ear)


def _model(model: str, unit: float) -> list[Figure]:
    step = steps.step(onnx_model.load(model))
    warm = best(steps.taken(step, 0.2 * unit) for _ in range(ROUNDS))
    cold = best(steps.taken(step, 0.3 * unit, steps.REST_S) for _ in range(ROUNDS))
    return [_ms("model step, warm", warm), _ms("model step, after 20 ms of rest", cold)]


def _ordinary(by: Way, ends: Ends, model: str, unit: float) -> list[Figure]:
    """Start it as a user would, look at it while nobody plays, then while somebody does."""
    starts = list[float]()
    for _ in range(_STARTS - 1):
        with ordinary(by, model) as running:
            starts.append(running.ready_s)
    with ordinary(by, model) as running:
        starts.append(running.ready_s)
        ready = Figure("start to ready", "s", single(min(starts)), *limits.READY)
        if not cost.KNOWN:
            return [ready]
        pids = cost.family(running.report["pids"])
        time.sleep(_REST_S)
        apart = {_BARE: ends.ear.pid, _OURS: pids["stage"]}
        idle = cost.shares({**pids, **apart}, lambda: time.sleep(3 * unit), [_OURS])
        bare, ours = idle.pop(_BARE), idle.pop(_OURS)
        playing = cost.shares(pids, lambda: Rounds(by, ends).turns(5 * unit))
        memory = {name: cost.memory_mb(pid) for name, pid in pids.items()}
        jack = sum(cost.memory_mb(pid, _JACK_MEMORY) for pid in pids.values())
    return [
        ready,
        *_each("idle", "% of a core", idle, limits.IDLE),
        *([Figure("idle, of it JACK's own threads", "% of a core", single(idle["stage"] - ours))] if by.jack else []),
        Figure(f"idle, {_BARE}, to compare", "% of a core", single(bare)),
        *_each("playing", "% of a core", playing, limits.PLAYING),
        *_each("memory", "MB", memory, limits.MEMORY),
        *([Figure("memory, of it the JACK server's", "MB", single(jack))] if by.jack else []),
    ]


def _each(name: str, unit: str, values: dict[str, float], limit: Limit) -> list[Figure]:
    """What all processes use together, then each."""
    together = Figure(f"{name}, all", unit, single(sum(values.values())), *limit)
    return [together, *(Figure(f"{name}, {process}", unit, single(value)) for process, value in values.items())]


def _timing(running: Running, rounds: Rounds, unit: float) -> list[Figure]:
    real_time = str(running.report["granted"]).startswith("real-time priority")
    answers: dict[bool, list[list[float]]] = {False: [], True: []}
    handoffs, late, lost = list[list[float]](), {False: list[list[float]](), True: list[list[float]]()}, 0
    for _ in range(ROUNDS):
        for loaded in (False, True):
            with rounds.loaded(running) if loaded else contextlib.nullcontext():
                reactions = rounds.reactions(1.5 * unit)
                late[loaded].append([error for _, error in rounds.lateness(1.2 * unit)])
            answers[loaded].append(reactions.answers)
            lost += reactions.lost
            handoffs += [] if loaded else [reactions.handoffs]
    return [
        _ms("handoff, stage to mind", best(handoffs)),
        *_with_load("event in to bytes out", best(answers[False]), best(answers[True]), limits.ANSWER[real_time]),
        *_with_load("due-time error", best(late[False]), best(late[True]), limits.DUE[real_time]),
        Figure("answers lost", "messages", single(lost), *limits.LOST),
    ]


def _with_load(name: str, quiet: Spread | None, loaded: Spread | None, limit: Limit) -> list[Figure]:
    under_load = limits.loaded(quiet.times(1000).p99 if quiet else None)
    return [_ms(name, quiet, limit), _ms(name + _LOADED, loaded, under_load)]


def _drift(rounds: Rounds, seconds: float) -> Figure:
    if seconds <= DRIFT_S:
        return Figure("drift", "ms", None, *limits.DRIFT, f"takes --seconds above {DRIFT_S:.0f}")
    late = rounds.lateness(DRIFT_S)
    start, end = late[0][0] + 60, late[-1][0] - 60
    first, last = [error for due, error in late if due < start], [error for due, error in late if due > end]
    drift = 1000 * (sum(last) / len(last) - sum(first) / len(first))
    return Figure("drift, minute 10 to minute 1", "ms", single(abs(drift)), *limits.DRIFT)


def _thru(by: Way, running: Running, rounds: Rounds, period_ms: float | None, unit: float) -> list[Figure]:
    limit = Limit() if period_ms is None else limits.thru(period_ms)
    quiet, loaded = list[Passages](), list[Passages]()
    for _ in range(ROUNDS - 1):
        quiet.append(rounds.passages(0.9 * unit))
        with rounds.loaded(running):
            loaded.append(rounds.passages(0.9 * unit))
    ours, busy, bare = ([p.ours for p in quiet], [p.ours for p in loaded], [p.bare for p in quiet])
    return [
        *_with_load("thru, added to a bare connection", best(ours), best(busy), limit),
        Figure("thru lost", "messages", single(sum(p.lost for p in quiet + loaded)), *limits.LOST),
        Figure("thru passed over by the server", "messages", single(sum(p.unreceived for p in quiet + loaded))),
        _ms(f"the same through {_BARE}", best(bare)),
        *(_latency_test(by) if by.compiled else []),
    ]


def _company(rounds: Rounds, unit: float) -> list[Figure]:
    size = int(Parameters().company)
    runs = [rounds.company(2.4 * unit, size) for _ in range(ROUNDS)]
    return [
        _ms("company, its first note", best(run.first for run in runs)),
        _ms("company, all of it", best(run.last for run in runs), limits.COMPANY),
        Figure("notes without company", "notes", single(sum(run.alone for run in runs)), *limits.LOST),
    ]


def _latency_test(by: Way) -> list[Figure]:
    """What jack_midi_latency_test says of the way there and back: two hops, and whatever is between them."""
    if not shutil.which("jack_midi_latency_test"):
        return []
    command = ["jack_midi_latency_test", "-s", "256", by.port(BASE, "direct"), by.port(BASE, "thru")]
    said = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout
    found = dict(re.findall(r"(Lowest|Average|Highest) latency: ([\d.]+) ms", said))
    if len(found) < 3:
        return []
    highest = max(map(float, found.values()))  # the average is of values not yet rounded, and may be above it
    shown = Spread(float(found["Average"]), highest, highest)
    return [Figure(f"jack_midi_latency_test, {_BARE}", "ms", shown)]


def _period_ms(ear: Plain) -> float | None:
    return 1000 * ear.period / ear.rate if ear.rate else None


def _described(by: Way, ear: Plain) -> str:
    if not by.jack:
        return "memory, as no JACK server runs"
    return f"JACK ports, {ear.period} frames at {ear.rate} Hz" if ear.rate else "JACK ports"


def _ms(name: str, seconds: Spread | None, limit: Limit | None = None) -> Figure:
    why = "" if seconds else "nothing came back"
    return Figure(name, "ms", seconds.times(1000) if seconds else None, *(limit or Limit()), why)
