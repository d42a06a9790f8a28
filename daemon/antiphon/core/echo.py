"""How an answer takes up what the player has played: where in it the answer stands, and what that makes likelier.

The longest figure that was just played, by the player or in the answer, is looked for in what the player played before;
what followed it there is liked better, the more so the longer the two have agreed, until it has been quoted at length.
A bias and a narrower window of time, and nothing else: what may not be played, by a lock or a range, is not.

A value: `after` gives a new one. Each place is used once in an answer, as long as it takes up no more than PLACES.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from antiphon.core.tune import Tune
from antiphon.music.vocabulary import PEDAL_KEY

CONTEXT: Final = 8
"""Notes at the end that a figure is recognised by, at the most."""
PLACES: Final = 8
"""Places that have been taken up and are not taken up again."""
_LEAST: Final = 3
"""Notes that must agree before what followed them is taken up, and that must follow."""
_HEAD: Final = 4
"""Notes by which the beginning of a phrase is recognised."""
_BETWEEN: Final = 255
"""No pitch."""
_TRIED: Final = 4
"""Places that are looked at for each note."""
_SHIFTS: Final = (0, -12, 12, -24, 24)
"""Semitones by which a figure may be moved to where it may be played, the first that will do."""
_PULL: Final = 12.0
"""Nats by which a note is liked better with all of `memory`: that makes one of nothing but noise a certainty."""
_SURE: Final = 6
"""Notes that have agreed when it pulls with all its force."""
_TOLD: Final = 6
"""Notes of a figure after which the pull lessens, to nothing after twice as many."""
_KEEPS_TIME: Final = 0.9
"""Of a gap between two notes, how near the answer keeps to it where it is pulled with all force."""
_AT_ONCE_S: Final = 0.03
"""By so much at least a note may come later: the notes of a chord are no gap apart."""
_BREATH_S: Final = 1.0
"""Before a phrase of the player's that is taken up behind another."""
_REST_S: Final = 2.0
"""A longer rest is shortened to this."""


class Wish(NamedTuple):
    """The note that would take up the figure: its pitch, how much likelier it is made (nats), and between which moments
    it is to begin (s; in an echo, after the note before)."""

    pitch: int
    bias: float
    earliest: float
    latest: float


