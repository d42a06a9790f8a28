"""One thread that hears, plays what is due, and never waits for anybody's thinking.

Knows moments and messages; what they mean is the session's. Whatever happens, it ends with every note released.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from antiphon.core.due import Order
from antiphon.core.messages import Beat
from antiphon.core.zones import COMMON, Role
from antiphon.music.events import Seconds
from antiphon.music.ledger import Ledger
from antiphon.stage.arrival import Arrival
from antiphon.stage.clock import Clock
from antiphon.stage.metronome import Metronome
from antiphon.stage.voice import Voice

LISTENING_S: Final = 0.0003
"""How often to look for input while someone plays. A player feels a few milliseconds."""
AWAKE_S: Final = 2.0
"""For how long after their last message someone is taken to be still playing."""
IDLE_S: Final = 0.002
"""How often to look when no one does."""
GONE_S: Final = 10.0
"""After so long a silence they have left the instrument."""
ASLEEP_S: Final = 0.005
"""How often to look then, for the sake of the battery."""
ALONE_S: Final = 0.02
"""How often to look while nobody is connected who could play to us. Whoever connects is seen at the next beat."""
DOZE_S: Final = 0.5
"""The longest doze, with looks all the while."""
_REAL_TIME: Final = 0xF8
"""From this status on a message is a clock or the like, and nobody's playing."""
_FAREWELL: Final = 256
"""Releases sent in one go at the end; PipeWire drops what is over some 300 in a cycle."""
_FAREWELL_S: Final = 0.003


class Session(Protocol):
    """Who decides what is played. Takes the time (s, monotonic) as an argument."""

    @property
    def deadline(self) -> Seconds | None:
        """When `advance` next has work: a moment not after now means at once, None not before something is heard."""

    def receive(self, message: bytes, now: Seconds, role: Role = Role.PLAYS, memory: int = COMMON) -> list[Order]:
        """Hear one message. Takes little time."""

    def advance(self, now: Seconds) -> list[Order]:
        """Do one piece of the work there is, of 3 ms at most."""

    def close(self, now: Seconds) -> list[Order]:
        """Release all that sounds."""


class Wire(Protocol):
    """Where messages come from and go to."""

    def receive(self) -> list[Arrival]:
        """What has arrived since the last call, in order, and whether it is to be sent on."""

    def stirs(self) -> bool:
        """Whether `receive` has something to do. Costs next to nothing."""

    def send(self, message: bytes) -> None:
        """Play a message now."""


@dataclass(frozen=True, slots=True)
class Books:
    """The two ledgers: of what is ours, and of what was passed on for the player."""

    ours: Ledger = field(default_factory=Ledger)
    passed: Ledger = field(default_factory=Ledger)


class Loop:
    """Carries messages between the ports and the session, each at its moment.

    What passes is sent to the output, byte for byte, before anything is made of it.

    command   takes the messages that are commands, and no music
    calls     how the messages begin that call for scenes: status and number; they are heard, and do not pass
    alone     whether it is known that nobody is connected to an input
    """

    def __init__(
        self,
        ports: Wire,
        session: Session,
        clock: Clock,
        books: Books | None = None,
        command: Callable[[bytes], bool] = lambda message: False,
        calls: frozenset[bytes] = frozenset(),
    ) -> None:
        self._ports, self._command, self._calls = ports, command, calls
        self._session = session
        self._clock = clock
        books = books or Books()
        self._voice = Voice(ports.send, books.ours, books.passed)
        self._metronome = Metronome()
        self._heard_at = Seconds(float("-inf"))
        self._stopping = self.alone = False

    def hush(self) -> None:
        """Release what is ours, and forget what was to come."""
        self._voice.hush()

    def panic(self) -> None:
        """Silence everything, whoever began it."""
        self._send_in_portions(self._voice.panic())

    def pace(self, beat: Beat) -> None:
        """Send a clock with these beats."""
        for message in self._metronome.follow(beat, self._clock.now()):
            self._ports.send(message)

    def stop(self) -> None:
        """End the performance: `run` releases every note and returns. Fit for a signal handler or another thread."""
        self._stopping = True

    def run(self) -> None:
        """Play until stopped. Raises what the ports (PortError) or the session raise, after releasing every note."""
        try:
            while not self._stopping:
                self._hear()
                self._play_due()
                self._think()
                self._play_due()
                self._rest()
        finally:
            self._release_everything()

    def _hear(self) -> None:
        heard = self._ports.receive()
        if not heard:
            return
        arrival = self._clock.now()
        if any(one.message[0] < _REAL_TIME for one in heard):
            self._heard_at = arrival
        for one in heard:
            if self._command(one.message):
                continue
            if one.passes and one.message[:2] not in self._calls:
                self._voice.pass_on(one.message)
            for message, role, memory in one.heard:
                self._voice.take(self._session.receive(message, arrival, role, memory))
            self._play_due()

    def _think(self) -> None:
        deadline = self._session.deadline
        if deadline is not None and deadline <= (now := self._clock.now()):
            self._voice.take(self._session.advance(now))

    def _play_due(self) -> None:
        if self._metronome.next is not None:
            for message in self._metronome.due(self._clock.now()):
                self._ports.send(message)
        if self._voice.next is not None:
            self._voice.play_due(self._clock.now())

    def _rest(self) -> None:
        now = self._clock.now()
        span = self._span(now - self._heard_at)
        moment, sharp = now + DOZE_S, False
        for due in (self._voice.next, self._metronome.next):
            if due is not None and due < moment:
                moment, sharp = due, True
        if (work := self._session.deadline) is not None and work < moment:
            moment, sharp = work, False
        if moment < now + 2 * span or span == LISTENING_S:
            self._clock.wait_until(Seconds(min(moment, now + span)), sharp and moment < now + span)
        else:
            self._clock.doze(Seconds(moment - span), span, self._stirred)

    def _stirred(self) -> bool:
        return self._stopping or self._ports.stirs()

    def _span(self, silent_s: float) -> float:
        """How long to wait after so much silence, if nothing is due."""
        if silent_s < AWAKE_S:
            return LISTENING_S
        if self.alone:
            return ALONE_S
        return IDLE_S if silent_s < GONE_S else ASLEEP_S

    def _release_everything(self) -> None:
        try:
            now = self._clock.now()
            self._voice.take(self._session.close(now))
            self._voice.play_due(now)
        finally:
            self._send_in_portions([*self._metronome.farewell(), *self._voice.farewell()])

    def _send_in_portions(self, messages: Iterable[bytes]) -> None:
        for number, message in enumerate(messages, start=1):
            self._ports.send(message)
            if number % _FAREWELL == 0:
                self._clock.wait_until(Seconds(self._clock.now() + _FAREWELL_S))
