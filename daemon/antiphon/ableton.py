"""Ableton Link as a MIDI clock: what others share of tempo and bars is followed by Antiphon, or by what else listens.

A program of its own beside the daemon: Link's library talks to the network, and nothing that plays notes does.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, Protocol

from antiphon.core.messages import Beat
from antiphon.errors import AntiphonError, PortError
from antiphon.extras import install
from antiphon.music.events import Seconds
from antiphon.stage.library import midi_library
from antiphon.stage.metronome import Metronome
from antiphon.terminal import stopped_by_signals

if TYPE_CHECKING:  # rtmidi may be impossible to load
    from antiphon.stage.ports import Ports

OURS: Final = "Antiphon in"
"""A part of the name of the port that the daemon listens at."""
LOOK_S: Final = 0.005
"""How often the session is asked for its beats: somebody may turn the tempo."""
_FOLLOW_S: Final = 0.5
_SHARP_S: Final = 0.0002
_MICRO: Final = 1e-6
_CLIENT: Final = "Antiphon link"
_REMEDY: Final = "Ableton Link is an extra, of a library under the GPL: "


class Shared(Protocol):
    """A session whose tempo and bars are shared with others."""

    @property
    def peers(self) -> int:
        """How many others share it."""

    def beat(self, now: Seconds) -> Beat:
        """The beats as they are at `now` (s, monotonic)."""


class Session:
    """Ableton Link's own, on the local network.

    tempo      beats in a minute, which count until somebody else is there
    bar        beats in a bar (Link's quantum)
    transport  whether it runs only while the others have pressed play; else always
    """

    def __init__(self, tempo: float, bar: int, transport: bool) -> None:
        try:
            import link
        except ImportError as error:
            raise AntiphonError(_REMEDY + install("link")) from error
        self._bar, self._transport = bar, transport
        self._link = link.Link(tempo)
        self._link.startStopSyncEnabled = transport
        self._link.enabled = True

    @property
    def peers(self) -> int:
        """How many others share it."""
        return int(self._link.numPeers())

    def beat(self, now: Seconds) -> Beat:
        """The beats as they are at `now`, translated from Link's own clock."""
        state = self._link.captureSessionState()
        there = self._link.clock().micros() + (now - time.monotonic()) / _MICRO
        runs = not self._transport or state.isPlaying()
        return Beat(now, state.beatAtTime(round(there), self._bar), 60.0 / state.tempo(), self._bar, runs)

    def close(self) -> None:
        """Leave the others."""
        self._link.enabled = False


class Leader:
    """Sends the clock of a session. `tell` is told who is there and how fast, whenever that has changed."""

    def __init__(self, session: Shared, send: Callable[[bytes], None], tell: Callable[[str], None]) -> None:
        self._session, self._send, self._tell = session, send, tell
        self._metronome = Metronome()
        self._told = ""

    def step(self, now: Seconds) -> Seconds:
        """Send what is due at `now` (s, monotonic); when to come again."""
        beat = self._session.beat(now)
        for message in [*self._metronome.follow(beat, now), *self._metronome.due(now)]:
            self._send(message)
        said = f"Link: {self._session.peers} others, {60.0 / beat.beat_s:.1f} bpm{'' if beat.runs else ', stopped'}"
        if said != self._told:
            self._told = said
            self._tell(said)
        return Seconds(min(now + LOOK_S, self._metronome.next or now + LOOK_S))

    def close(self) -> None:
        """Say that the clock has stopped."""
        for message in self._metronome.farewell():
            self._send(message)


def lead(session: Shared, backend: str, name: str, tell: Callable[[str], None]) -> None:
    """Send a session's clock to the output whose name holds `name`, whenever it is there, until INT, TERM or HUP comes.
    Raises PortError where there is no MIDI or its server goes."""
    stops = list[bool]()
    with _opened(backend, name) as ports, stopped_by_signals(lambda: stops.append(True)):
        leader, follow_at = Leader(session, ports.send, tell), 0.0
        try:
            while not stops:
                if (now := Seconds(time.monotonic())) >= follow_at:
                    follow_at = now + _FOLLOW_S
                    ports.follow()
                    _pass_on(ports, tell)
                _wait(leader.step(now))
        finally:
            leader.close()


def _wait(moment: Seconds) -> None:
    """The last of it is counted out, as the stage does."""
    time.sleep(max(0.0, moment - _SHARP_S - time.monotonic()))
    while time.monotonic() < moment:
        pass


def _pass_on(ports: "Ports", tell: Callable[[str], None]) -> None:
    notices, ports.notices[:] = ports.notices[:], []
    for notice in notices:
        tell(notice)
    if not ports.alive():
        raise PortError("the MIDI system has gone; start it again")


@contextlib.contextmanager
def _opened(backend: str, name: str) -> "Iterator[Ports]":
    with midi_library():
        from antiphon.stage.backends import JACK, choose, new_output
        from antiphon.stage.devices import Output
        from antiphon.stage.lifeline import Lifeline
        from antiphon.stage.plug import Plug
        from antiphon.stage.ports import Ports
        from antiphon.stage.quiet import quiet
    chosen = choose(backend)
    with quiet():
        device = new_output(chosen, _CLIENT)
        plug = Plug(device, "", name, "clock")
        ports = Ports([], [Output(device, plug)], Lifeline.to_server() if chosen.name == JACK else None)
    ports.follow()
    if lacks := plug.lacks():
        ports.notices.append(f"no MIDI output {lacks}  (waiting for it)")
    try:
        yield ports
    finally:
        ports.close()
