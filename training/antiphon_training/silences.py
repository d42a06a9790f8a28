"""Where a player's keys are all up, and what a model expects of each such silence: what turns are judged by.

Silence means no note since the last one and no key held. Each piece is also cut at some of the note-offs with which
a silence begins, whatever follows in the piece: there the player stops for good.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from antiphon.core.model import Partner
from antiphon.core.past import Past, Played, after, beginning
from antiphon.core.silence import SHORTEST_S, Breath, breath
from antiphon.music.events import Event, Seconds, Voice
from antiphon.music.vocabulary import KEYS, PEDAL_KEY, event_of
from antiphon_training.corpus import Corpus
from antiphon_training.reading import Records

CUTS: Final = 20
"""Cuts in a piece, where so many silences begin in it."""
_PEDALS: Final = 8
"""Movements of the pedal in one silence that are followed."""
_CHUNK: Final = 256


class Silence(NamedTuple):
    """A silence of `gap` seconds before the next note (inf: a cut), and what is expected at each event in it; nothing,
    where it is too short to be asked about."""

    gap: float
    breaths: tuple[Breath, ...]


class Piece(NamedTuple):
    """One piece as a player: its set, its name, how long it lasts, its silences, and where it was cut."""

    set: str
    name: str
    minutes: float
    gaps: tuple[Silence, ...]
    cuts: tuple[Silence, ...]


def listened(
    model: Partner,
    sets: Sequence[tuple[str, Corpus]],
    most: int | None,
    seed: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Piece]:
    """Every piece of the sets, or so many of each, drawn with the seed, as `model` hears it. `progress` gets the pieces
    done and all."""
    chosen = list[tuple[str, Corpus, int]]()
    for name, corpus in sets:
        order = np.random.default_rng(seed).permutation(len(corpus.pieces))
        chosen += [(name, corpus, int(number)) for number in sorted(order[:most])]
    found = list[Piece]()
    for done, (name, corpus, number) in enumerate(chosen):
        piece = corpus.pieces[number]
        found.append(_heard(model, name, piece.name, corpus.of(piece), np.random.default_rng([seed, number])))
        progress(done + 1, len(chosen))
    return found


def _heard(model: Partner, set_: str, name: str, records: Records, rng: np.random.Generator) -> Piece:
    events = _events(records)
    begins, follows = _rests(records)
    cuts = frozenset(rng.permutation(begins)[:CUTS].tolist())
    wanted = dict[int, list[int]]()
    for at, then in zip(begins, follows, strict=True):
        inside = _asked(events, at, then)
        if inside or at in cuts:
            wanted[at] = inside
    pasts = _pasts(model, events, {each for at, inside in wanted.items() for each in (at, *inside)})
    ends = dict(zip(begins, follows, strict=True))
    gaps, ended = list[Silence](), list[Silence]()
    for at, inside in wanted.items():
        since = events[at].time
        if inside:
            breaths, last = list[Breath](), None
            for each in inside:
                last = breath(model, pasts[each], since, last)
                breaths.append(last)
            gaps.append(Silence(events[ends[at]].time - since, tuple(breaths)))
        if at in cuts:
            ended.append(Silence(float("inf"), (breath(model, pasts[at], since, None),)))
    return Piece(set_, name, (events[-1].time - events[0].time) / 60, tuple(gaps), tuple(ended))


def _events(records: Records) -> list[Event]:
    rows = zip(*(records[name].tolist() for name in ("ms", "key", "velocity")), strict=True)
    return [event_of(ms / 1000, key + (0 if loud else KEYS), loud, Voice.SOLO) for ms, key, loud in rows]


def _rests(records: Records) -> tuple[list[int], list[int]]:
    """The events with which silences begin, and the notes that end them."""
    notes: NDArray[np.bool_] = records["key"] < PEDAL_KEY
    starts = notes & (records["velocity"] > 0)
    held = np.cumsum(np.where(starts, 1, np.where(notes, -1, 0)))
    struck, ms = np.flatnonzero(starts), records["ms"]
    begins, follows = list[int](), list[int]()
    for at in np.flatnonzero(notes & ~starts & (held == 0)):
        then = int(np.searchsorted(struck, at))
        if then < len(struck) and ms[struck[then]] > ms[at]:
            begins.append(int(at))
            follows.append(int(struck[then]))
    return begins, follows


def _asked(events: Sequence[Event], at: int, then: int) -> list[int]:
    """The events of a silence at which the model is asked what it expects: the last one before it has been silent long
    enough, and whatever comes later."""
    since = events[at].time
    if events[then].time - since <= SHORTEST_S:
        return []
    early = [each for each in range(at, then) if events[each].time - since <= SHORTEST_S]
    return [early[-1], *range(early[-1] + 1, then)][:_PEDALS]


def _pasts(model: Partner, events: Sequence[Event], wanted: set[int]) -> dict[int, Past]:
    """The music up to and including each of the events that are wanted."""
    past, found, first = beginning(model, Seconds(events[0].time)), dict[int, Past](), 0
    for number in range(len(events)):
        if number in wanted or number - first >= _CHUNK:
            past = after(model, past, [Played(event, False) for event in events[first : number + 1]])
            first = number + 1
            if number in wanted:
                found[number] = past
    return found
