"""Duet and harmony as a musician hears them, through a real JACK server."""

import statistics
import time
from pathlib import Path

import pytest
from tests.live.daemon import Daemon
from tests.live.jack_player import LEAD_S, Player
from tests.live.jack_server import Jack, wait_until

from antiphon.offline import PHRASE

pytestmark = pytest.mark.midi

GAP_S = 0.3
KEYS = (60, 64, 67, 72, 71, 67, 65, 62, 60, 64, 67, 72)
TUNE = [
    (n * GAP_S + late, bytes((status, key, 70)))
    for n, key in enumerate(KEYS)
    for status, late in ((0x90, 0.0), (0x80, GAP_S - 0.05))
]


def onsets(heard: list[tuple[float, bytes]]) -> list[float]:
    return [moment for moment, message in heard if message[0] & 0xF0 == 0x90 and message[2]]


def duetted(jack: Jack, player: Player, folder: Path, *options: str) -> tuple[float, list[tuple[float, bytes]]]:
    """When the tune began, and what came out while it was played and until all was silent."""
    with Daemon(jack, folder, *options) as running:
        [ours_in], [ours_out] = running.report["ports"]["in"], running.report["ports"]["out"]
        jack.connect(player.output, ours_in)
        jack.connect(ours_out, player.input)
        began = player.play(TUNE)
        time.sleep(LEAD_S + TUNE[-1][0])
        return began, player.wait_for_rest(rest_s=3.0, within_s=30.0)


def test_every_note_gets_company_at_once_and_in_the_lock(jack: Jack, player: Player, tmp_path: Path) -> None:
    """The time there and back through JACK's dummy driver is in it, and a machine that does other things too: one that
    stands still for longer than a note may be late costs that note its company, so the best of three is taken."""
    for _ in range(3):
        already = len(player.heard)
        began, all_heard = duetted(jack, player, tmp_path, "--mode", "harmony", "--set", "lock=C major")
        heard, struck = all_heard[already:], [began + n * GAP_S for n in range(len(KEYS))]
        behind = [
            sorted((at - note) * 1000 for at in onsets(heard) if note <= at < note + GAP_S)[:2] for note in struck
        ]
        if all(len(each) == 2 for each in behind):
            break
    assert all(len(each) == 2 for each in behind), behind
    for number, which in enumerate(("first", "second")):
        delays = [each[number] for each in behind]
        print(f"the {which} after {statistics.median(delays):.1f} ms on the median, {max(delays):.1f} at the most")
    assert statistics.median(each[0] for each in behind) < 20
    assert {message[1] % 12 for _, message in heard if message[0] & 0xE0 == 0x80} <= {0, 2, 4, 5, 7, 9, 11}
    assert player.sounding == []


def test_a_duet_is_heard_while_the_musician_plays_and_ends_after(jack: Jack, player: Player, tmp_path: Path) -> None:
    began, heard = duetted(jack, player, tmp_path, "--mode", "duet", "--set", "go_on=1", "--seed", "3")
    end = began + TUNE[-1][0]
    assert sum(began <= at <= end for at in onsets(heard)) >= 3
    assert max(onsets(heard)) < end + 1.0 + 0.1
    assert player.sounding == []


def test_a_solo_goes_on_from_a_prime_file_without_anybody_playing(jack: Jack, player: Player, tmp_path: Path) -> None:
    with Daemon(jack, tmp_path, "--mode", "solo", "--prime", str(PHRASE), "--seed", "3") as running:
        jack.connect(running.report["ports"]["out"][0], player.input)
        wait_until(lambda: len(onsets(player.heard)) >= 8, 20.0, lambda: str(player.heard))
        running.end()
    assert player.sounding == []
