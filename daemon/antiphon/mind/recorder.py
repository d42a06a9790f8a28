"""What the mind does for a take: keeps each call to the session and its orders, and sends them to the scribe.

Writes no file and waits for nobody. Where the scribe does not keep up, frames are dropped and counted.
"""

import platform
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from antiphon.core.due import Due, Order
from antiphon.core.model import Identified
from antiphon.core.parameters import Parameters
from antiphon.core.session import Session
from antiphon.core.tape import TICK, Frame, Kind, opening, ordered, packed, pieces
from antiphon.core.taped import TapedSession
from antiphon.lines import Line
from antiphon.music.events import Seconds
from antiphon.music.ledger import owing

SILENCE_S: Final = 30.0
"""After so long a silence the next note begins another performance, if nobody says otherwise."""
ROOM: Final = 8 << 20
"""Bytes kept for a scribe that does not keep up."""
_ALONE: Final = 1 << 20
"""Bytes kept for one that may never come."""
_PARCEL: Final = 55_000
_TICKS: Final = 24
"""Ticks of a clock that go on the tape together, half a second of them: that is what a mind that is killed may lose."""
_REAL_TIME: Final = 0xF8


class Recorder:
    """A tape of what a session of `model` is told and orders. `line` leads to the scribe, once there is one."""

    def __init__(self, model: Identified, horizon_s: float) -> None:
        self._model, self._horizon_s = model, horizon_s
        self._line: Line | None = None
        self._met = False
        self._waiting = deque[bytes]()
        self._ticks = list[Frame]()  # of a clock, not put on the tape yet
        self._size = self._lost = 0
        self._sounded_at, self._silence_s = float("-inf"), SILENCE_S

    def open(self, parameters: Parameters, now: float, memory: bytes = b"") -> TapedSession:
        """A session whose calls are kept, on another tape than the one before."""
        session = TapedSession(self._model, parameters, self._take, now, self._horizon_s)
        said = {**about(self._model, parameters, self._horizon_s), "replays": True}
        for frame in opening(now, said, list(pieces(memory))):
            self._keep(packed([frame]))
        return session

    def play_with(self, model: Identified) -> None:
        """Tapes that are opened from now on say that this model plays."""
        self._model = model

    def meet(self, line: Line, silence_s: float, session: Session) -> None:
        """There is a scribe, or another one. What the one before had not written is lost, so its tape ends there."""
        self.part()
        self._line, self._silence_s = line, silence_s
        if self._met or self._lost:
            self._drop()
            self._lost, now = 0, time.monotonic()
            for frame in opening(now, {**about(self._model, session.parameters, self._horizon_s), "replays": False}):
                self._keep(packed([frame]))
        self._met = True

    def part(self) -> None:
        """There is no scribe any more."""
        if self._line:
            self._line.close()
            self._line = None

    def ends(self, session: Session, message: bytes, now: float) -> bool:
        """True where this message begins another performance: the first note after a long silence."""
        silent = now - self._sounded_at >= self._silence_s and self._sounded_at > float("-inf")
        return silent and owing(message) is not None and session.deadline is None and session.fed

    def hushed(self, now: float) -> None:
        """What was ours was released by the stage, or by another stage."""
        self._keep(packed([Frame(Kind.HUSHED, Seconds(now))]))

    def flush(self) -> None:
        """Send what there is room for."""
        if not self._line or not self._waiting:
            return
        self._line.flush()
        while self._waiting and not self._line.congested:
            parcel = bytearray()
            while self._waiting and len(parcel) + len(self._waiting[0]) <= _PARCEL:
                parcel += self._waiting.popleft()
            self._size -= len(parcel)
            self._line.send(bytes(parcel))
        if not self._line.open:
            self.part()

    def _take(self, call: Frame, orders: Sequence[Order]) -> None:
        if call.kind is Kind.HEARD and call.payload == TICK and not orders:
            self._ticks.append(call)
            if len(self._ticks) >= _TICKS:
                self._settle()
            return
        sounds = any(isinstance(order, Due) for order in orders)
        message = call.payload if call.kind is Kind.STEERED else call.played
        if sounds or (message and message[0] < _REAL_TIME):
            self._sounded_at = call.time
        late_us = max(0, int((time.monotonic() - call.time) * 1e6)) if orders else 0
        self._keep(packed([Frame(call.kind, call.time, late_us, call.payload), *ordered(orders)]))

    def _settle(self) -> None:
        """The ticks heard so far go on the tape."""
        if self._ticks:
            frames, self._ticks = packed(self._ticks), []
            self._keep(frames)

    def _keep(self, frames: bytes) -> None:
        self._settle()
        if self._size + len(frames) > (ROOM if self._met else _ALONE):
            self._drop()
        if self._lost and self._size == 0:
            self._waiting.append(packed([Frame(Kind.LOST, Seconds(time.monotonic()), self._lost)]))
            self._size, self._lost = len(self._waiting[-1]), 0
        self._waiting.append(frames)
        self._size += len(frames)

    def _drop(self) -> None:
        self._lost += len(self._waiting)
        self._waiting.clear()
        self._size = 0


def about(model: Identified, parameters: Parameters, horizon_s: float) -> dict[str, Any]:  # JSON
    """What a tape says at its head of the session on it."""
    return {
        "model": model.name,
        "found_at": model.found_at,
        "sha256": model.sha256,
        "machine": platform.machine(),
        "horizon": horizon_s,
        "parameters": dict(parameters.values),
    }
