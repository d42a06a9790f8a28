"""Ports keep the order of what comes in, never lose a release, and never speak to a dead server."""

import socket
from collections.abc import Iterator

import pytest
import rtmidi

from antiphon.errors import PortError
from antiphon.stage.backends import BACKENDS
from antiphon.stage.devices import Input, Output
from antiphon.stage.lifeline import Lifeline
from antiphon.stage.ports import Ports, matching, open_ports

ON, OFF, OTHER_ON, OTHER_OFF = (bytes.fromhex(message) for message in ("903c40", "803c40", "904040", "804040"))


class FakeDevice:
    """An rtmidi device without a backend: gives what it is given, and refuses while it is full."""

    def __init__(self, arriving: list[tuple[list[int], float]] | None = None) -> None:
        self.arriving = arriving or []
        self.sent: list[bytes] = []
        self.full = False
        self.closed = False

    def get_message(self) -> tuple[list[int], float] | None:
        return self.arriving.pop(0) if self.arriving else None

    def send_message(self, message: bytes) -> None:
        if self.full:
            raise rtmidi.SystemError("MidiOutAlsa::sendMessage: error sending MIDI message to port.")
        self.sent.append(message)

    def get_ports(self) -> list[str]:
        return []

    def open_port(self, port: int, name: str) -> object:
        return self

    def open_virtual_port(self, name: str) -> object:
        return self

    def set_port_name(self, name: str) -> None: ...

    def close_port(self) -> None: ...

    def delete(self) -> None:
        self.closed = True


@pytest.fixture
def server() -> Iterator[tuple[socket.socket, Lifeline]]:
    """The server's end of a lifeline, and ours."""
    theirs, ours = socket.socketpair()
    yield theirs, Lifeline(ours)
    theirs.close()
    ours.close()


def test_messages_of_one_input_come_in_their_order() -> None:
    device = FakeDevice([([*ON], 0.0), ([*OFF], 0.1), ([0xF8], 0.0)])
    assert Ports([Input(device, "in")], []).receive() == [ON, OFF, b"\xf8"]


def test_messages_of_several_inputs_are_put_in_the_order_of_their_moments() -> None:
    moments = iter((10.0, 10.0, 20.0, 20.0))
    early, late = FakeDevice([([*ON], 0.0)]), FakeDevice([([*OTHER_ON], 0.0)])
    ports = Ports([Input(device, "in", lambda: next(moments)) for device in (early, late)], [])
    assert ports.receive() == [ON, OTHER_ON]
    early.arriving, late.arriving = [([*OFF], 0.2), ([*ON], 5.0)], [([*OTHER_OFF], 0.1), ([*OTHER_ON], 1.0)]
    assert ports.receive() == [OTHER_OFF, OFF, OTHER_ON, ON]


def test_a_full_port_loses_starts_and_plays_the_releases_when_it_can() -> None:
    device = FakeDevice()
    ports = Ports([], [Output(device, "out")])
    ports.send(ON)
    device.full = True
    for message in (OTHER_ON, OFF, OTHER_OFF, OFF):
        ports.send(message)
    device.full = False
    ports.send(ON)
    assert device.sent == [ON, OFF, OTHER_OFF, ON]


def test_a_full_port_does_not_stop_another() -> None:
    full, free = FakeDevice(), FakeDevice()
    ports = Ports([], [Output(full, "full"), Output(free, "free")])
    full.full = True
    ports.send(OFF)
    assert (full.sent, free.sent) == ([], [OFF])
    full.full = False
    assert ports.receive() == []
    assert (full.sent, free.sent) == ([OFF], [OFF])


def test_closing_gives_up_on_a_port_that_stays_full() -> None:
    device = FakeDevice()
    ports = Ports([], [Output(device, "out")])
    device.full = True
    ports.send(OFF)
    ports.close()
    assert device.closed


def test_a_server_that_went_is_an_error_once_and_is_sent_nothing(server: tuple[socket.socket, Lifeline]) -> None:
    theirs, lifeline = server
    device = FakeDevice([([*ON], 0.0)])
    ports = Ports([Input(device, "in")], [Output(device, "out")], lifeline)
    ports.send(ON)
    assert ports.alive()
    theirs.close()
    assert not ports.alive()
    with pytest.raises(PortError, match="the JACK server has gone; start it again"):
        ports.send(OFF)
    ports.send(OFF)
    assert (ports.receive(), device.sent) == ([], [ON])
    ports.close()
    assert device.closed


def test_a_name_given_in_part_is_the_first_port_that_holds_it_and_a_whole_name_is_that_port() -> None:
    found = ["Grand Piano:out", "Piano:out", "Organ:out"]
    assert matching(["PIANO", "organ"], found, "input") == ["Grand Piano:out", "Organ:out"]
    assert matching(["piano:OUT"], found, "input") == ["Piano:out"]
    assert matching(["grand", "grand p"], found, "input") == ["Grand Piano:out"]


def test_where_nothing_is_found_the_error_says_so() -> None:
    with pytest.raises(PortError) as refused:
        matching(["piano"], [], "output")
    assert str(refused.value) == "no MIDI output named 'piano'; found: none"


def test_windows_has_no_ports_of_our_own_and_says_what_to_install() -> None:
    windows = next(backend for backend in BACKENDS if backend.name == "winmm")
    with pytest.raises(PortError, match="install loopMIDI"):
        open_ports(windows)
