"""Ports keep the order of what comes in, never lose a release, and never speak to a dead server."""

import socket
from collections.abc import Iterator

import pytest
from tests.daemon.stage.fake_device import FakeDevice

from antiphon.core.zones import Role, Sorted, parse
from antiphon.errors import PortError
from antiphon.music.ledger import Ledger
from antiphon.stage.arrival import Arrival
from antiphon.stage.backends import BACKENDS
from antiphon.stage.devices import CARRIED_S, CONNECTED_S, LARGEST, Input, Output
from antiphon.stage.lifeline import Lifeline
from antiphon.stage.opening import open_ports
from antiphon.stage.plug import Plug, fitting
from antiphon.stage.ports import Ports
from antiphon.stage.thru import Thru

PEDAL, PEDAL_UP = b"\xb0\x40\x7f", b"\xb0\x40\x00"
ON, OFF, OTHER_ON, OTHER_OFF = (bytes.fromhex(message) for message in ("903c40", "803c40", "904040", "804040"))


def received(ports: Ports) -> list[bytes]:
    return [arrival.message for arrival in ports.receive()]


@pytest.fixture
def server() -> Iterator[tuple[socket.socket, Lifeline]]:
    """The server's end of a lifeline, and ours."""
    theirs, ours = socket.socketpair()
    yield theirs, Lifeline(ours)
    theirs.close()
    ours.close()


def test_messages_of_one_input_come_in_their_order() -> None:
    device = FakeDevice([([*ON], 0.0), ([*OFF], 0.1), ([0xF8], 0.0)])
    assert received(Ports([Input(device, "in")], [])) == [ON, OFF, b"\xf8"]


def test_what_a_look_finds_is_received_in_its_place_with_its_moment() -> None:
    device, out = FakeDevice(), FakeDevice()
    ports = Ports([Input(device, "a")], [output := Output(out, "b")])
    assert not ports.stirs()
    device.arriving = [([0x90, 60, 1], 0.0), ([0x90, 61, 1], 0.5)]
    assert ports.stirs()
    assert ports.stirs()
    assert received(ports) == [b"\x90\x3c\x01", b"\x90\x3d\x01"]
    assert not ports.stirs()
    ports.give(b"\x90\x3e\x01")
    assert ports.stirs()
    ports.receive()
    output.send(b"\x90\x3c\x01")
    out.full = True
    output.send(b"\x80\x3c\x00")
    assert ports.stirs(), "a release waits"


def test_a_flood_of_what_is_no_message_is_looked_at_so_much_at_a_time_and_no_more() -> None:
    device = FakeDevice([([0xB0], 0.0)] * 2000)
    ports = Ports([Input(device, "in")], [])
    assert (received(ports), len(device.arriving)) == ([], 2000 - 512)


def test_messages_of_several_inputs_are_put_in_the_order_of_their_moments() -> None:
    moments = iter((10.0, 10.0, 20.0, 20.0))
    early, late = FakeDevice([([*ON], 0.0)]), FakeDevice([([*OTHER_ON], 0.0)])
    ports = Ports([Input(device, "in", None, lambda: next(moments)) for device in (early, late)], [])
    assert received(ports) == [ON, OTHER_ON]
    early.arriving, late.arriving = [([*OFF], 0.2), ([*ON], 5.0)], [([*OTHER_OFF], 0.1), ([*OTHER_ON], 1.0)]
    assert received(ports) == [OTHER_OFF, OFF, OTHER_ON, ON]


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


def test_a_port_that_goes_and_returns_is_released_of_what_it_was_left_with_and_another_is_not_cut() -> None:
    organ, piano = FakeDevice(others=["Organ:in"]), FakeDevice(others=["Piano:in"])
    now = [10.0]
    outputs = [
        Output(device, Plug(device, pattern=name), Ledger(), lambda: now[0])
        for device, name in ((organ, "organ"), (piano, "piano"))
    ]
    ports = Ports([], outputs)
    ports.follow()
    ports.send(ON)
    organ.others = []
    ports.follow()
    ports.send(OTHER_ON)
    organ.others = ["Organ:in"]
    ports.follow()
    ports.receive()
    assert organ.sent == [ON], "JACK would lose it, so soon"
    now[0] += CONNECTED_S
    ports.receive()
    assert (organ.sent, piano.sent) == ([ON, OFF], [ON, OTHER_ON])