@dataclass(frozen=True, slots=True)
class Echo:
    """Where an answer stands in what the player has played.

    line      the last pitches: the player's before the answer, then the answer's own, less `shift`
    place     the number of the player's note that would come next; -1 where nothing is being taken up
    agreed    how many notes have agreed
    followed  how many of these were played by the answer since it has taken up this figure
    shift     semitones by which it is moved, whole octaves
    spent     what was taken up: the number of its first note, and that of the first note behind it
    """

    line: tuple[int, ...] = ()
    place: int = -1
    agreed: int = 0
    followed: int = 0
    shift: int = 0
    spent: tuple[tuple[int, int], ...] = ()

    def wish(self, tune: Tune, memory: float) -> Wish | None:
        """What it would play next, with so much memory, 0-1; None for nothing in particular."""
        if memory <= 0 or not tune.first <= self.place < tune.count:
            return None
        pull = memory * min(1.0, (1 + self.agreed) / (1 + _SURE)) * min(1.0, 2 - self.followed / _TOLD)
        pitch = tune.pitch(self.place) + self.shift
        if pull <= 0 or not 0 <= pitch < PEDAL_KEY:
            return None
        gap = _BREATH_S if tune.opening(self.place) else min(_REST_S, tune.gap(self.place))
        exact = _KEEPS_TIME * pull**0.5
        return Wish(pitch, _PULL * pull, gap * exact, max(gap / exact, gap + _AT_ONCE_S))

    def begun(self, tune: Tune, allowed: Callable[[], NDArray[np.bool_]]) -> "Echo":
        """At the beginning of an answer; `allowed` says which notes it may have, (128,)."""
        line = tuple(int(pitch) for pitch in tune.pitches[-CONTEXT:])
        entered = Echo(line)._entered(tune, allowed)
        return entered if entered.place >= 0 else entered._at_the_head(tune, allowed)

    def let_go(self) -> "Echo":
        """The same at the beginning of another answer: one that does not begin with it."""
        return replace(self, place=-1)

    def after(self, pitch: int, tune: Tune, allowed: Callable[[], NDArray[np.bool_]]) -> "Echo":
        """Once the answer has played a note."""
        line = (*self.line, pitch - self.shift)[-CONTEXT:]
        there = tune.first <= self.place < tune.count
        if not there or pitch != tune.pitch(self.place) + self.shift:
            return replace(self, line=line, place=-1)._entered(tune, allowed)
        place, (first, _) = self.place + 1, self.spent[-1]
        spent = (*self.spent[:-1], (first, place))
        moved = replace(self, line=line, place=place, agreed=self.agreed + 1, followed=self.followed + 1, spent=spent)
        if place < tune.count and not tune.opening(place):
            return moved
        return replace(moved, place=-1)._entered(tune, allowed)

    def _entered(self, tune: Tune, allowed: Callable[[], NDArray[np.bool_]]) -> "Echo":
        """Where the last notes stood before, most of them and latest, and something follows that is not spent."""
        there = _agreeing(self.line, tune.pitches)
        return self._taking_up(tune, [(end + 1, agreed) for end, agreed in there], allowed) if there else self

    def _at_the_head(self, tune: Tune, allowed: Callable[[], NDArray[np.bool_]]) -> "Echo":
        """At the beginning of the player's last phrase, where that has begun before as well."""
        opens = np.flatnonzero(tune.opens)
        if not len(opens):
            return self
        played, head = tune.pitches.tobytes(), int(opens[-1])
        began = played[head : head + _HEAD]
        if len(began) < _HEAD or played.find(began, 0, head + _HEAD - 1) < 0:
            return self
        return self._taking_up(tune, [(head, _HEAD)], allowed)

    def _taking_up(
        self, tune: Tune, places: Sequence[tuple[int, int]], allowed: Callable[[], NDArray[np.bool_]]
    ) -> "Echo":
        """From the first of these places in the tune on, each with how many notes agree before it, where enough follows
        that may be played and is not spent; the same where there is none."""
        played, opens, first, free = tune.pitches.tobytes(), tune.opens, tune.first, allowed().tobytes()
        told = bytes((_BETWEEN,)).join(played[max(0, a - first) : max(0, b - first)] for a, b in self.spent)
        for at, agreed in places:
            coming = played[at : at + _LEAST]
            if len(coming) < _LEAST or opens[at + 1 : at + _LEAST].any() or coming in told:
                continue
            for shift in _SHIFTS:
                if all(0 <= pitch + shift < len(free) and free[pitch + shift] for pitch in coming):
                    spent = [each for each in self.spent if each[0] < each[1]]
                    spent = [*spent, (first + at, first + at)][-PLACES:]
                    return Echo(self.line, first + at, agreed, 0, shift, tuple(spent))
        return self


NOTHING_TAKEN_UP: Final = Echo()


def _agreeing(line: tuple[int, ...], pitches: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Where in the pitches the end of a line stood, _LEAST notes of it at least, and something follows: the places, and
    how many notes agree up to there. The longest of these, the latest first, _TRIED at the most."""
    if len(line) < _LEAST or len(pitches) <= _LEAST:
        return []
    same = [pitches[_LEAST - 1 - back : -1 - back] == line[-1 - back] for back in range(_LEAST)]
    levels = [np.flatnonzero(np.logical_and.reduce(same)) + _LEAST - 1]
    for back in range(_LEAST, len(line)):
        there = levels[-1][levels[-1] >= back]
        if not len(there):
            break
        levels.append(there[pitches[there - back] == line[-1 - back]])
    found = dict[int, int]()
    for agreed, ends in reversed(list(enumerate(levels, _LEAST))):
        for end in ends[: -_TRIED - 1 : -1].tolist():
            if len(found) < _TRIED:
                found.setdefault(end, agreed)
    return [*found.items()]
