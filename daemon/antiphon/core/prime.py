"""Music that a performance begins from, though nobody played it here: the model's memory of pieces, mixed by weight."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from antiphon.core.model import Model, State
from antiphon.core.past import Past, Played, after, beginning
from antiphon.music.events import Event, Seconds

LAST: Final = 2000
"""Events of a piece that are heard: an LSTM remembers no more, and it takes a fraction of a second."""
BEHIND_S: Final = 1.0
"""So long ago the pieces ended when the performance begins."""
_CHUNK: Final = 64

Piece = Sequence[Event]
"""What is played in a piece, in order of time, all of it released at its end."""


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Where a scene begins.

    past   what its music leaves behind, which ended BEHIND_S before 0
    kept   the same as bytes, for whoever plays it again
    """

    past: Past
    kept: bytes = b""


def primed(
    model: Model, pieces: Sequence[tuple[Piece, float]], now: float, heard: Callable[[], object] = lambda: None
) -> Past:
    """The past that these pieces, one at least, leave behind at `now` (s), each with its weight (above 0).

    A mixture of what the model remembers after each of them; the last thing heard is the end of the heaviest.
    `heard` is called after each piece.
    """
    pasts = list[Past]()
    for piece, _ in pieces:
        pasts.append(_heard(model, piece[-LAST:], now - BEHIND_S))
        heard()
    total = sum(weight for _, weight in pieces)
    shares = [weight / total for _, weight in pieces]
    heaviest = pasts[max(range(len(pasts)), key=lambda number: shares[number])]
    if len(pasts) == 1:
        return heaviest
    hidden, cell = (
        np.asarray(sum(share * value for share, value in zip(shares, values, strict=True)), np.float32)
        for values in ([past.state.hidden for past in pasts], [past.state.cell for past in pasts])
    )
    return replace(heaviest, state=State(hidden, cell))


def _heard(model: Model, piece: Piece, ends: float) -> Past:
    """The past after a piece whose last event was at `ends` (s)."""
    later = ends - piece[-1].time
    moved = [Played(replace(event, time=Seconds(event.time + later)), False) for event in piece]
    past = beginning(model, moved[0].event.time)
    for first in range(0, len(moved), _CHUNK):
        past = after(model, past, moved[first : first + _CHUNK])
    return past
