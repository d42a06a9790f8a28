"""Our ports on a real JACK server, heard and played by another process."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until

from antiphon.core.due import Due, Order
from antiphon.core.zones import COMMON, Role
from antiphon.music.events import Seconds
from antiphon.stage.backends import choose, look
from antiphon.stage.loop import AWAKE_S, GONE_S, Loop
from antiphon.stage.opening import open_ports
from antiphon.stage.ports import Ports

pytestmark = pytest.mark.midi

# Velocity 0 is left out: PipeWire makes a note-off of it.
BURST = [bytes((0x90, n % 128, 1 + n // 128)) for n in range(10_000)]

SURVEYS_WITHOUT_A_SERVER = """
from antiphon.stage.backends import survey
print([found.reason for found in survey() if found.name == "jack"])
"""

PLAYS_UNTIL_THE_SERVER_HAS_GONE = """
import time
from antiphon.core.zones import Role
from antiphon.errors import PortError
from antiphon.stage.backends import choose
from antiphon.stage.opening import open_ports

ports = open_ports(choose("jack"))
try:
    while True:
        ports.send(bytes((0x90, 60, 64)))
        time.sleep(0.0005)
except PortError as error:
    print(error)
for _ in range(5000):  # more than the ring buffer of a dead server holds
    ports.send(bytes((0x80, 60, 64)))
