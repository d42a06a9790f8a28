"""How well an accompaniment goes with the lead it is given, beside the human's own and one borrowed from another piece.

    python -m tests.bench.duet default pop909.tar.xz lieder.tar.xz [--pieces 8] [--seconds 60] [--set NAME=VALUE]

The lead of each piece of the test split is the player of a Session in mode=duet. A note of the accompaniment is
consonant where its onset lies a unison, a third, a fifth, a sixth, or octaves more of one, above the newest sounding
note of the lead. Onsets while the lead rests do not count.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from antiphon.core.parameters import Parameters
from antiphon.core.rehearsal import rehearse
from antiphon.core.session import Session
from antiphon.errors import AntiphonError
from antiphon.mind import onnx_model
from antiphon.music.events import Seconds, Voice
from antiphon.music.vocabulary import PEDAL_KEY
from antiphon.music.wire import Timed
from antiphon_training import corpus
from antiphon_training.reading import Records

CONSONANT: Final = frozenset({0, 3, 4, 7, 8, 9})


class Note(NamedTuple):
    """A note by its beginning and end (s)."""

    begins: float
    ends: float
    pitch: int


class Piece(NamedTuple):
    """What leads and what accompanies, as notes in order of onset."""

    lead: Sequence[Note]
    accompaniment: Sequence[Note]


def consonant(lead: Sequence[Note], onsets: Iterable[tuple[float, int]]) -> tuple[int, int]:
    """Of notes (s, pitch), how many are consonant, and how many begin while the lead sounds."""
    good = counted = 0
    begins = np.array([note.begins for note in lead])
    for moment, pitch in onsets:
        newest = int(np.searchsorted(begins, moment, side="right")) - 1
        while newest >= 0 and lead[newest].ends <= moment and moment - lead[newest].begins < 30:
            newest -= 1
        if newest >= 0 and lead[newest].ends > moment:
            counted += 1
            good += (pitch - lead[newest].pitch) % 12 in CONSONANT
    return good, counted


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


def judged(model: str, name: str, pieces: Sequence[Piece], parameters: Parameters) -> dict[str, Any]:  # JSON
    """The shares for one set, pooled over its pieces."""
    partner, rows = onnx_model.load(model), dict[str, list[tuple[int, int]]]()
    for number, piece in enumerate(pieces):
        dues = rehearse(Session(partner, parameters.changed(mode="duet", seed=number + 1)), messages(piece.lead))
        played = [(d.time, d.message[1]) for d in dues if d.message[0] & 0xF0 == 0x90 and d.message[2]]
        borrowed = pieces[(number + 1) % len(pieces)].accompaniment
        for who, onsets in (
            ("model", played),
            ("human", [(note.begins, note.pitch) for note in piece.accompaniment]),
            ("borrowed", [(note.begins, note.pitch) for note in borrowed]),
        ):
            rows.setdefault(who, []).append(consonant(piece.lead, onsets))
    pooled = {who: np.sum(counts, axis=0) for who, counts in rows.items()}
    shares = {who: round(float(good / max(1, counted)), 3) for who, (good, counted) in pooled.items()}
    return {"set": name, "pieces": len(pieces), "notes": int(pooled["model"][1]), **shares}


def said(row: dict[str, Any]) -> str:  # JSON in
    """A row of the report as a line of text."""
    shares = ", ".join(f"{who} {row[who]:.3f}" for who in ("model", "human", "borrowed"))
    return f"{row['set']}: {shares} ({row['pieces']} pieces, {row['notes']:,} notes)"


def main() -> int:
    """The script. Exit status 1 where the data is of no use."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("model")
    asked.add_argument("data", nargs="+", type=Path)
    asked.add_argument("--pieces", type=int, default=8, help="of each set, drawn")
    asked.add_argument("--seconds", type=float, default=60.0, help="of each piece, from its beginning")
    asked.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="any parameter")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    try:
        found, parameters = list[dict[str, Any]](), Parameters().set(given.set)
        for name, set_ in corpus.gather(given.data, "test"):
            split = [piece for piece in set_.pieces if piece.parts]
            order = np.random.default_rng(1).permutation(len(split))[: given.pieces]
            records = [set_.of(split[number]) for number in order]
            voices = (Voice.LEAD, Voice.ACCOMPANIMENT)
            parts = [[notes(each, voice, given.seconds) for voice in voices] for each in records]
            found.append(judged(given.model, name, [Piece(*each) for each in parts if all(each)], parameters))
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
