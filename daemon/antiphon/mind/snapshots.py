"""What the page is shown: what is heard and ordered, as it happens, and small pictures of the performance.

Of pictures there are at most 30 a second, and only when something has changed.
"""

import json
import math
from collections.abc import Sequence
from typing import Any, Final

from antiphon.core.due import Due, Order, Revoke
from antiphon.core.past import Played
from antiphon.core.session import Session
from antiphon.lines import Line
from antiphon.music.events import Event, Kind

EVERY_S: Final = 1 / 30
_NEVER: Final = float("inf")
_LATEST: Final = 32
_PORTION: Final = 500
"""Messages in one parcel, which holds 64 kB."""
MOST_NATS: Final = 30.0
"""More than this is as surprising as this."""
_SYSEX: Final = 0xF0
MISSED: Final = 1000
"""Events that may wait for a page that does not take them; the oldest are let go when there are more."""


class Snapshots:
    """Sends pictures down a line; when nobody takes them they are let go."""

    def __init__(self, page: Line | None) -> None:
        self._page = page
        self._shown: tuple[object, ...] | None = None
        self._next_at, self._turns_at = 0.0, _NEVER
        self._pending = False
        self._heard = list[tuple[float, str]]()

    @property
    def deadline(self) -> float:
        """When a picture that has to wait may be sent."""
        if not (self._page and self._page.open):
            return _NEVER
        return self._next_at if self._pending else max(self._next_at, self._turns_at)

    def leave(self) -> None:
        """Show nothing any more."""
        if self._page:
            self._page.close()
            self._page = None

    def hear(self, message: bytes, time: float) -> None:
        """What a player does, at its moment (s), is to be shown with the next `flush`."""
        if self._page and self._page.open and message[0] < _SYSEX:
            self._heard.append((time, message.hex()))

    def flush(self) -> None:
        """Show what was heard: a burst is one event for those who watch."""
        heard, self._heard = self._heard, []
        for first in range(0, len(heard), _PORTION):
            if self._page and self._page.open:
                self._page.send(json.dumps({"heard": heard[first : first + _PORTION]}).encode())

    def order(self, orders: Sequence[Order]) -> None:
        """Show what is to be played, and what no longer is."""
        if not (orders and self._page and self._page.open):
            return
        said = [{"revoke": order.after, "orders": []} for order in orders if isinstance(order, Revoke)]
        if dues := [[due.time, due.message.hex()] for due in orders if isinstance(due, Due)]:
            said.append({"orders": dues})
        for one in said:
            self._page.send(json.dumps(one).encode())

    def show(self, session: Session, now: float) -> None:
        """Send a picture where there is something new in it and the last one was long enough ago."""
        led = session.led(now)
        beats = session.metre.beat_of(now) // 1 if led and not session.halted else None if led else session.metre
        word, self._turns_at = turn(session, now)
        state = (session.memory.past.count, word, len(session.planned), led, session.halted, beats)
        self._pending = state != self._shown
        if not self._pending or now < self._next_at or not self._page or not self._page.open:
            return
        self._next_at = now + EVERY_S
        self._page.flush()
        if self._page.congested:
            return
        self._shown, self._pending = state, False
        self._page.send(json.dumps(picture(session, now)).encode())


def turn(session: Session, now: float) -> tuple[str, float]:
    """Whose turn it is at `now` (s), and when at the soonest that changes by itself.

    listening  to the player
    thinking   it is Antiphon's turn, and nothing of it sounds yet
    playing    what it plays sounds, or is between two notes
    """
    if session.answering:
        first = min((event.time for event in session.planned if event.kind is Kind.NOTE_ON), default=_NEVER)
        return ("playing", _NEVER) if session.begun or first <= now else ("thinking", first)
    due = session.due
    if due is not None and due <= now:
        return "thinking", _NEVER
    return "listening", _NEVER if due is None else due


def picture(session: Session, now: float) -> dict[str, Any]:  # JSON
    """{"time", "turn", "events", "played": [[time, kind, pitch, velocity, own, surprise]...], "ahead": the same without
    "surprise", "sounding", "tempo", "beat", "bar", "clock"}

    turn      "listening", "thinking" or "playing"
    played    the last of it; whoever has missed some knows by the next which of our keys are still down
    surprise  nats: of what others did, how unexpected it was to the model; of its own, how unsure it was of it, given
              what it was allowed; null where nothing was expected or chosen
    sounding  these keys, 128 for the pedal
    tempo     beats a minute
    beat      which beat of the bar it is, 1 the first; with its fraction
    bar       which bar it is, 1 the first
    clock     "own", or of a clock that is heard "running" or "stopped"
    """
    metre, beats = session.metre, int(session.parameters.beats)
    bar, beat = divmod(metre.beat_of(now), beats)
    played = [[*_row(p.event), p.own, _surprise(p)] for p in list(session.happened)[-_LATEST:]]
    return {
        "time": now,
        "turn": turn(session, now)[0],
        "events": session.memory.past.count,
        "played": played,
        "ahead": [[*_row(event), True] for event in session.planned],
        "sounding": session.sounding,
        "tempo": round(metre.tempo_bpm, 3),
        "beat": round(beat + 1, 4),
        "bar": int(bar) + 1,
        "clock": "stopped" if session.halted else "running" if session.led(now) else "own",
    }


def _surprise(played: Played) -> float | None:
    if played.log_p is None or math.isnan(played.log_p):
        return None
    return round(min(max(0.0, -played.log_p), MOST_NATS), 2)


def _row(event: Event) -> list[float]:
    return [round(event.time, 4), int(event.kind), event.pitch, event.velocity]
