"""Feedback through a real JACK server, and ports that come and go there."""

import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.live.daemon import Daemon
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until

from antiphon.stage.echo import SURE

pytestmark = pytest.mark.midi

THRU = """
import rtmidi, time
into, out = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="daw in"), rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="daw out")
into.open_virtual_port("in"); out.open_virtual_port("out")
while True:
    while taken := into.get_message():
        out.send_message(taken[0])
    time.sleep(0.001)
"""
PHRASE = [(0.2 * n + d, bytes((s, 60 + 2 * n, 80))) for n in range(5) for d, s in ((0.0, 0x90), (0.15, 0x80))]


@pytest.fixture
def daw(jack: Jack) -> Iterator[None]:
    """A program that sends on whatever it hears."""
    process = subprocess.Popen([sys.executable, "-c", THRU], start_new_session=True)
    jack.wait_for_port("daw out:out")
    jack.wait_for_port("daw in:in")
    yield
    process.kill()
    process.wait()


def test_a_thru_that_plays_us_back_to_us_is_noticed_and_broken(
    jack: Jack, player: Player, daw: None, tmp_path: Path
) -> None:
    with Daemon(jack, tmp_path, "--no-page") as daemon:
        jack.connect("Antiphon out:out", "daw in:in")
        jack.connect("daw out:out", "Antiphon in:in")
        jack.connect("Antiphon out:out", player.input)
        jack.connect(player.output, "Antiphon in:in")
        for _ in range(SURE):  # each answer is cut short by its own first note until it is clear whose that is
            player.forget()
            player.play(PHRASE)
            wait_until(lambda: notes(player) >= 1, 15.0, lambda: "no answer")
            time.sleep(0.5)
        player.forget()
        player.play(PHRASE)
        wait_until(lambda: notes(player) >= 8, 10.0, lambda: f"no whole answer: {player.messages}")
        status, printed, _ = daemon.end()
        assert status == 0
        assert "what we play comes back on 'Antiphon in:in'" in printed
        wait_until(lambda: player.sounding == [], 2.0, lambda: f"left: {player.sounding}")


def test_our_own_ports_connected_to_each_other_are_taken_apart(jack: Jack, tmp_path: Path) -> None:
    with Daemon(jack, tmp_path, "--no-page") as daemon:
        jack.connect("Antiphon out:out", "Antiphon in:in")
        wait_until(lambda: not jack.connections("Antiphon out:out"), 3.0, lambda: "still connected to itself")
        time.sleep(0.2)
        assert "Antiphon out:out was connected to Antiphon in:in: taken apart" in daemon.end()[1]


def test_several_are_waited_for_connected_in_under_two_seconds_and_again_after_they_went(
    jack: Jack, tmp_path: Path
) -> None:
    wanted = ("--in", "better in|spare out", "--in", "second out", "--out", "spare in")
    with Daemon(jack, tmp_path, "--no-page", *wanted) as daemon:
        for _ in range(2):
            with Player(jack, "spare"), Player(jack, "second"):
                there = time.monotonic()
                expected = {"in": ["spare out:out", "second out:out"], "out": ["spare in:in"]}
                wait_until(partial(connected, daemon, expected), 5.0, lambda: str(daemon.latest))
                assert time.monotonic() - there < 2.0
            wait_until(partial(connected, daemon, {"in": [], "out": []}), 5.0, lambda: str(daemon.latest))


def connected(daemon: Daemon, ports: dict[str, list[str]]) -> bool:
    return bool(daemon.latest["ports"] == ports)


def notes(player: Player) -> int:
    return sum(message[0] & 0xF0 == 0x90 and message[2] > 0 for message in player.messages)
