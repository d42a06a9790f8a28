"""The JACK server dies and returns, or comes late; ports of others come and go. Antiphon waits without a fuss and plays
as soon as it can. Every client is in a process of its own, so that the server can be killed."""

import json
import time
import urllib.request
from pathlib import Path

import pytest
from tests.live.daemon import Daemon
from tests.live.jack_player import LEAD_S, Player
from tests.live.jack_server import Jack, wait_until
from tests.live.test_performance import QUICK, phrase, wait_for_notes
from websockets.sync.client import connect

pytestmark = pytest.mark.midi

WAITING = "(waiting for it)"


def restarted(jack: Jack) -> float:
    """The server comes back; the moment at which it is there."""
    jack.start()
    return time.monotonic()


def answers(player: Player) -> None:
    player.play(phrase(2.0))
    wait_for_notes(player, 3, within_s=20.0)


def plays_to(daemon: Daemon, names: dict[str, list[str]], within_s: float = 5.0) -> None:
    wait_until(lambda: daemon.latest["ports"] == names, within_s, lambda: f"{daemon.latest['ports']}")


HOMELESS = ["env", *(f"--unset=XDG_{name}_HOME" for name in ("CONFIG", "DATA", "STATE")), "HOME=/proc/nowhere"]
"""Before a command: nowhere that it could keep anything, not even as root."""
OURS = {"in": ["Antiphon in:in"], "out": ["Antiphon out:out"]}
NONE: dict[str, list[str]] = {"in": [], "out": []}


def test_a_server_that_dies_and_returns_finds_everything_as_it_was(own_jack: Jack, tmp_path: Path) -> None:
    with Daemon(own_jack, tmp_path, "--seed", "5", *QUICK) as daemon:
        mind = daemon.pid("mind")
        with Player(own_jack) as player:
            own_jack.connect(player.output, "Antiphon in:in")
            own_jack.connect("Antiphon out:out", player.input)
            answers(player)
            time.sleep(0.6)  # the graph is looked at twice a second
            own_jack.kill()
        plays_to(daemon, NONE)
        returned = restarted(own_jack)
        with Player(own_jack) as player:
            plays_to(daemon, OURS)
            assert time.monotonic() - returned < 2.0
            wait_until(
                lambda: (
                    own_jack.connections("Antiphon out:out") == [player.input]
                    and own_jack.connections(player.output) == ["Antiphon in:in"]
                ),
                2.0,
                lambda: f"{own_jack.connections('Antiphon out:out')}",
            )
            answers(player)
        assert daemon.pid("mind") == mind
        status, printed, complained = daemon.end()
    assert (status, complained) == (0, "")
    assert [line for line in printed.splitlines() if WAITING in line] == [
        "the JACK server has gone; start it again  (waiting for it)"
    ]


@pytest.mark.parametrize("backend", ["jack", "auto"])
def test_without_a_server_it_is_ready_with_no_ports_and_plays_when_one_comes(
    own_jack: Jack, tmp_path: Path, backend: str
) -> None:
    own_jack.kill()
    with Daemon(own_jack, tmp_path, "--seed", "5", *QUICK, backend=backend) as daemon:
        assert daemon.report["ports"] == NONE
        time.sleep(1.0)
        returned = restarted(own_jack)
        plays_to(daemon, OURS)
        assert time.monotonic() - returned < 2.0
        with Player(own_jack) as player:
            own_jack.connect(player.output, "Antiphon in:in")
            own_jack.connect("Antiphon out:out", player.input)
            answers(player)
        status, printed, complained = daemon.end()
    assert (status, complained, printed.count(WAITING)) == (0, "", 1)


def test_without_any_server_or_home_it_still_serves_its_page_and_leaves_when_told(tmp_path: Path) -> None:
    nobody = Jack(tmp_path)
    with Daemon(nobody, tmp_path, "--seed", "5", backend="auto", within=HOMELESS) as daemon:
        assert daemon.report["ports"] == NONE
        url = daemon.report["page"]["url"]
        with urllib.request.urlopen(url + "/ping", timeout=5) as answer:
            assert answer.read() == b"pong"
        with connect(url.replace("http", "ws") + daemon.report["page"]["websocket"]) as stream:
            assert [*json.loads(stream.recv(timeout=5))] == ["state"]
            stream.send(json.dumps({"play": "903c40"}))
            while "903c40" not in str(stream.recv(timeout=5)):
                pass
        status, _, complained = daemon.end()
    assert (status, complained.count("\n")) == (0, 1)
    assert complained.startswith("no log is kept: /proc/nowhere/")


def test_ports_that_come_late_go_and_return_are_connected_by_name(jack: Jack, tmp_path: Path) -> None:
    wanted = {"in": ["keys out:out"], "out": ["keys in:in"]}
    with Daemon(jack, tmp_path, "--in", "keys", "--out", "keys", "--seed", "5", *QUICK) as daemon:
        assert daemon.report["ports"] == NONE
        mind = daemon.pid("mind")
        with Player(jack, "keys") as player:
            came = time.monotonic()
            plays_to(daemon, wanted)
            assert time.monotonic() - came < 2.0
            player.play([(0.0, bytes((0x90, 60, 80)))])  # and never lets go of it
            time.sleep(LEAD_S + 0.2)
        plays_to(daemon, NONE)
        with Player(jack, "keys") as player:
            came = time.monotonic()
            plays_to(daemon, wanted)
            assert time.monotonic() - came < 2.0
            answers(player)
            assert daemon.pid("mind") == mind
            status, printed, complained = daemon.end()
    assert (status, complained) == (0, "")
    assert [line for line in printed.splitlines() if WAITING in line] == [
        "no MIDI input named 'keys'; found: none  (waiting for it)",
        "no MIDI output named 'keys'; found: none  (waiting for it)",
        "the MIDI input 'keys out:out' has gone  (waiting for it)",
        "the MIDI output 'keys in:in' has gone  (waiting for it)",
    ]


def test_two_at_once_have_names_of_their_own_and_both_play(jack: Jack, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    with (
        Daemon(jack, folders[0], *QUICK) as one,
        Daemon(jack, folders[1], *QUICK) as two,
        Player(jack, "first") as first,
        Player(jack, "second") as second,
    ):
        assert two.report["ports"] == {"in": ["Antiphon in-01:in"], "out": ["Antiphon out-01:out"]}
        assert one.report["page"]["url"] != two.report["page"]["url"]
        for daemon, player in ((one, first), (two, second)):
            jack.connect(player.output, daemon.report["ports"]["in"][0])
            jack.connect(daemon.report["ports"]["out"][0], player.input)
        for player in (first, second):
            player.play(phrase(2.0))
        for player in (first, second):
            wait_for_notes(player, 3, within_s=20.0)
