"""How much of a prime is heard in what is played out of it, by how it is told to the model beside the recent playing.

    python -m tests.bench.worlds default [--seeds 10]

The model plays alone for 10 s behind the shipped phrase, then takes up a prime, and its next 8 s are measured.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from antiphon.core.answer import Answer
from antiphon.core.arrival import Arrival
from antiphon.core.model import Partner
from antiphon.core.parameters import Parameters
from antiphon.core.past import Past, Played, after
from antiphon.core.prime import primed
from antiphon.core.recall import moved
from antiphon.mind import onnx_model
from antiphon.music import midifile
from antiphon.music.events import Event, Kind, Seconds, note_off, note_on
from antiphon.offline import PHRASE
from antiphon.offline import primed as told

OWN_S: Final = 10.0
HEARD_S: Final = 8.0
_FOREVER: Final = Seconds(float("inf"))
_MAJOR: Final = (0, 2, 4, 5, 7, 9, 11, 12)
_CADENCE: Final = ((0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7))


def scale(low: int) -> list[Event]:
    """Two minutes' worth of a major scale, four notes a second."""
    keys = [low + _MAJOR[number % 8] for number in range(120)]
    return [e for n, key in enumerate(keys) for e in (note_on(n * 0.25, key, 80), note_off(n * 0.25 + 0.225, key))]


def chords(root: int) -> list[Event]:
    """A cadence again and again, slowly."""
    found = list[Event]()
    for number in range(30):
        keys = [root + above for above in _CADENCE[number % 4]]
        found += [note_on(number * 1.5, key, 60) for key in keys]
        found += [note_off(number * 1.5 + 1.4, key) for key in keys]
    return found


PRIMES: Final = {"low": scale(30), "high": scale(78), "F sharp": chords(54)}


def played(model: Partner, past: Past, seed: int, begins: float, lasts: float) -> tuple[list[Event], Past]:
    """What the model plays alone for so long, and the past then."""
    parameters, found = Parameters().changed(seed=seed), list[Event]()
    answer = Answer(Seconds(begins), _FOREVER, _FOREVER, rest=4.0)
    while (following := answer.next(model, past, parameters)) and following[0].time <= begins + lasts:
        event, past, answer = following
        found.append(event)
    return found, past


def ways(
    model: Partner, past: Past, own: Sequence[Event], prime: list[Event], now: float
) -> Iterator[tuple[str, Past]]:
    """The pasts out of which it could go on, each by its name."""
    yield "no prime", past
    arrival = Arrival("", None, Seconds(now), model, past)
    happened = [Played(event, True) for event in own]
    arrival.come_from(primed(model, [(prime, 1.0)], 0.0), past, happened, now)
    while arrival.behind(past):
        arrival.hear(happened, past)
    yield "the prime, then 0.3 s of playing", arrival.past(past)
    for count in (16, 64, 240):
        last = prime[-count:]
        later = past.time + 0.2 - last[0].time
        tail = [Played(replace(event, time=Seconds(event.time + later)), False) for event in last]
        world = after(model, past, tail)
        yield f"the playing, then its last {count} events", moved(world, past.time - world.time, past.count)


def measured(events: Sequence[Event], prime: Sequence[Event], now: float) -> tuple[float, float, float, float]:
    """The mean key, notes a second, the likeness of its pitch classes to the prime's (0-1), the longest rest (s)."""
    struck = [event for event in events if event.kind is Kind.NOTE_ON]
    ours, theirs = (
        np.bincount([event.pitch % 12 for event in side if event.kind is Kind.NOTE_ON], minlength=12)
        for side in (events, prime)
    )
    alike = float(ours @ theirs / max(1e-9, float(np.linalg.norm(ours) * np.linalg.norm(theirs))))
    rests = np.diff([now, *(event.time for event in struck), now + HEARD_S])
    mean = float(np.mean([event.pitch for event in struck])) if struck else float("nan")
    return mean, len(struck) / HEARD_S, alike, float(rests.max())


def main() -> None:
    """The script."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("model")
    asked.add_argument("--seeds", type=int, default=10)
    given = asked.parse_args()
    model, rows = onnx_model.load(given.model), dict[tuple[str, str], list[tuple[float, float, float, float]]]()
    behind = told(model, midifile.events(midifile.merged(midifile.read(PHRASE))))
    begins = behind.time + 0.7
    for seed in range(1, given.seeds + 1):
        own, past = played(model, behind, seed, begins, OWN_S)
        for name, prime in PRIMES.items():
            now = begins + OWN_S
            for way, from_ in ways(model, past, own, prime, now):
                events, _ = played(model, from_, seed, now, HEARD_S)
                rows.setdefault((name, way), []).append(measured(events, prime, now))
    for (name, way), found in rows.items():
        mean, rate, alike, _ = np.nanmean(found, axis=0)
        rest = max(row[3] for row in found)
        print(f"{name:8} {way:42} key {mean:.1f}, {rate:.2f}/s, alike {alike:.2f}, longest rest {rest:.1f} s")


if __name__ == "__main__":
    main()
