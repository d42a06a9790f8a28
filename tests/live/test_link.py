"""Ableton Link on a network of its own: its tempo and bars arrive as MIDI clock, at a port and in the daemon."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tests.live.daemon import Daemon
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until
from tests.live.link_peer import ALONE, Peer

pytestmark = [
    pytest.mark.midi,
    pytest.mark.skipif(
        subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode != 0,
        reason="no network of our own can be made here",
    ),
]

TICK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"
FOLLOWS = [sys.executable, "-m", "antiphon.cli.main", "link"]


def ticks(player: Player, count: int) -> list[float]:
    """The moments of so many ticks more."""
    before = len(player.heard)
    wait_until(lambda: sum(m == TICK for _, m in player.heard[before:]) >= count, 60, lambda: f"{player.heard[-5:]}")
    return [moment for moment, message in player.heard[before:] if message == TICK]


def tempo(moments: list[float]) -> float:
    """Of ticks, in beats a minute."""
    return float(60 / 24 / np.polyfit(np.arange(len(moments)), moments, 1)[0])


def test_tempo_and_bars_of_a_session_come_as_midi_clock(jack: Jack, player: Player) -> None:
    with Peer(jack.env, 137.0, *FOLLOWS, "--out", player.input) as peer:
        wait_until(lambda: START in player.messages, 30, lambda: f"{player.messages} {peer.told[-1:]}")
        assert tempo(ticks(player, 240)) == pytest.approx(137.0, rel=0.001)
        assert peer.told[-1]["peers"] == 1
        begun = next(n for n, (_, message) in enumerate(player.heard) if message == START)
        heard = [moment for moment, message in player.heard[begun:] if message == TICK]
        bars = [peer.beat_at(moment) / 4 for moment in heard[:: 4 * 24]]
        assert len(bars) >= 2
        off_s = np.array([(bar - round(bar)) * 4 * 60 / 137.0 for bar in bars])
        assert np.abs(off_s).min() < 0.005, "the first tick of a bar is the first of theirs"
        peer.say("93")
        wait_until(lambda: peer.told[-1]["tempo"] == 93.0, 5, lambda: f"{peer.told[-1]}")
        ticks(player, 24)
        assert tempo(ticks(player, 120)) == pytest.approx(93.0, rel=0.001)
    assert player.messages[-1] == STOP


def test_with_transport_it_runs_while_the_others_play(jack: Jack, player: Player) -> None:
    with Peer(jack.env, 150.0, *FOLLOWS, "--transport", "--out", player.input) as peer:
        wait_until(lambda: bool(peer.told and peer.told[-1]["peers"] == 1), 30, lambda: f"{peer.told[-1:]}")
        assert TICK not in player.messages
        peer.say("play")
        ticks(player, 48)
        peer.say("stop")
        wait_until(lambda: player.messages[-1] == STOP, 5, lambda: f"{player.messages[-5:]}")
        peer.say("play")
        ticks(player, 24)
        assert player.messages.count(START) + player.messages.count(CONTINUE) == 2


def test_the_daemon_keeps_the_time_of_a_session_as_soon_as_both_are_there(jack: Jack, tmp_path: Path) -> None:
    with Peer(jack.env, 96.0, *FOLLOWS) as peer, Daemon(jack, tmp_path) as daemon:
        wait_until(lambda: "Antiphon link:clock" in jack.lsp(), 20, lambda: f"{jack.lsp()}")
        watching = subprocess.Popen(
            [sys.executable, "-m", "antiphon.cli.main", "watch", "--json", "--pid", str(daemon.pid("guard"))],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert watching.stdout
            pictures = (json.loads(line).get("snapshot") for line in watching.stdout)
            end, apart = time.monotonic() + 60, 1.0
            while apart > 0.02 and time.monotonic() < end:
                picture = next(filter(None, pictures))
                if picture["clock"] == "running" and picture["tempo"] == pytest.approx(96.0, rel=0.005):
                    beat = peer.beat_at(picture["time"]) - picture["beat"] + 1
                    apart = abs(beat / 4 - round(beat / 4)) * 4
        finally:
            watching.terminate()
            watching.communicate()
    assert apart <= 0.02, f"{picture}, {peer.told[-1:]}"
