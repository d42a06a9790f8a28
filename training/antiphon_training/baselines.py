"""What counting alone expects: the n-grams and histograms that a network has to beat, in nats per event.

The pitch of an onset is given up to three onset pitches before it; the time of an event the time before it, or
its kind and the kind of the event before; a velocity the velocity before; a kind the number of keys that sound.
The pitch of a release is any of those keys. What was counted in a context is mixed with what a shorter one
expects, and that at last with an even share, by the rule of Witten and Bell (C in "The Zero-Frequency Problem",
IEEE Transactions on Information Theory 37(4), 1991). There is no pedal in this, and all parts are merged.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from antiphon.music.vocabulary import LONGEST_MS, PEDAL_KEY
from antiphon_training.corpus import Corpus
from antiphon_training.reading import Records

Whole = NDArray[np.int64]
Nats = dict[str, NDArray[np.float64]]
"""By term (orders, times): minus the log of what each length of context gave each event that has the term."""

_ORDERS: Final = 3
_PITCHES: Final = 128
_VELOCITIES: Final = 127
_CROWD: Final = 15
"""Keys sounding from which on no more are counted."""


def _edges() -> Whole:
    octaves = np.rint(32 * 2 ** (np.arange(1, 75) / 8)).astype(np.int64)
    return np.unique([*range(34), *octaves[(octaves > 33) & (octaves < LONGEST_MS)], LONGEST_MS, LONGEST_MS + 1])


EDGES_MS: Final = _edges()
"""Bin i holds the whole milliseconds EDGES_MS[i] .. EDGES_MS[i + 1] - 1: one each to 32 ms, then eight bins an octave
to 20 s (octaves above 32 ms). All times of 20 s and more are the last bin, one symbol."""
BINS: Final = len(EDGES_MS) - 1


class Stream(NamedTuple):
    """Events as what is counted of them, all int64; what stands before the beginning of a piece is a symbol of its own.

    starts, before  (E,) 1 where a key goes down, 0 where it comes up; the same of the event before, 2 at a beginning
    time, earlier   (E,) bins of the time since the event before, and of the time before that, BINS at a beginning
    sounding        (E,) how many notes sound before the event; a key that two parts hold counts twice
    pitch, behind   (N,) pitches of the onsets; (N, _ORDERS) those before each, nearest first, 128 at a beginning
    loud, louder    (N,) velocities less one; those before, 127 at a beginning
    """

    starts: Whole
    before: Whole
    time: Whole
    earlier: Whole
    sounding: Whole
    pitch: Whole
    behind: Whole
    loud: Whole
    louder: Whole


def baselines(learned: Sequence[Corpus], sets: Sequence[tuple[str, Corpus]]) -> dict[str, Any]:  # JSON
    """Count in every piece of `learned` and score every piece of each named corpus.

    Returns "sets" and "total" as judge.judge does, and "orders": by term, the nats of each length of context over
    all sets, per event that has the term ("pitch" and "velocity" onsets, "release" releases). The scores take the
    best length of each term, over all sets.
    """
    taught = _joined([stream_of(corpus.of(piece)) for corpus in learned for piece in corpus.pieces])
    asked = [_joined([stream_of(corpus.of(piece)) for piece in corpus.pieces]) for _, corpus in sets]
    found = _parted(_nats(taught, _joined(asked)), asked)
    sums = {term: sum((nats[term].sum(1) for nats in found), np.zeros(1)) for term in found[0]}
    best = {term: int(np.argmin(every)) for term, every in sums.items()}
    events = [len(stream.starts) for stream in asked]
    rows = [
        _report(count, {t: float(nats[t][b].sum()) for t, b in best.items()})
        for count, nats in zip(events, found, strict=True)
    ]
    times = {term: max(1, sum(nats[term].shape[1] for nats in found)) for term in best}
    return {
        "sets": [{"name": name, **row} for (name, _), row in zip(sets, rows, strict=True)],
        "total": _report(sum(events), {term: float(sums[term][best[term]]) for term in best}),
        "orders": {term: [round(float(nats), 6) for nats in sums[term] / times[term]] for term in best},
    }


def stream_of(records: Records) -> Stream:
    """The events (E,) of RECORD of one piece, in order, as what is counted of them; the pedal is passed over."""
    notes = records[records["key"] < PEDAL_KEY]
    ms, key = notes["ms"].astype(np.int64), notes["key"].astype(np.int64)
    starts = (notes["velocity"] > 0).astype(np.int64)
    time = np.searchsorted(EDGES_MS, np.minimum(np.diff(ms, prepend=ms[:1]), LONGEST_MS), side="right") - 1
    pitch, loud = key[starts == 1], notes["velocity"][starts == 1].astype(np.int64) - 1
    behind = np.stack([_shifted(pitch, order + 1, _PITCHES) for order in range(_ORDERS)], 1)
    change = 2 * starts - 1
    return Stream(
        starts=starts,
        before=_shifted(starts, 1, 2),
        time=time,
        earlier=_shifted(time, 1, BINS),
        sounding=np.cumsum(change) - change,
        pitch=pitch,
        behind=behind,
        loud=loud,
        louder=_shifted(loud, 1, _VELOCITIES),
    )


def witten_bell(
    taught: tuple[Whole, Sequence[Whole]], asked: tuple[Whole, Sequence[Whole]], size: int
) -> Iterator[NDArray[np.float64]]:
    """The chances of the symbols asked for, once for each context, the last the most telling.

    taught, asked: symbols (N,) 0 .. size - 1, and for each of the contexts, from short to long, a number (N,) that
    says which it is. A context counted n times, with t different symbols after it, keeps n / (n + t) of the chance for
    them and leaves the rest to the shorter context.
    """
    chance = np.full(len(asked[0]), 1 / size)
    for seen, here in zip(taught[1], asked[1], strict=True):
        pairs, times = np.unique(seen * size + taught[0], return_counts=True)
        contexts, first, kinds = np.unique(pairs // size, return_index=True, return_counts=True)
        n = np.add.reduceat(times, first) if len(first) else first
        at, known = _found(contexts, here)
        both, met = _found(pairs, here * size + asked[0])
        whole = np.where(known, n[at] + kinds[at], 1)
        mixed = (np.where(met, times[both], 0) + kinds[at] * chance) / whole
        chance = np.where(known, mixed, chance)
        yield chance


def _nats(taught: Stream, asked: Stream) -> Nats:
    sizes = {"kind": 2, "time": BINS, "time and kinds": BINS, "pitch": _PITCHES, "velocity": _VELOCITIES}
    seen, here = _counted(taught), _counted(asked)
    expected = {
        term: -np.log(np.stack(list(witten_bell(seen[term], here[term], size)))) for term, size in sizes.items()
    }
    widths = np.log(np.diff(EDGES_MS))[asked.time]
    return {
        "kind": expected["kind"][1:],
        "time": widths + np.concatenate([expected["time"], expected["time and kinds"][1:]]),
        "pitch": expected["pitch"],
        "release": np.log(np.maximum(asked.sounding[asked.starts == 0], 1))[None],
        "velocity": expected["velocity"],
    }


def _counted(s: Stream) -> dict[str, tuple[Whole, Sequence[Whole]]]:
    """By term: the symbols, and the contexts that they are counted in, from short to long."""
    always, onsets = np.zeros(len(s.starts), np.int64), np.zeros(len(s.pitch), np.int64)
    return {
        "kind": (s.starts, [always, np.minimum(s.sounding, _CROWD)]),
        "time": (s.time, [always, s.earlier]),
        "time and kinds": (s.time, [always, 3 * s.starts + s.before]),
        "pitch": (s.pitch, _ladder(s.behind)),
        "velocity": (s.loud, [onsets, s.louder]),
    }


def _ladder(behind: Whole) -> list[Whole]:
    """A number (N,) for what stands in none of the columns (N, orders), in the first, in the first two, and so on."""
    ladder = [np.zeros(len(behind), np.int64)]
    for order in range(behind.shape[1]):
        ladder.append(ladder[-1] * (_PITCHES + 1) + behind[:, order])
    return ladder


def _found(sorted_: Whole, wanted: Whole) -> tuple[Whole, NDArray[np.bool_]]:
    """Where each of `wanted` stands among sorted numbers, and whether it really does."""
    at = np.minimum(np.searchsorted(sorted_, wanted), max(0, len(sorted_) - 1))
    return at, sorted_[at] == wanted


def _shifted(values: Whole, by: int, beginning: int) -> Whole:
    return np.concatenate([np.full(min(by, len(values)), beginning), values[: max(0, len(values) - by)]])


def _joined(streams: Sequence[Stream]) -> Stream:
    return Stream(*(np.concatenate(column) for column in zip(*streams, strict=True)))


def _parted(nats: Nats, streams: Sequence[Stream]) -> list[Nats]:
    """The nats of streams that were joined, of each by itself."""
    starts = [stream.starts for stream in streams]
    events, onsets = np.cumsum([len(s) for s in starts])[:-1], np.cumsum([int(s.sum()) for s in starts])[:-1]
    cuts = {"kind": events, "time": events, "pitch": onsets, "release": events - onsets, "velocity": onsets}
    parts = {term: np.split(every, cuts[term], 1) for term, every in nats.items()}
    return [{term: parts[term][number] for term in parts} for number in range(len(streams))]


def _report(events: int, nats: dict[str, float]) -> dict[str, Any]:  # JSON
    terms = {
        "time": nats["time"],
        "kind+pitch": nats["kind"] + nats["pitch"] + nats["release"],
        "velocity": nats["velocity"],
    }
    each = {term: round(value / max(1, events), 6) for term, value in terms.items()}
    return {"events": events, "nats_per_event": round(sum(terms.values()) / max(1, events), 6), "terms": each}
