"""How well an accompaniment goes with the lead it is given, beside the human's own and one borrowed from another piece.

    python -m tests.bench.duet default pop909.tar.xz lieder.tar.xz [--pieces 8] [--seconds 60] [--seeds 3]
        [--set NAME=VALUE] [--processes 2] [--json]

The lead of each piece of the test split is the player of a Session in mode=duet, once for each seed. A note of the
accompaniment is consonant where its onset lies a unison, a third, a fifth, a sixth, or octaves more of one, above the
newest sounding note of the lead. Onsets while the lead rests do not count. Shares are of all notes of a set; behind
each, in brackets, between what they lie where the pieces are drawn anew (tests.bench.shares).
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from tests.bench.shares import Counts, apart, share

from antiphon.core.due import Due, Order
from antiphon.core.model import Partner
from antiphon.core.parameters import Parameters
from antiphon.core.rehearsal import rehearse
from antiphon.core.session import Session
from antiphon.core.zones import COMMON, Role
from antiphon.errors import AntiphonError
from antiphon.mind import onnx_model
from antiphon.music.events import Seconds, Voice
from antiphon.music.vocabulary import PEDAL_KEY
from antiphon.music.wire import Timed
from antiphon_training import corpus
from antiphon_training.reading import Records

CONSONANT: Final = frozenset({0, 3, 4, 7, 8, 9})
WHEN: Final = ("with it, blind", "with it", "to 30 ms", "to 200 ms", "later")
"""How long after the lead's note an accompaniment's note begins; blind is one that was chosen before the lead moved."""
_SAME_S: Final = 0.0005


class Note(NamedTuple):
    """A note by its beginning and end (s)."""

    begins: float
    ends: float
    pitch: int


class Onset(NamedTuple):
    """The beginning of an accompaniment's note (s), and whether it was chosen before the lead moved at that moment."""

    moment: float
    pitch: int
    blind: bool = False


class Piece(NamedTuple):
    """What leads and what accompanies, as notes in order of onset."""

    lead: Sequence[Note]
    accompaniment: Sequence[Note]


class Watched(Session):
    """A session that remembers what it played in the very moment in which the player moved, chosen before they did."""

    blind: frozenset[tuple[float, int]] = frozenset()

    def receive(self, message: bytes, now: float, role: Role = Role.PLAYS, memory: int = COMMON) -> list[Order]:
        """As a Session."""
        orders = super().receive(message, now, role, memory)
        if message[0] & 0xF0 == 0x90:
            self.blind |= {(onset.moment, onset.pitch) for onset in onsets(orders)}
        return orders


def onsets(orders: Iterable[Order]) -> list[Onset]:
    """The notes that these begin."""
    dues = [order for order in orders if isinstance(order, Due)]
    return [Onset(due.time, due.message[1]) for due in dues if due.message[0] & 0xF0 == 0x90 and due.message[2]]


def consonant(lead: Sequence[Note], onsets: Iterable[Onset]) -> Counts:
    """(len(WHEN), 2): of the notes that begin while the lead sounds, how many are consonant and how many there are."""
    counts, begins = np.zeros((len(WHEN), 2), np.int64), np.array([note.begins for note in lead])
    for moment, pitch, blind in onsets:
        newest = int(np.searchsorted(begins, moment, side="right")) - 1
        while newest >= 0 and lead[newest].ends <= moment and moment - lead[newest].begins < 30:
            newest -= 1
        if newest >= 0 and lead[newest].ends > moment:
            behind = moment - lead[newest].begins
            row = 0 if blind else 1 + int(np.searchsorted([_SAME_S, 0.03, 0.2], behind))
            counts[row] += ((pitch - lead[newest].pitch) % 12 in CONSONANT, 1)
    return counts


def notes(records: Records, part: Voice, seconds: float) -> list[Note]:
    """The notes of one part that begin within so many seconds."""
    down, found = dict[int, list[float]](), list[Note]()
    for row in records:
        if int(row["part"]) != part or row["key"] == PEDAL_KEY:
            continue
        moment, pitch = int(row["ms"]) / 1000, int(row["key"])
        if row["velocity"]:
            down.setdefault(pitch, []).append(moment)
        elif down.get(pitch):
            found.append(Note(down[pitch].pop(0), moment, pitch))
    return sorted(note for note in found if note.begins < seconds)


def messages(lead: Sequence[Note]) -> list[Timed]:
    """The lead as a keyboard sends it. Releases come first, and a key that is down is let go of before it is struck."""
    sent = [(note.begins, 1, bytes((0x90, note.pitch, 72))) for note in lead]
    sent += [(note.ends, 0, bytes((0x80, note.pitch, 64))) for note in lead]
    return [Timed(Seconds(moment), message) for moment, _, message in sorted(sent)]