print(ports.alive(), ports.receive())
ports.close()
"""


@pytest.fixture
def ports(jack: Jack) -> Iterator[Ports]:
    with closing(open_ports(choose("jack"))) as opened:
        yield opened


def test_our_own_ports_are_named_after_us_and_their_direction(jack: Jack, ports: Ports) -> None:
    assert (ports.inputs, ports.outputs) == (("Antiphon in:in",), ("Antiphon out:out",))
    assert {"Antiphon in:in", "Antiphon out:out"} <= set(jack.lsp())


def test_a_second_daemon_knows_the_names_it_was_given(jack: Jack, ports: Ports) -> None:
    with closing(open_ports(choose("jack"))) as second:
        names = {*second.inputs, *second.outputs}
        assert names == {"Antiphon in-01:in", "Antiphon out-01:out"}
        assert names <= set(jack.lsp())


def test_closed_ports_are_gone(jack: Jack, ports: Ports) -> None:
    ports.close()
    ports.close()
    assert [name for name in jack.lsp() if "Antiphon" in name] == []


def test_a_burst_of_ten_thousand_messages_arrives_whole_and_in_order(jack: Jack, ports: Ports, player: Player) -> None:
    jack.connect(player.output, "Antiphon in:in")
    player.play((0.0, message) for message in BURST)
    assert _received(ports, len(BURST)) == BURST


def test_bursts_that_begin_and_end_in_silence_arrive_whole_and_in_order_through_the_loop(
    jack: Jack, ports: Ports, player: Player
) -> None:
    """The loop looks for input as it does on stage, and the rests are long enough for each of its paces."""
    jack.connect(player.output, "Antiphon in:in")
    with _playing(ports, echoes=False) as heard:
        for rest_s in (0.0, AWAKE_S, GONE_S, *[0.05] * 20):
            time.sleep(1.1 * rest_s)
            heard.messages.clear()
            player.play((0.0, message) for message in BURST)
            wait_until(lambda: len(heard.messages) >= len(BURST), 20, lambda: f"{len(heard.messages)} of {len(BURST)}")
            assert heard.messages == BURST


def test_every_kind_of_message_arrives_as_it_was_sent(jack: Jack, ports: Ports, player: Player) -> None:
    kinds = [
        bytes.fromhex(message)
        for message in (
            "903c40 803c40 a03c10 b04010 c007 d020 e00040 f8 fa fc fe f23412 f305 "
            "f07e7f0601f7 f0" + "11" * 1000 + "f7 903c01"
        ).split()
    ]
    jack.connect(player.output, "Antiphon in:in")
    player.play((0.0, message) for message in kinds)
    assert _received(ports, len(kinds)) == kinds


def test_messages_are_heard_in_the_order_they_were_sent(jack: Jack, ports: Ports, player: Player) -> None:
    jack.connect("Antiphon out:out", player.input)
    for message in BURST[:2000]:
        ports.send(message)
    player.wait_for(2000)
    assert player.messages == BURST[:2000]


def test_what_is_sent_last_is_heard_though_the_port_closes_at_once(jack: Jack, ports: Ports, player: Player) -> None:
    jack.connect("Antiphon out:out", player.input)
    releases = [bytes((0x80, pitch, 64)) for pitch in range(128)]
    for message in releases:
        ports.send(message)
    ports.close()
    player.wait_for(len(releases))
    assert player.messages == releases


def test_part_of_a_name_connects_to_the_port_that_has_it(jack: Jack, player: Player) -> None:
    with closing(open_ports(choose("jack"), ins=["PLAYER"], outs=["yer in"])) as ports:
        assert (ports.inputs, ports.outputs) == ((player.output,), (player.input,))
        player.play([(0.0, bytes((0x90, 60, 64)))])
        assert _received(ports, 1) == [bytes((0x90, 60, 64))]
        ports.send(bytes((0x80, 60, 64)))
        player.wait_for(1)
        assert player.messages == [bytes((0x80, 60, 64))]


def test_two_inputs_are_heard_as_one_and_two_outputs_play_the_same(jack: Jack, player: Player) -> None:
    with (
        Player(jack, "second") as second,
        closing(open_ports(choose("jack"), ["player", "second"], ["player", "second"])) as ports,
    ):
        now = [bytes((0x90, pitch, 64)) for pitch in range(10)]
        player.play((0.2 * n, message) for n, message in enumerate(now[0::2]))
        second.play((0.2 * n + 0.1, message) for n, message in enumerate(now[1::2]))
        assert _received(ports, len(now)) == now
        ports.send(bytes((0x90, 60, 64)))
        assert [each.wait_for(1)[0][1] for each in (player, second)] == [bytes((0x90, 60, 64))] * 2


def test_inputs_left_unread_for_a_while_are_put_back_in_order(jack: Jack, player: Player) -> None:
    with Player(jack, "second") as second, closing(open_ports(choose("jack"), ["player", "second"])) as ports:
        both = [bytes((0x90, pitch, 64)) for pitch in range(12)]
        start = player.play((0.05 * n, message) for n, message in enumerate(both) if n < 2 or n % 2)
        second.play((0.05 * n, message) for n, message in enumerate(both) if n >= 2 and not n % 2)
        heard = _received(ports, 3)  # from here on each input knows its clock
        wait_until(lambda: time.monotonic() > start + 0.8, 5, lambda: "time stands still")
        assert heard + _received(ports, len(both) - len(heard)) == both


def test_an_unknown_name_is_waited_for_and_those_there_are_are_told(jack: Jack, player: Player) -> None:
    with closing(open_ports(choose("jack"), ins=["clavichord"], outs=["clavichord"])) as ports:
        assert (ports.inputs, ports.outputs) == ((), ())
        assert ports.notices == [
            "no MIDI input named 'clavichord'; found: player out:out  (waiting for it)",
            "no MIDI output named 'clavichord'; found: player in:in  (waiting for it)",
        ]
        with Player(jack, "clavichord") as late:
            wait_until(ports.follow, 1.0, lambda: "not connected")
            assert (ports.inputs, ports.outputs) == ((late.output,), (late.input,))
            late.play([(0.0, bytes((0x90, 60, 64)))])
            assert _received(ports, 1) == [bytes((0x90, 60, 64))]
            ports.send(bytes((0x80, 60, 64)))
            assert late.wait_for(1)[0][1] == bytes((0x80, 60, 64))


def test_a_survey_lists_what_can_be_heard_and_played(jack: Jack, player: Player) -> None:
    found = look(choose("jack"))
    assert (found.works, found.reason, found.inputs, found.outputs) == (True, "", (player.output,), (player.input,))


def test_without_a_server_a_survey_gives_the_reason_and_prints_nothing() -> None:
    environment = {**os.environ, "JACK_DEFAULT_SERVER": "nobody", "JACK_NO_START_SERVER": "1"}
    done = _python(SURVEYS_WITHOUT_A_SERVER, environment).communicate(timeout=10)
    reason = (
        "no JACK server named nobody is running; start one, with QjackCtl or with `jackd -d alsa`"
        " (no sound card: `jackd -d dummy`)"
    )
    assert done == (f"{[reason]}\n", "")


def test_a_server_that_dies_is_an_error_once_and_never_a_hang(own_jack: Jack) -> None:
    client = _python(PLAYS_UNTIL_THE_SERVER_HAS_GONE, {**os.environ, **own_jack.env})
    try:
        own_jack.wait_for_port("Antiphon out:out")
        own_jack.kill()
        heard, printed = client.communicate(timeout=10)
    finally:
        client.kill()
        client.wait()
    assert (heard, client.returncode) == ("the JACK server has gone; start it again\nFalse []\n", 0), printed


def test_a_session_that_echoes_is_heard_and_leaves_nothing_sounding(jack: Jack, ports: Ports, player: Player) -> None:
    jack.connect(player.output, "Antiphon in:in")
    jack.connect("Antiphon out:out", player.input)
    chord = [bytes((0x90, pitch, 64)) for pitch in (60, 64, 67)] + [bytes((0xB0, 64, 127))]
    with _playing(ports):
        start = player.play((0.0, message) for message in chord)
        echoed = player.wait_for(len(chord))
        assert [message for _, message in echoed] == chord
        assert player.sounding == [(0, 60), (0, 64), (0, 67), (0, 128)]
    released = player.wait_for(2 * len(chord) + 2)[len(chord) :]
    assert [message.hex() for _, message in released] == ["803c40", "804040", "804340", "b04000", "b07b00", "b07800"]
    assert player.sounding == []
    assert start < echoed[0][0] < start + 0.2


class SystemClock:
    """The machine's clock."""

    def now(self) -> Seconds:
        return Seconds(time.monotonic())

    def wait_until(self, moment: Seconds, sharp: bool = False) -> None:
        time.sleep(max(0.0, moment - time.monotonic()))

    def doze(self, moment: Seconds, every_s: float, stirs: Callable[[], bool]) -> None:
        while not stirs() and (left := moment - time.monotonic()) > 0:
            time.sleep(min(every_s, left))


