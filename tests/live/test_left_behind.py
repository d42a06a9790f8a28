"""What somebody leaves behind who dies, hangs or is disconnected with keys down: nothing hangs, and the next phrase is
answered."""

import json
import random
import signal
import time
from pathlib import Path

import pytest
from tests.daemon.mind.test_priming import tune
from tests.fakes import off, on
from tests.live.daemon import Daemon
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until
from tests.live.test_performance import onsets, phrase
from websockets.sync.client import connect

pytestmark = pytest.mark.midi

ANSWERS = ("--seed", "5", "--set", "turn=pause", "--set", "pause=0.5", "--set", "reply_shortest=3")
KNOWN_S = 1.5
"""After so long it is known what is connected."""
PERIOD = 1024
"""Of JACK: what is in a program's buffer is taken up every 21 ms."""


def connected(jack: Jack, daemon: Daemon, player: Player) -> None:
    jack.connect(player.output, daemon.report["ports"]["in"][0])
    jack.connect(daemon.report["ports"]["out"][0], player.input)


def assert_answers(player: Player) -> None:
    played = phrase(1.0)
    end = player.play(played) + played[-1][0]
    wait_until(lambda: bool([at for at in onsets(player.heard) if at > end + 0.02]), 15.0, lambda: "no answer")


def replaced(daemon: Daemon, name: str, first: int) -> None:
    wait_until(lambda: daemon.pid(name) != first, 10.0, lambda: f"no other {name}")


def test_a_release_that_a_stage_had_no_time_to_hand_to_jack_is_sent_by_the_next(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    jack = Jack(tmp_path_factory.mktemp("jack"), period=PERIOD).start()
    chance = random.Random(1)
    try:
        with Player(jack) as player, Daemon(jack, tmp_path, "--thru", "--mode", "listen", "--no-page") as daemon:
            connected(jack, daemon, player)
            time.sleep(KNOWN_S)
            for key in range(40, 50):
                player.play([(0.0, on(key))])
                wait_until(lambda key=key: (0, key) in player.sounding, 5.0, lambda: "not heard")  # type: ignore[misc]
                first, moment = daemon.pid("stage"), player.play([(0.0, off(key))])
                time.sleep(max(0.0, moment + chance.random() * 3 * PERIOD / 48000 - time.monotonic()))
                daemon.kill("stage")
                replaced(daemon, "stage", first)
                wait_until(lambda: player.sounding == [], 2.0, lambda: f"hangs: {player.sounding}")
                time.sleep(2.3)  # so that the deaths are not many at a time
            assert daemon.end()[0] == 0
            assert player.sounding == []
    finally:
        jack.stop()


def test_a_mind_that_hung_as_the_stage_was_replaced_is_followed_by_one_that_answers(
    jack: Jack, player: Player, tmp_path: Path
) -> None:
    with Daemon(jack, tmp_path, "--no-page", *ANSWERS) as daemon:
        connected(jack, daemon, player)
        player.play([(0.0, on(23)), (0.1, on(24)), (0.2, off(24))])
        time.sleep(0.6)
        mind, stage = daemon.pid("mind"), daemon.pid("stage")
        daemon.kill("mind", signal.SIGSTOP)
        time.sleep(0.3)
        daemon.kill("stage")
        player.play([(0.0, off(23))])  # nobody hears it
        replaced(daemon, "stage", stage)
        replaced(daemon, "mind", mind)
        time.sleep(1.0)
        assert_answers(player)


@pytest.mark.parametrize("thru", [(), ("--thru",)], ids=["alone", "with thru"])
def test_a_keyboard_that_goes_with_a_key_down_leaves_nothing_hanging_and_another_is_answered(
    jack: Jack, tmp_path: Path, thru: tuple[str, ...]
) -> None:
    with Daemon(jack, tmp_path, "--no-page", *ANSWERS, *thru) as daemon, Player(jack, "synth") as synth:
        with Player(jack, "keyboard") as keyboard:
            connected(jack, daemon, synth)
            jack.connect(keyboard.output, daemon.report["ports"]["in"][0])
            keyboard.play([(0.0, on(23))])
            time.sleep(KNOWN_S)
            assert ((0, 23) in synth.sounding) == bool(thru)
        wait_until(lambda: synth.sounding == [], 3.0, lambda: f"hangs: {synth.sounding}")
        assert_answers(synth)


def test_a_key_that_was_down_on_a_page_that_died_keeps_nobody_from_being_answered(
    jack: Jack, player: Player, tmp_path: Path
) -> None:
    with Daemon(jack, tmp_path, "--page", "0", *ANSWERS) as daemon:
        connected(jack, daemon, player)
        page = daemon.report["page"]
        with connect(page["url"].replace("http", "ws") + page["websocket"]) as line:
            line.recv(timeout=5)
            line.send(json.dumps({"play": on(23).hex()}))
            time.sleep(0.5)
            daemon.kill("page")
        time.sleep(1.0)
        assert_answers(player)


def test_a_scene_whose_music_has_gone_since_the_start_ends_no_performance(
    jack: Jack, player: Player, tmp_path: Path
) -> None:
    music, config = tune(tmp_path / "night.mid", 40), tmp_path / "antiphon.toml"
    config.write_text(f'version = 1\n[scenes.night]\nprime = ["{music}"]\n')
    with Daemon(jack, tmp_path, "--no-page", "--config", str(config), *ANSWERS) as daemon:
        connected(jack, daemon, player)
        music.unlink()
        first = daemon.pid("mind")
        daemon.kill("mind")
        replaced(daemon, "mind", first)
        assert_answers(player)
        status, said, _ = daemon.end()
    assert status == 0
    assert "scene night: " in said
    assert "no such file; check the name; played without" in said