def test_another_stage_releases_each_port_of_what_it_was_left_with_whenever_it_comes() -> None:
    accounts, now = [Ledger(), Ledger()], [10.0]
    for account, message in zip(accounts, (ON, OTHER_ON), strict=True):
        account.note(message)
    here, late = FakeDevice(), FakeDevice()
    outputs = [
        Output(here, "here", accounts[0], lambda: now[0]),
        Output(late, Plug(late, pattern="late"), accounts[1], lambda: now[0]),
    ]
    ports = Ports([], outputs)
    ports.settle()
    now[0] += CONNECTED_S
    ports.receive()
    assert (here.sent, late.sent) == ([OFF], [])
    late.others = ["late:in"]
    ports.follow()
    now[0] += CONNECTED_S
    ports.receive()
    assert (here.sent, late.sent) == ([OFF], [OTHER_OFF])
    assert [account.owed() for account in accounts] == [[], [OTHER_OFF]], "it may still be lost if this stage dies"
    now[0] += CARRIED_S
    ports.receive()
    assert [account.owed() for account in accounts] == [[], []]


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
    assert [fitting(name, found) for name in ("PIANO", "organ", "piano:OUT", "harp")] == [
        "Grand Piano:out",
        "Organ:out",
        "Piano:out",
        None,
    ]


def test_windows_has_no_ports_of_our_own_and_says_what_to_install() -> None:
    windows = next(backend for backend in BACKENDS if backend.name == "winmm")
    with pytest.raises(PortError, match="install loopMIDI"):
        open_ports(windows)


def test_a_port_that_is_not_there_yet_is_connected_when_it_comes_and_again_when_it_returns() -> None:
    device = FakeDevice()
    ports = Ports([], [Output(device, Plug(device, pattern="organ"))])
    seen = []
    for there in ([], ["Harp:in", "Organ:in"], ["Harp:in", "Organ:in"], ["Harp:in"], ["Pipe Organ:in"]):
        device.others = there
        seen.append((ports.follow(), device.connected, ports.outputs))
    assert seen == [
        (False, None, ()),
        (True, "Organ:in", ("Organ:in",)),
        (False, "Organ:in", ("Organ:in",)),
        (True, None, ()),
        (True, "Pipe Organ:in", ("Pipe Organ:in",)),
    ]
    assert ports.notices == ["the MIDI output 'Organ:in' has gone  (waiting for it)"]


def test_a_preferred_port_that_comes_later_is_taken_and_nothing_hangs_at_the_other() -> None:
    device, now = FakeDevice(others=["Piano:in"]), [10.0]
    ports = Ports([], [Output(device, Plug(device, pattern="organ | piano"), now=lambda: now[0])])
    ports.follow()
    ports.send(ON)
    device.others = ["Piano:in", "Organ:in"]
    assert (ports.follow(), device.sent, device.connected) == (False, [ON, OFF], "Piano:in")
    ports.send(OTHER_ON)  # begins nothing there any more
    now[0] += CARRIED_S
    ports.receive()
    assert (ports.follow(), device.sent, device.connected) == (True, [ON, OFF], "Organ:in")
    ports.send(OTHER_ON)
    assert device.sent == [ON, OFF, OTHER_ON]
    assert (ports.follow(), ports.notices) == (False, ["'Piano:in' makes way: a port that you prefer has come"])


def test_what_is_held_on_an_input_that_makes_way_is_heard_as_let_go_of() -> None:
    device = FakeDevice(others=["Keys:out"])
    ports = Ports([Input(device, Plug(device, pattern="stage|keys"))], [])
    ports.follow()
    device.arriving = [([*ON], 0.0)]
    ports.receive()
    device.others = ["Keys:out", "Stage:out"]
    assert (ports.follow(), ports.inputs) == (True, ("Stage:out",))
    assert ports.receive() == [Arrival(OFF, False)]


def test_what_is_played_to_a_port_that_is_not_there_is_forgotten() -> None:
    device = FakeDevice()
    ports = Ports([], [Output(device, Plug(device, pattern="organ"))])
    ports.send(ON)
    device.others = ["Organ:in"]
    ports.follow()
    ports.send(OFF)
    assert device.sent == [OFF]


def test_it_never_connects_to_itself_nor_twice_to_the_same_port() -> None:
    listening, first, second = FakeDevice(others=["Antiphon out:out"]), FakeDevice(), FakeDevice()
    own = Plug(first, "Antiphon out:out")
    inputs = [Input(listening, Plug(listening, pattern="antiphon")), Input(second, Plug(second, pattern="antiphon"))]
    ports = Ports(inputs, [Output(first, own)])
    assert (ports.follow(), ports.inputs) == (False, ())
    listening.others = second.others = ["Antiphon out:out", "Antiphon out-01:out"]
    assert (ports.follow(), ports.inputs) == (True, ("Antiphon out-01:out",))


def test_what_is_held_on_a_port_that_goes_is_heard_as_let_go_of() -> None:
    device = FakeDevice(others=["Keys:out"])
    ports = Ports([Input(device, Plug(device, pattern="keys"), Thru(True))], [])
    ports.follow()
    device.arriving = [([*ON], 0.0), ([*OTHER_ON], 0.0), ([*OFF], 0.0)]
    ports.receive()
    device.others = []
    ports.follow()
    assert ports.receive() == [Arrival(OTHER_OFF, True)]
    assert ports.receive() == []


