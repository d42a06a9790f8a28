"""A clock of other programs, through a real JACK server: how near we are to its tempo and its beats."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.live.clock_master import Transport, master
from tests.live.daemon import Daemon
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until

from antiphon.core.clock import Clock
from antiphon.stage.backends import JACK, choose
from antiphon.stage.opening import open_ports

pytestmark = [
    pytest.mark.midi,
    pytest.mark.skipif(
        not (shutil.which("jack_midi_clock") and shutil.which("klick")), reason="jack_midi_clock and klick are not here"
    ),
]

PERIOD_S = 64 / 48_000
"""Of the server of the live tests."""
LOOK_S = 0.0003
BEATS = 32
JITTER_S = 0.003
AROUND = 12
"""Ticks before and behind one whose mean moment is when it truly was: a process is woken late for some."""


@contextlib.contextmanager
def in_time() -> Iterator[None]:
    """As punctual as the stage is, where the system grants that."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(60))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def followed(jack: Jack, player: Player, kind: str, bpm: float) -> tuple[list[Clock], NDArray[np.float64]]:
    """A clock as heard through a port of the stage's, at each of its ticks; and when another process heard them."""
    ports, clock, course = open_ports(choose(JACK), client="Follower"), Clock(), list[Clock]()
    player.forget()
    try:
        with contextlib.ExitStack() as stack:
            transport = stack.enter_context(Transport())
            stack.enter_context(master(jack, kind, bpm, [player.input, ports.own[0]]))
            stack.enter_context(in_time())
            transport.roll()
            end = time.monotonic() + 10 + BEATS * 60 / bpm
            while len(course) < BEATS * 24 and time.monotonic() < end:
                for message, _, _ in ports.receive():
                    clock = clock.after(message, time.monotonic())
                    course += [clock] if message == b"\xf8" else []
                time.sleep(LOOK_S)
    finally:
        ports.close()
    outside = np.array([moment for moment, message in player.heard if message == b"\xf8"])
    count = min(len(course), len(outside))
    assert count > 24 * (BEATS - 2)
    return course[:count], outside[:count]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("kind", "bpm"), [("jack_midi_clock", 120.0), ("jack_midi_clock", 200.0), ("klick", 97.5)])
def test_tempo_and_phase_of_a_clock_are_those_that_were_sent(jack: Jack, player: Player, kind: str, bpm: float) -> None:
    """2 % after two beats, 0.1 % after sixteen, a period and 1 ms of phase at p99: where ticks come to 3 ms when they
    should. A server that other work holds up leaves that time out, and its ticks are on no line; where that is so in
    five tries, we must have followed as somebody does who hears the same ticks elsewhere."""
    alike = False
    for _ in range(5):
        course, outside = followed(jack, player, kind, bpm)
        rate = 2.5 / np.polyfit(np.arange(192), outside[-192:], 1)[0]
        begun = 2.5 / np.polyfit(np.arange(48), outside[:48], 1)[0]
        early, late = (clock.metre.tempo_bpm if clock.metre else 0.0 for clock in (course[48], course[-1]))
        true = np.convolve(outside, np.full(2 * AROUND + 1, 1 / (2 * AROUND + 1)), "valid")
        off = (np.array([clock.at for clock in course[AROUND:-AROUND]]) - true)[24 * 16 :]
        p99 = float(np.percentile(np.abs(off), 99))
        print(
            f"{kind} {bpm:g}: arrived {rate:.3f}, {early:.3f} after 2 beats, then {late:.3f}; phase {p99 * 1e3:.2f} ms"
        )
        if abs(early / begun - 1) < 0.02 and abs(late / rate - 1) < 0.001 and p99 < PERIOD_S + 0.001:
            return
        alike |= not even(outside) and together(course, outside)
    assert alike, "not within the bounds in five tries"


def together(course: list[Clock], outside: NDArray[np.float64]) -> bool:
    """Whether a clock was followed as the same ticks are that another process heard."""
    clock, other = Clock(), list[Clock]()
    for moment in outside:
        clock = clock.after(b"\xf8", float(moment))
        other.append(clock)
    apart = [abs(one.at - two.at) for one, two in zip(course, other, strict=True)][24 * 16 :]
    tempos = [clock.metre.tempo_bpm for clock in (course[-1], other[-1]) if clock.metre]
    print(f"followed elsewhere: {np.median(apart) * 1e3:.2f} ms apart, tempos {tempos}")
    return float(np.median(apart)) < PERIOD_S + 0.001 and len(tempos) == 2 and abs(tempos[0] / tempos[1] - 1) < 0.005


def even(moments: NDArray[np.float64]) -> bool:
    """Whether ticks come to 3 ms when they should, all but one in a hundred."""
    number = np.arange(len(moments))
    line = np.polyval(np.polyfit(number, moments, 1), number)
    return float(np.percentile(np.abs(moments - line), 99)) < JITTER_S


def test_stop_silences_the_daemon_and_start_lets_it_go_on(jack: Jack, player: Player, tmp_path: Path) -> None:
    options = ("--mode", "solo", "--set", "enter=beat", "--set", "quantise=100", "--no-page")
    with Transport() as transport, Daemon(jack, tmp_path, *options) as running:
        [ours_in], [ours_out] = running.report["ports"]["in"], running.report["ports"]["out"]
        jack.connect(ours_out, player.input)
        with master(jack, "jack_midi_clock", 120.0, [ours_in]):
            transport.roll()
            time.sleep(1.0)  # two beats: or it stops before the clock has begun: until then we play by ourselves
            player.wait_for(len(player.heard) + 20, 20.0)
            transport.stop()
            wait_until(lambda: player.sounding == [], 1.0, lambda: f"sounding: {player.sounding}")
            time.sleep(0.2)
            count = len(player.heard)
            time.sleep(2.0)
            assert len(player.heard) == count
            transport.roll()
            player.wait_for(count + 10, 20.0)
            transport.stop()
            wait_until(lambda: player.sounding == [], 1.0, lambda: f"sounding: {player.sounding}")


def test_the_daemon_sends_a_clock_that_goes_on_while_another_mind_is_started(
    jack: Jack, player: Player, tmp_path: Path
) -> None:
    options = ("--mode", "listen", "--set", "send_clock=on", "--set", "tempo=150", "--no-page")
    with Daemon(jack, tmp_path, *options) as running:
        [ours_out] = running.report["ports"]["out"]
        player.wait_for(0)
        jack.connect(ours_out, player.input)
        player.wait_for(100, 20.0)
        killed = running.kill("mind")
        wait_until(lambda: running.pid("mind") > 0 and time.monotonic() > killed + 4.0, 20.0, lambda: "no mind")
        assert running.end()[0] == 0
    ticks = np.array([moment for moment, message in player.heard if message == b"\xf8"])
    gaps = np.diff(ticks)
    rate = 2.5 / np.polyfit(np.arange(len(ticks)), ticks, 1)[0]
    print(f"sent {rate:.3f} bpm for 150; the longest gap between ticks {gaps.max() * 1e3:.1f} ms")
    assert rate == pytest.approx(150, rel=0.005)
    assert gaps.max() < 0.15
    assert player.messages[-1] == b"\xfc"
