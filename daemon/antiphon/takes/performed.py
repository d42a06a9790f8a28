"""From a tape to a performance: what the player did, what was really played of ours, and what happened when.

Orders become notes by the very code that plays them live (stage.voice), in the time of the tape: what was revoked is
not there, a note that was handed over too late is dropped, and what a process left sounding is released.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from antiphon.core.clock import Clock
from antiphon.core.shown import printable
from antiphon.core.tape import Call, Kind
from antiphon.music.events import Seconds
from antiphon.music.ledger import Ledger, owing
from antiphon.music.wire import Timed
from antiphon.stage.voice import Voice

_IN_TURN: Final = ("reply", "solo", "trade")
"""Modes in which one plays after the other, so that it can be said whose turn it is."""
_REAL_TIME: Final = 0xF8
_HEARD_AS_SAME: Final = 0.01
"""By this share a tempo may move and is still the same."""
_FIRST_S: Final = 0.5
"""Before the first message, so that nothing is at the very beginning of a file."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, beside notes. Its text is printable, whatever the tape holds."""

    time: Seconds
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", printable(self.text))


@dataclass(frozen=True, slots=True)
class Performed:
    """A performance. Times are seconds from its beginning.

    about     what the tape says of the session at its head: model, sha256, parameters and more
    began_at  the moment on the tape's clock that is 0
    tempos    beats a minute from a moment on
    lost      frames that are missing
    beside    what the player did in a zone of the harmony's own
    """

    about: dict[str, Any]  # JSON
    began_at: float
    player: tuple[Timed, ...]
    ours: tuple[Timed, ...]
    marks: tuple[Mark, ...]
    tempos: tuple[tuple[Seconds, float], ...]
    lost: int
    beside: tuple[Timed, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it is."""
        return max((side[-1].time for side in (self.player, self.ours) if side), default=0.0)


def performed(calls: Sequence[Call]) -> Performed | None:
    """The performance that a tape holds; None where nobody plays a note in it."""
    course = _Course()
    for call in calls:
        course.follow(call)
    course.end()
    sounding = [timed for timed in [*course.player, *course.ours] if owing(timed.message)]
    if not sounding:
        return None
    zero = min(timed.time for timed in sounding) - _FIRST_S
    first = next((call.frame for call in calls if call.frame.kind is Kind.OPENED), None)
    return Performed(
        first.said if first else {},
        zero,
        _from(course.player, zero),
        _from(course.ours, zero),
        _in_order(course.marks, zero),
        tuple((Seconds(max(0.0, at - zero)), bpm) for at, bpm in course.tempos),
        course.lost,
        _from(course.beside, zero),
    )


def _in_order(marks: Iterable[Mark], zero: float) -> tuple[Mark, ...]:
    """Those from `zero` on. A turn is known for one by what is due later, so they are not told in their order."""
    found = (Mark(Seconds(mark.time - zero), mark.text) for mark in marks if mark.time >= zero)
    return tuple(sorted(found, key=lambda mark: mark.time))


@dataclass
class _Course:
    """What has happened up to one call of the tape."""

    player: list[Timed] = field(default_factory=list)
    ours: list[Timed] = field(default_factory=list)
    beside: list[Timed] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    tempos: list[tuple[float, float]] = field(default_factory=list)
    lost: int = 0

    def __post_init__(self) -> None:
        self._now = float("-inf")
        self._voice = Voice(self._sent, Ledger(), Ledger())
        self._mode, self._turn, self._clock, self._follows = "", "", Clock(), True

    def follow(self, call: Call) -> None:
        frame = call.frame
        handed_at = frame.time + (frame.number / 1e6 if call.orders else 0.0)
        match frame.kind:
            case Kind.OPENED:
                self._turned(frame.time, frame.said["parameters"], quietly=True)
            case Kind.HEARD | Kind.APART:
                self._heard(frame.time, frame.played or b"")
            case Kind.STEERED:
                self.beside.append(Timed(frame.time, frame.payload))
            case Kind.CHANGED:
                self._turned(frame.time, json.loads(frame.payload))
            case Kind.ACTED:
                self.marks.append(Mark(frame.time, frame.payload.decode("utf-8", "replace")))
            case Kind.SWITCHED:
                self._switched(frame.time, frame.said)
            case Kind.HUSHED:
                self._play_until(frame.time)
                self._voice.hush()
            case Kind.LOST:
                self.lost += frame.number
                self.marks.append(Mark(frame.time, f"{frame.number} entries are missing here"))
        if call.orders:
            self._play_until(handed_at)
            self._voice.take(call.orders)
            self._play_until(handed_at)

    def end(self) -> None:
        """Play what is still to come, then release what nobody has."""
        while (due := self._voice.next) is not None:
            self._play_until(due)
        self._voice.hush()

    def _play_until(self, moment: float) -> None:
        while (due := self._voice.next) is not None and due <= moment:
            self._now = max(self._now, due)
            self._voice.play_due(Seconds(self._now))
        self._now = max(self._now, moment)

    def _sent(self, message: bytes) -> None:
        self.ours.append(Timed(Seconds(self._now), message))
        if owing(message):
            self._takes_over(self._now, "Antiphon")

    def _heard(self, now: Seconds, message: bytes) -> None:
        self._play_until(now)
        self.player.append(Timed(now, message))
        if message[0] >= _REAL_TIME:
            self._ticked(now, message)
        if owing(message):
            self._takes_over(now, "player")

    def _ticked(self, now: Seconds, message: bytes) -> None:
        """A clock that is followed gives the tempo, each time it has moved by more than is heard."""
        self._clock = self._clock.after(message, now)
        if self._follows and (metre := self._clock.metre):
            before = self.tempos[-1][1] if self.tempos else 0.0
            if abs(metre.tempo_bpm - before) > _HEARD_AS_SAME * before:
                self.tempos.append((now, metre.tempo_bpm))

    def _takes_over(self, now: float, who: str) -> None:
        if self._mode in _IN_TURN and who != self._turn:
            self._turn = who
            self.marks.append(Mark(Seconds(now), f"turn: {who}"))

    def _switched(self, now: Seconds, said: dict[str, Any]) -> None:  # JSON
        if said["parameters"] is None:
            self.marks.append(Mark(now, f"model: {said['model']}"))
            return
        self.marks.append(Mark(now, f"scene: {said['scene']}"))
        self._turned(now, said["parameters"], quietly=True)

    def _turned(self, now: Seconds, values: dict[str, Any], quietly: bool = False) -> None:  # JSON
        self._mode = str(values.get("mode", self._mode))
        if "clock" in values:
            self._follows = values["clock"] != "off"
        if "tempo" in values:
            self.tempos.append((now, float(values["tempo"])))
        if not quietly:
            self.marks += [Mark(now, f"{name}={value}") for name, value in sorted(values.items())]


def _from(side: Sequence[Timed], zero: float) -> tuple[Timed, ...]:
    """What begins there or later; the clock of a drum machine is no part of a take's tracks."""
    kept = [timed for timed in side if timed.time >= zero and timed.message[0] < _REAL_TIME]
    return tuple(Timed(Seconds(timed.time - zero), timed.message) for timed in kept)