@cache
def loaded(model: str) -> Partner:
    """The model of this name, once in each process."""
    return onnx_model.load(model)


def accompanied(model: str, parameters: Parameters, case: tuple[Piece, int]) -> Counts:
    """How one piece goes with one seed."""
    piece, seed = case
    session = Watched(loaded(model), parameters.changed(mode="duet", seed=seed))
    played = onsets(rehearse(session, messages(piece.lead)))
    return consonant(piece.lead, [each._replace(blind=each[:2] in session.blind) for each in played])


def judged(
    model: str, pieces: Sequence[Piece], parameters: Parameters, seeds: int, processes: int
) -> dict[str, Counts]:
    """For model, human and what is borrowed: (pieces, len(WHEN), 2), as `consonant` counts; the model's over all seeds.
    The first seed of a piece is its number, so that one seed is what was measured before there were several."""
    cases = [(piece, number + 1 + 1000 * seed) for number, piece in enumerate(pieces) for seed in range(seeds)]
    one = partial(accompanied, model, parameters)
    if processes > 1:
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            played = list(pool.map(one, cases))
    else:
        played = [one(case) for case in cases]
    scores = [[Onset(note.begins, note.pitch) for note in piece.accompaniment] for piece in pieces]
    borrowed = scores[1:] + scores[:1]
    return {
        "model": np.sum(np.reshape(played, (len(pieces), seeds, len(WHEN), 2)), axis=1),
        "human": np.array([consonant(piece.lead, own) for piece, own in zip(pieces, scores, strict=True)]),
        "borrowed": np.array([consonant(piece.lead, other) for piece, other in zip(pieces, borrowed, strict=True)]),
    }


def row(name: str, seeds: int, counts: dict[str, Counts]) -> dict[str, Any]:  # JSON
    """What is reported of a set."""
    whole = {who: each.sum(1) for who, each in counts.items()}
    by_when = {who: dict(zip(WHEN, each.sum(0).tolist(), strict=True)) for who, each in counts.items()}
    return {
        "set": name,
        "pieces": len(whole["model"]),
        "seeds": seeds,
        "notes": int(whole["model"][:, 1].sum()),
        **{who: share(each) for who, each in whole.items()},
        "model less human": apart(whole["model"], whole["human"]),
        "when": by_when,
        "by piece": {who: each.tolist() for who, each in whole.items()},
    }


def said(found: dict[str, Any]) -> str:  # JSON in
    """A row of the report as lines of text."""
    shares = ", ".join(f"{who} {{:.3f}} ({{:.3f}} to {{:.3f}})".format(*found[who]) for who in ("model", "human"))
    gap = "{:+.3f} ({:+.3f} to {:+.3f})".format(*found["model less human"])
    lines = [
        f"{found['set']}: {shares}, borrowed {found['borrowed'][0]:.3f}; model less human {gap}",
        f"  {found['pieces']} pieces, {found['seeds']} seeds, {found['notes']:,} notes; when after the lead's note:",
    ]
    for when in WHEN:
        each = [(who, *found["when"][who][when]) for who in ("model", "human")]
        parts = [f"{who} {good / count:.3f} of {count:,}" for who, good, count in each if count]
        lines.append(f"  {when:16}{', '.join(parts) or '-'}")
    return "\n".join(lines)


def drawn(set_: corpus.Corpus, given: argparse.Namespace) -> list[Piece]:
    """Some pieces of a set in which somebody leads and somebody accompanies."""
    split = [piece for piece in set_.pieces if piece.parts]
    order = np.random.default_rng(1).permutation(len(split))[: given.pieces]
    records = [set_.of(split[number]) for number in order]
    parts = [[notes(each, voice, given.seconds) for voice in (Voice.LEAD, Voice.ACCOMPANIMENT)] for each in records]
    return [Piece(*each) for each in parts if all(each)]


def main() -> int:
    """The script. Exit status 1 where the data is of no use."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("model")
    asked.add_argument("data", nargs="+", type=Path)
    asked.add_argument("--pieces", type=int, default=8, help="of each set, drawn")
    asked.add_argument("--seconds", type=float, default=60.0, help="of each piece, from its beginning")
    asked.add_argument("--seeds", type=int, default=1, help="how often each piece is played")
    asked.add_argument("--processes", type=int, default=1, help="that play at the same time")
    asked.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="any parameter")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    try:
        found, parameters = list[dict[str, Any]](), Parameters().set(given.set)
        for name, set_ in corpus.gather(given.data, "test"):
            counts = judged(given.model, drawn(set_, given), parameters, given.seeds, given.processes)
            found.append(row(name, given.seeds, counts))
            if not given.json:
                print(said(found[-1]), flush=True)
    except AntiphonError as error:
        print(error, file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
