"""A clock of other programs, through a real JACK server: how near we are to its tempo and its beats."""

import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from tests.live.clock_master import Ear, master
from tests.live.daemon import Daemon
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until

from antiphon.core.clock import Clock
from antiphon.stage.backends import JACK, choose
from antiphon.stage.ports import open_ports

pytestmark = [
    pytest.mark.midi,
    pytest.mark.skipif(
        not (shutil.which("jack_midi_clock") and shutil.which("klick")), reason="jack_midi_clock and klick are not here"
    ),
]

PERIOD_S = 64 / 48_000
"""Of the server of the live tests."""
LOOK_S = 0.0003


def followed(ear: Ear, jack: Jack, kind: str, bpm: float, beats: int) -> list[Clock]:
    """A clock as heard through a port of the stage's, at each of its ticks."""
    ports, clock, course = open_ports(choose(JACK), client="Follower"), Clock(), list[Clock]()
    try:
        with master(jack, kind, bpm, [ear.input, ports.inputs[0]]):
            ear.roll()
            end, looked = time.monotonic() + 20 + beats * 60 / bpm, 0.0
            while len(course) < beats * 24 and time.monotonic() < end:
                for message, _ in ports.receive():
                    clock = clock.after(message, time.monotonic())
                    course += [clock] if message == b"\xf8" else []
                if time.monotonic() - looked > 0.05:
                    looked = time.monotonic()
                    ear.look()
                time.sleep(LOOK_S)
            ear.stop()
    finally:
        ports.close()
    return course


@pytest.mark.parametrize(("kind", "bpm"), [("jack_midi_clock", 120.0), ("jack_midi_clock", 200.0), ("klick", 97.5)])
def test_tempo_and_phase_of_a_clock_are_those_that_were_sent(jack: Jack, kind: str, bpm: float) -> None:
    with Ear() as ear:
        course = followed(ear, jack, kind, bpm, 32)
        ticks = ear.ticks()
    count = min(len(ticks), len(course))
    assert count > 24 * 30
    sent, clocks = ticks[:count], course[:count]
    rate = 2.5 / np.polyfit(np.arange(24 * 16, count), sent[24 * 16 :], 1)[0]
    found = [clock.metre.tempo_bpm for clock in clocks if clock.metre]
    off = np.array([clock.at for clock in clocks[24 * 16 :]]) - sent[24 * 16 :]
    early, late, p99 = found[48 - 12], found[-1], float(np.percentile(np.abs(off), 99))
    print(
        f"{kind} {bpm:g}: sent {rate:.3f}, after 2 beats {early:.3f}, at the end {late:.3f} bpm; phase p99 {p99 * 1e3:.2f} ms"
    )
    assert early == pytest.approx(rate, rel=0.02)
    assert late == pytest.approx(rate, rel=0.001)
    assert p99 < PERIOD_S + 0.001
    assert [clock.ticks for clock in clocks] == list(range(clocks[0].ticks, clocks[0].ticks + count))


def test_stop_silences_the_daemon_and_start_lets_it_go_on(jack: Jack, player: Player, tmp_path: Path) -> None:
    options = ("--mode", "solo", "--set", "enter=beat", "--set", "quantise=100", "--no-page")
    with Ear() as ear, Daemon(jack, tmp_path, *options) as running:
        [ours_in], [ours_out] = running.report["ports"]["in"], running.report["ports"]["out"]
        jack.connect(ours_out, player.input)
        with master(jack, "jack_midi_clock", 120.0, [ours_in]):
            ear.roll()
            player.wait_for(20, 20.0)
            ear.stop()
            wait_until(lambda: player.sounding == [], 1.0, lambda: f"sounding: {player.sounding}")
            time.sleep(0.2)
            count = len(player.heard)
            time.sleep(2.0)
            assert len(player.heard) == count
            ear.roll()
            player.wait_for(count + 10, 20.0)
            ear.stop()
            wait_until(lambda: player.sounding == [], 1.0, lambda: f"sounding: {player.sounding}")
