"""Whoever connects to our MIDI input: the stage from the port on, the line to the mind, and its session,
in virtual time. Bytes that mean something and bytes that mean nothing come."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.daemon.stage.fake_device import FakeDevice
from tests.fakes import FakeModel, Taste

from antiphon import loopback
from antiphon.core.acts import EVERY
from antiphon.core.controls import Controls
from antiphon.core.controls import parse as control
from antiphon.core.messages import Heard, packed, unpacked
from antiphon.core.parameters import Parameters
from antiphon.core.session import Session
from antiphon.core.trigger import trigger
from antiphon.core.zones import parse as zone
from antiphon.lines import Line, pair
from antiphon.music.events import Seconds
from antiphon.music.ledger import Ledger
from antiphon.stage.commands import Commands
from antiphon.stage.devices import Input, Output
from antiphon.stage.distant import DistantMind
from antiphon.stage.loop import Loop
from antiphon.stage.ports import Ports
from antiphon.stage.thru import Thru

pytestmark = pytest.mark.skipif(loopback.used(), reason="what goes over loopback comes a little later")

STEP_S: Final = 0.05
"""Between two messages."""
AFTER_S: Final = 2.0
"""How long it goes on when all have come."""
WAKES_S: Final = 0.005
"""The machine is busy: no wait is shorter, for the test's own sake."""
PHRASE: Final = tuple(
    bytes.fromhex(message) for message in ("903c50", "803c40", "904050", "804040", "904350", "804340")
)
NO_MIDI: Final = (
    "b0",
    "80",
    "90",
    "903c",
    "9024",
    "3c50",
    "903cff",
    "90ff50",
    "b014ff",
    "c0",
    "c0ff",
    "903c503e",
    "f103f1",
)
"""Messages that end too soon or too late, or have no status, or data that are none."""


class House:
    """The clock of a stage, which has all the rest do its part whenever time passes."""

    def __init__(self, arriving: Iterable[bytes], learning: bool = False) -> None:
        self._arriving, self._time = list(arriving), 0.0
        self._input, self.output = FakeDevice(), FakeDevice()
        self.ports = Ports([Input(self._input, "in", Thru(True), self.now)], [Output(self.output, "out")])
        self.ports.divide([zone("keys 0..35 = harmony"), zone("on 10 = commands")])
        self._session = Session(FakeModel(Taste(0.2)), Parameters().changed(turn="pause", pause=0.5))
        ours, theirs = (Line(end) for end in pair())
        self._mind, self._line = DistantMind(lambda: None), theirs
        self._mind.meet(ours, 0)
        self._controls = Controls([control("cc 20 = temperature", EVERY), control("note 36 = another", EVERY)])
        self._commands = Commands(self._command)
        self._commands.places, self._commands.learning = self._controls.places, learning
        self._loop = Loop(self.ports, self._mind, self, command=self._commands.take)

    def run(self) -> list[bytes]:
        """All that has been sent, to the end."""
        try:
            self._loop.run()
        finally:
            self.ports.close()
            self._mind.part()
            self._line.close()
        return self.output.sent

    def now(self) -> Seconds:
        return Seconds(self._time)

    def wait_until(self, moment: Seconds, sharp: bool = False) -> None:
        self._pass(max(self._time + WAKES_S, moment))

    def doze(self, moment: Seconds, every_s: float, stirs: Callable[[], bool]) -> None:
        while self._time < moment and not stirs() and not self._mind.called:
            self._pass(min(moment, self._time + every_s))

    def _pass(self, moment: float) -> None:
        if self._arriving and moment // STEP_S > self._time // STEP_S:
            self._input.arrive(*self._arriving.pop(0))
            self._end_s = moment + AFTER_S
        elif not self._arriving and moment > self._end_s:
            self._loop.stop()
        self._time = moment
        self._think(moment)

    def _think(self, now: float) -> None:
        orders = [
            order
            for parcel in self._line.received()
            for heard in unpacked(parcel)
            if isinstance(heard, Heard)
            for order in self._session.receive(heard.message, heard.time, heard.role, heard.memory)
        ]
        while (deadline := self._session.deadline) is not None and deadline <= now:
            orders += self._session.advance(now)
        for parcel in packed(orders):
            self._line.send(parcel)
            self._mind.called = True

    def _command(self, what: str, message: bytes) -> None:
        """What the guard makes of it."""
        if what == "control":
            Parameters().changed(**self._controls.hear(message).values)
        elif heard := trigger(message):
            control(f"{heard.text} = another", EVERY)


def sounding(sent: Sequence[bytes]) -> list[bytes]:
    """What is owed when all has been sent."""
    owed = Ledger()
    for message in sent:
        owed.note(message)
    return owed.owed()


_STATUS: Final = st.integers(0x80, 0xFF)
_ANY: Final = st.one_of(
    st.binary(min_size=1, max_size=5),
    st.builds(lambda status, data: bytes((status, *data)), _STATUS, st.binary(max_size=3)),
    st.builds(lambda status, *data: bytes((status, *data)), _STATUS, *2 * [st.integers(0, 127)]),
    st.binary(min_size=1, max_size=300).map(lambda data: b"\xf0" + data),
    st.sampled_from(PHRASE),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_ANY, min_size=1, max_size=24), st.booleans())
def test_whatever_bytes_come_to_an_input_nothing_falls_and_nothing_is_left_sounding(
    arriving: list[bytes], learning: bool
) -> None:
    assert sounding(House(arriving, learning).run()) == []


@pytest.mark.parametrize("learning", [False, True], ids=["", "learning"])
@pytest.mark.parametrize("text", NO_MIDI)
def test_what_is_no_whole_message_is_not_sent_on_commands_nothing_and_the_player_is_answered(
    text: str, learning: bool
) -> None:
    message, pad = bytes.fromhex(text), [bytes.fromhex("903050")] * learning  # the pad is learned, and not heard
    sent = House([message, *pad, message, *PHRASE, message], learning).run()
    assert tuple(sent[: len(PHRASE)]) == PHRASE
    assert len(sent) > len(PHRASE)
    assert sounding(sent) == []
