"""A stage without MIDI hears the page, and notices when there is MIDI."""

import pytest

from antiphon.errors import PortError
from antiphon.stage.arrival import Arrival
from antiphon.stage.lookout import EAGER, SELDOM, Unplugged

NOTE = b"\x90\x3c\x40"


class System:
    """A MIDI system that comes when it is told to."""

    def __init__(self) -> None:
        self.there = False
        self.trace = self.looks = 0

    def look(self) -> object:
        self.looks += 1
        if not self.there:
            raise PortError("no MIDI backend works here")
        return self


@pytest.fixture
def system() -> System:
    return System()


@pytest.fixture
def ports(system: System) -> Unplugged:
    return Unplugged(system.look, lambda: system.trace)


def test_what_is_played_on_the_page_is_received_once_and_not_sent_on(ports: Unplugged) -> None:
    ports.give(NOTE)
    assert [ports.receive(), ports.receive()] == [[Arrival(NOTE, False)], []]


def test_once_there_is_midi_it_makes_way_for_a_stage_that_has_ports(ports: Unplugged, system: System) -> None:
    assert not ports.follow()
    assert ports.receive() == []
    system.there = True
    ports.follow()
    with pytest.raises(PortError, match="MIDI is there now"):
        ports.receive()


def test_it_looks_eagerly_at_first_and_whenever_a_server_may_have_come_and_seldom_otherwise(
    ports: Unplugged, system: System
) -> None:
    for _ in range(100):
        ports.follow()
    seldom = (100 - EAGER) // SELDOM + 1
    assert EAGER < system.looks <= EAGER + seldom
    before, system.trace = system.looks, 1
    for _ in range(EAGER):
        ports.follow()
    assert system.looks == before + EAGER
