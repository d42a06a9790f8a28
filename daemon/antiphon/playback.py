"""A take on a MIDI output, in time: by the loop and the voice that play live, so that nothing hangs when it stops."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from antiphon.core.due import Due, Order
from antiphon.core.zones import COMMON, Role
from antiphon.errors import PortError
from antiphon.music import wire
from antiphon.music.events import Seconds
from antiphon.music.wire import Timed
from antiphon.stage.library import midi_library
from antiphon.takes.performed import Performed
from antiphon.terminal import stopped_by_signals

if TYPE_CHECKING:  # rtmidi may be impossible to load
    from antiphon.stage.ports import Ports

_LEAD_S: Final = 0.5
"""Before the first note: JACK lists a connection some cycles before it is made."""
_TAIL_S: Final = 0.2
_SHARP_S: Final = 0.0002
_CLIENT: Final = "Antiphon take"


def play(found: Performed, backend: str, name: str | None, begun: Callable[[str], None]) -> None:
    """Play a performance, both sides, to the output whose name holds `name` (or the only one there is), until it is
    over or INT, TERM or HUP comes. `begun` is told the port's name. Raises PortError."""
    messages = sorted([*found.player, *found.ours], key=lambda timed: timed.time)
    with midi_library():
        from antiphon.stage.clock import keep_time
        from antiphon.stage.loop import Loop
    ports, port = _opened(backend, name)
    session = _Recorded(messages)
    loop = Loop(ports, session, _Clock())
    session.over = loop.stop
    try:
        with stopped_by_signals(loop.stop):
            keep_time()
            begun(port)
            loop.run()
        _put_back(ports.send, messages)
    finally:
        ports.close()


class _Recorded:
    """What was played as a Session: it orders everything at once, hears nothing, and says when it is over."""

    over: Callable[[], None]

    def __init__(self, messages: Sequence[Timed]) -> None:
        self._messages = messages
        self.deadline: Seconds | None = Seconds(float("-inf"))
        self._ends = Seconds(float("inf"))

    def receive(self, message: bytes, now: Seconds, role: Role = Role.PLAYS, memory: int = COMMON) -> list[Order]:
        return []

    def advance(self, now: Seconds) -> list[Order]:
        if now >= self._ends:
            self.deadline = None
            self.over()
            return []
        first = now + _LEAD_S
        orders: list[Order] = [Due(Seconds(first + timed.time), timed.message) for timed in self._messages]
        self._ends = Seconds(first + (self._messages[-1].time if self._messages else 0.0) + _TAIL_S)
        self.deadline = self._ends
        return orders

    def close(self, now: Seconds) -> list[Order]:
        return []


class _Clock:
    """Seconds, monotonic; the last of a sharp wait is counted out, as the stage does."""

    def now(self) -> Seconds:
        return Seconds(time.monotonic())

    def wait_until(self, moment: Seconds, sharp: bool = False) -> None:
        time.sleep(max(0.0, moment - (_SHARP_S if sharp else 0.0) - time.monotonic()))
        while sharp and time.monotonic() < moment:
            pass

    def doze(self, moment: Seconds, every_s: float, stirs: Callable[[], bool]) -> None:
        while not stirs() and (left := moment - time.monotonic()) > 0:
            time.sleep(min(every_s, left))


def _opened(backend: str, name: str | None) -> "tuple[Ports, str]":
    with midi_library():
        from antiphon.stage.backends import JACK, choose, dispose, new_output
        from antiphon.stage.devices import Output
        from antiphon.stage.lifeline import Lifeline
        from antiphon.stage.plug import fitting
        from antiphon.stage.ports import Ports
        from antiphon.stage.quiet import quiet
    chosen = choose(backend)
    with quiet():
        device = new_output(chosen, _CLIENT)
        try:
            there = device.get_ports()
            port = fitting(name, there) if name else _only([each for each in there if not _ours(each)])
            if port is None:
                what = f"no MIDI output named {name!r}" if name else "several MIDI outputs; name one with --out"
                raise PortError(f"{what}; found: {', '.join(there) or 'none'}")
            device.open_port(there.index(port), "out")
        except Exception:
            dispose(device)
            raise
    return Ports([], [Output(device, port)], Lifeline.to_server() if chosen.name == JACK else None), port


def _only(there: Sequence[str]) -> str | None:
    if not there:
        raise PortError("no MIDI output is there; start a synthesizer, or connect an instrument")
    return there[0] if len(there) == 1 else None


def _ours(port: str) -> bool:
    return port.startswith("Antiphon in")


def _put_back(send: Callable[[bytes], None], messages: Sequence[Timed]) -> None:
    """Controllers and pitch bend of the channels that moved any are as they were before."""
    moved = sorted({m.message[0] & 0x0F for m in messages if m.message[0] & 0xF0 in (wire.CONTROL, 0xE0)})
    for channel in moved:
        send(bytes((wire.CONTROL | channel, wire.RESET_CONTROLLERS, 0)))
