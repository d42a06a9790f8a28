"""A configuration is read again while a player is connected: what it says nothing new of stays as it is."""

import os
import signal
import time
from pathlib import Path

import pytest
from tests.live.daemon import Daemon
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until

from antiphon.lines import BEAT_S

pytestmark = pytest.mark.midi

CONFIG = "version = 1\n[thru]\non = true\nchannels = [{}]\n"


def test_thru_is_taken_up_and_what_is_connected_to_our_own_ports_stays_connected(
    jack: Jack, player: Player, tmp_path: Path
) -> None:
    config = tmp_path / "antiphon.toml"
    config.write_text(CONFIG.format(1))
    with Daemon(jack, tmp_path, "--no-page", "--no-takes", "--config", str(config)) as running:
        jack.connect(player.output, running.report["ports"]["in"][0])
        jack.connect(running.report["ports"]["out"][0], player.input)
        time.sleep(3 * BEAT_S)  # the stage looks at the connections with each beat, and tells the guard
        stage = running.pid("stage")
        config.write_text(CONFIG.format(2))
        os.kill(running.pid("guard"), signal.SIGHUP)
        wait_until(lambda: running.pid("stage") != stage, 10.0, lambda: "no other stage")
        time.sleep(2.0)
        player.play([(0.0, bytes((0xB0, 20, 1))), (0.0, bytes((0xB1, 20, 2)))])
        wait_until(lambda: bytes((0xB1, 20, 2)) in player.messages, 5.0, lambda: str(player.messages))
        assert bytes((0xB0, 20, 1)) not in player.messages