@pytest.mark.parametrize(
    ("word", "passing"),
    [
        (False, [False, False, False]),
        (True, [True, True, True]),
        ({"channels": [1]}, [True, False, True]),
        ({"channels": [2], "inputs": ["KEY"]}, [False, True, True]),
        ({"inputs": ["organ"]}, [False, False, False]),
    ],
)
def test_only_what_is_wanted_passes(word: bool | dict[str, list[str]], passing: list[bool]) -> None:
    device = FakeDevice([([0x90, 60, 64], 0.0), ([0x91, 60, 64], 0.0), ([0xF8], 0.0)])
    ports = Ports([Input(device, "Keys:out", Thru.of(word))], [])
    assert [arrival.passes for arrival in ports.receive()] == passing


def test_what_passes_behind_a_command_is_still_the_players_own_and_no_echo_of_ours() -> None:
    device, out = FakeDevice(), FakeDevice()
    keys = Input(device, "keys", Thru(True))
    ports = Ports([keys], [Output(out, "out")])
    for number in range(12):  # far more in a row than make a loop
        key = bytes((0x90, 60 + number, 64))
        device.arrive(0xC0, number)
        device.arrive(*key)
        assert received(ports) == [bytes((0xC0, number)), key]
        ports.send(key)  # the program change was a command, and is not sent on
        device.arrive(*key)
        assert received(ports) == [key], "the player again"
        ports.send(key)
    assert not keys.echo.looped


def test_each_input_is_in_its_zone_and_what_only_commands_is_not_sent_on() -> None:
    chords, pads = (FakeDevice([([*ON], 0.0)]) for _ in range(2))
    inputs = [Input(chords, "Chords:out", Thru(True)), Input(pads, "Pads:out", Thru(True))]
    ports = Ports(inputs, [])
    ports.divide([parse("in chords = harmony"), parse("in pads = commands")])
    assert [(one.passes, one.heard) for one in ports.receive()] == [
        (True, (Sorted(ON, Role.HARMONY),)),
        (False, (Sorted(ON, Role.COMMANDS),)),
    ]


def test_a_key_that_is_struck_again_where_it_only_commands_now_ends_as_the_music_that_it_was() -> None:
    device = FakeDevice([([*ON], 0.0)])
    ports = Ports([Input(device, "Keys:out", Thru(True))], [])
    ports.receive()
    ports.divide([parse("keys 0..127 = commands")])
    for message in (ON, OFF, OFF):
        device.arrive(*message)
    found = ports.receive()
    assert [(one.passes, one.message, [each.role for each in one.heard]) for one in found] == [
        (True, OFF, [Role.PLAYS]),
        *((False, message, [Role.COMMANDS]) for message in (ON, OFF, OFF)),
    ]


def test_what_is_held_in_a_zone_on_a_port_that_goes_is_let_go_of_there() -> None:
    device = FakeDevice([([*ON], 0.0)], others=["Keys:out"])
    ports = Ports([Input(device, Plug(device, pattern="keys"))], [])
    ports.divide([parse("in keys = harmony")])
    ports.follow()
    ports.receive()
    device.others = []
    ports.follow()
    assert [one.heard for one in ports.receive()] == [(Sorted(OFF, Role.HARMONY),)]


def test_a_message_too_large_for_a_port_is_refused_and_said_once() -> None:
    device = FakeDevice()
    ports = Ports([], [Output(device, "out")])
    large = bytes((0xF0, *[1] * LARGEST, 0xF7))
    for message in (large, large, ON, large[: LARGEST - 1]):
        ports.send(message)
    assert device.sent == [ON, large[: LARGEST - 1]]
    assert ports.notices == [f"a message of {LARGEST + 2} bytes was not sent on; {LARGEST} is the most"]


def test_a_release_is_owed_until_it_has_surely_left_and_what_is_pressed_again_meanwhile_is_owed_once() -> None:
    account, now, device = Ledger(), [10.0], FakeDevice()
    ports = Ports([], [Output(device, "out", account, lambda: now[0])])
    for message in (ON, OFF, PEDAL, PEDAL_UP):
        ports.send(message)
    assert account.owed() == [OFF, PEDAL_UP], "they lie in a buffer that dies with us"
    now[0] += CARRIED_S / 2
    ports.send(PEDAL)
    ports.send(ON)
    assert account.owed() == [OFF, PEDAL_UP]
    now[0] += CARRIED_S
    ports.receive()
    assert account.owed() == [OFF, PEDAL_UP], "of what is down now"
    ports.send(OFF)
    ports.send(PEDAL_UP)
    now[0] += CARRIED_S
    ports.receive()
    assert account.owed() == []


def test_what_is_held_on_an_input_that_nobody_plays_to_any_more_is_let_go_of() -> None:
    keys, other = FakeDevice(), FakeDevice()
    ports = Ports([Input(keys, "keys", Thru(True)), Input(other, "other", Thru(True))], [])
    keys.arrive(*ON)
    other.arrive(*OTHER_ON)
    assert len(ports.receive()) == 2
    ports.let_go("keys")
    [arrival] = ports.receive()
    assert (arrival.message, arrival.passes) == (OFF, True)
    ports.let_go("keys")
    assert ports.receive() == []