class _Echo:
    """Sends back what it hears, and releases nothing of its own accord."""

    deadline = None

    def __init__(self, echoes: bool = True) -> None:
        self._echoes = echoes
        self.messages = list[bytes]()

    def receive(self, message: bytes, now: Seconds, role: Role = Role.PLAYS, memory: int = COMMON) -> list[Order]:
        self.messages.append(message)
        return [Due(now, message)] if self._echoes else []

    def advance(self, now: Seconds) -> list[Order]:
        return []

    def close(self, now: Seconds) -> list[Order]:
        return []


@contextmanager
def _playing(ports: Ports, echoes: bool = True) -> Iterator[_Echo]:
    session = _Echo(echoes)
    loop = Loop(ports, session, SystemClock())
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        yield session
    finally:
        loop.stop()
        thread.join(5)


def _received(ports: Ports, count: int, within_s: float = 20.0) -> list[bytes]:
    """What comes in until `count` messages have, and no more than a moment longer."""
    heard: list[bytes] = []

    def enough() -> bool:
        heard.extend(arrival.message for arrival in ports.receive())
        return len(heard) >= count

    wait_until(enough, within_s, lambda: f"received {len(heard)} of {count} messages")
    return heard + [arrival.message for arrival in ports.receive()]


def _python(program: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
