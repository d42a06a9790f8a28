"""What of a player's music is learned from and what is held back: whole pieces where there are some, else stretches."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from antiphon.errors import CorpusError
from antiphon_training.corpus import Corpus
from antiphon_training.index import Piece
from antiphon_training.reading import Records
from antiphon_training.sources import SPLITS

YOURS: Final = "yours"
"""The name of what the player played."""
KEPT: Final = "kept"
"""The name of what a model could before."""
_WHOLE: Final = 8
"""From so many pieces on whole ones are held back, so that nothing of a tune is on both sides."""
_PART: Final = 0.15
"""Each of valid and test is so much of all, at the least."""
_STRETCHES: Final = 7
_SHORTEST: Final = 16
"""Events: less of a piece is no music."""


def held_out(found: Corpus, rng: np.random.Generator) -> Corpus:
    """The same music from YOURS, dealt anew into train, valid and test. Pieces are drawn by `rng`; of few pieces
    stretches are taken, cut where all keys are up. Raises CorpusError where nothing can be held back."""
    pieces = [replace(piece, source=YOURS) for piece in found.pieces]
    if len(pieces) >= _WHOLE:
        return replace(found, pieces=tuple(_whole(pieces, rng)))
    dealt = tuple(part for piece in pieces for part in _stretches(piece, found.of(piece)))
    if {piece.split for piece in dealt} != set(SPLITS):
        raise CorpusError("too little to hold some of it back: give more of it, with moments without a key down")
    return replace(found, pieces=dealt)


def _whole(pieces: Sequence[Piece], rng: np.random.Generator) -> Iterator[Piece]:
    drawn = [pieces[int(number)] for number in rng.permutation(len(pieces))]
    total, taken = sum(piece.stop - piece.start for piece in pieces), 0
    for piece in drawn:
        split = "test" if taken < _PART * total else "valid" if taken < 2 * _PART * total else "train"
        taken += piece.stop - piece.start
        yield replace(piece, split=split)


def _stretches(piece: Piece, records: Records) -> Iterator[Piece]:
    """Seven stretches of about the same length: the fourth is to choose by, the last to judge by."""
    cuts = _cuts(records)
    for number, (first, last) in enumerate(itertools.pairwise(cuts)):
        if last - first >= _SHORTEST:
            split = {_STRETCHES // 2: "valid", _STRETCHES - 1: "test"}.get(number, "train")
            yield replace(piece, start=piece.start + first, stop=piece.start + last, split=split)


def _cuts(records: Records) -> list[int]:
    """Where to cut: the moments with all keys up that are nearest to even parts."""
    down = np.cumsum(np.where(records["velocity"] > 0, 1, -1))
    up = np.flatnonzero(down == 0) + 1
    wanted = [len(records) * number // _STRETCHES for number in range(1, _STRETCHES)]
    inner = sorted({int(up[np.abs(up - place).argmin()]) for place in wanted}) if len(up) else []
    return [0, *[cut for cut in inner if 0 < cut < len(records)], len(records)]
