"""A machine gun for a player: 200 messages of every kind each second, through real processes. Memory stays flat, the
ledger ends empty, and a message takes no longer at the end than at the start."""

import contextlib
import os
import statistics
import time
from pathlib import Path
from typing import Final

import pytest
from tests.live.daemon import Daemon
from tests.live.jack_player import LEAD_S, Player
from tests.live.jack_server import Jack, wait_until

pytestmark = [pytest.mark.midi, pytest.mark.timeout(24 * 3600)]

SECONDS: Final = float(os.environ.get("ANTIPHON_SOAK_SECONDS", "300"))
RATE_HZ: Final = 200
_ROUND_S: Final = 10.0
_GROWTH_MB: Final = 4.0
_LATE_S: Final = 10.0
_ENDS_S: Final = 6.0
"""After so long without a message its last answer is over."""
BRIEF: Final = ("--set", "turn=pause", "--set", "pause=0.5", "--set", "reply_shortest=1", "--set", "reply_longest=4")
_MORE_S: Final = 0.003
"""By so much the median of ten seconds moves by itself: 2.00 to 3.31 ms in an hour beside other work."""
SYSTEM: Final = (b"\xfe", b"\xf1\x35", b"\xf2\x01\x02", b"\xf3\x03", b"\xf6", b"\xfa", b"\xfc", b"\xfb", b"\xff")
"""Of every kind that has no channel, but for a clock's tick and sysex, which come more often."""


def everything(number: int) -> bytes:
    """One message of every kind in turn; each key that goes down comes up."""
    key, kinds = 30 + number // 20 % 60, number % 20
    match kinds:
        case 0 | 4 | 8:
            return bytes((0x90, key + kinds, 64))
        case 2 | 6 | 10:
            return bytes((0x80, key + kinds - 2, 64))
        case 12:
            return bytes((0xB0, 64, 127))
        case 14:
            return bytes((0xB0, 64, 0))
        case 16:
            return bytes((0xF0, 0x7E, *[number % 128] * 40, 0xF7))
        case 18:
            return bytes((0xE0, number % 128, 64))
        case 1 | 5 | 9 | 13 | 17:
            return b"\xf8"
        case 3:
            return bytes((0xB0, 1, number % 128))
        case 7:
            return SYSTEM[number // 20 % len(SYSTEM)]
        case 11:
            return bytes((0xD0, number % 128))
        case 15:
            return bytes((0xC0, number % 128))
        case _:
            return bytes((0xA0, key, number % 128))


def megabytes(daemon: Daemon) -> float:
    """The memory of all processes that is no file's: what files lie in memory is shared with whatever else runs."""
    total = 0
    for pid in daemon.latest["pids"].values():
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))
    return total / 1024


def _awaited(player: Player, first: int, count: int) -> list[float]:
    """The bends heard from message `first` on, once they are `count`: on a machine that is held up the last may be
    late, and what is late is not lost."""
    with contextlib.suppress(TimeoutError):  # whoever asked counts them
        wait_until(lambda: len(_bends(player.heard[first:])) >= count, _LATE_S, lambda: "")
    return _bends(player.heard[first:])


def _bends(heard: list[tuple[float, bytes]]) -> list[float]:
    return [moment for moment, message in heard if message[0] == 0xE0]


def test_a_machine_gun_neither_fills_the_memory_nor_wears_it_out(jack: Jack, player: Player, tmp_path: Path) -> None:
    with (
        Daemon(jack, tmp_path, "--thru", *BRIEF) as daemon,
        Player(jack, "witness") as witness,
    ):
        jack.connect(player.output, daemon.report["ports"]["in"][0])
        jack.connect(daemon.report["ports"]["out"][0], player.input)
        jack.connect(player.output, witness.input)
        sizes, delays, latest, pids = list[float](), list[float](), list[float](), daemon.latest["pids"]
        for number in range(max(4, round(SECONDS / _ROUND_S))):
            salvo = [(n / RATE_HZ, everything(n)) for n in range(int(_ROUND_S * RATE_HZ))]
            before = len(player.heard)
            start = player.play(salvo)
            time.sleep(max(0.0, start + _ROUND_S - time.monotonic()) + LEAD_S)
            sent = [start + moment for moment, message in salvo if message[0] == 0xE0]
            bends = _awaited(player, before, len(sent))
            witnessed = len(_awaited(witness, 0, len(sent)))
            said = f"of {len(sent)} a witness heard {witnessed}; JACK passed over {len(jack.passed_over)} cycles"
            assert len(bends) == len(sent), f"round {number}: {len(bends)} came back, {said}"
            witness.forget()
            waited = [back - out for back, out in zip(bends, sent, strict=True)]
            delays.append(statistics.median(waited))
            latest.append(max(waited))
            sizes.append(megabytes(daemon))
        assert daemon.latest["pids"] == pids
        player.wait_for_rest(rest_s=_ENDS_S, within_s=10 * _ENDS_S)
        assert player.sounding == []
        count = len(player.heard)
        assert daemon.end()[0] == 0
    time.sleep(LEAD_S)
    assert player.messages[count:] == [], "it leaves without a word only where its ledgers are empty"
    print(f"{SECONDS:g} s: {[round(size) for size in sizes]} MB, delay {[round(d * 1e3, 2) for d in delays]} ms")
    print(f"the latest of each {_ROUND_S:g} s: {[round(d * 1e3) for d in latest]} ms")
    print(f"JACK passed over {len(jack.passed_over)} cycles")
    later = sizes[len(sizes) // 2 :]  # what is kept of the music, and for the page, has its full size by then
    assert max(later) - later[0] < _GROWTH_MB
    assert delays[-1] < delays[0] + _MORE_S
