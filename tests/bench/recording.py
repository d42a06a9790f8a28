"""What keeping takes costs: processor time and memory of `antiphon run` with takes and with --no-takes, in playing.

    python -m tests.bench.recording [--rounds 3] [--turns 3]

Each round starts Antiphon anew on a private JACK server, once each way, and plays turns of a phrase of 4 s and its
answer. Shown are all its processes together, and the one that writes; the medians of the rounds. A round in which the
guard had to replace a process, as on a machine that is too busy, is played again.
"""

import argparse
import contextlib
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tests.live.daemon import Daemon
from tests.live.jack_player import Player
from tests.live.jack_server import Jack
from tests.live.test_performance import QUICK, phrase

from antiphon.bench import cost
from antiphon.takes import takefile

_WRITES: Final = "scribe"


class Cost(NamedTuple):
    """Of one round: percent of a core, MB (PSS), and what was written, in kB a minute of playing."""

    processor: float
    memory: float
    writing: float
    written: float


def played(folder: Path, turns: int, *options: str) -> Cost:
    """One round in a folder of its own, on a server of its own."""
    jack = Jack(folder).start()
    try:
        with Player(jack) as player, Daemon(jack, folder, "--seed", "5", *QUICK, "--no-page", *options) as daemon:
            jack.connect(player.output, daemon.report["ports"]["in"][0])
            jack.connect(daemon.report["ports"]["out"][0], player.input)
            _play(player, 1)  # which warms it up
            pids = cost.family(daemon.report["pids"])
            shares = cost.shares(pids, lambda: _play(player, turns))
            memory = {name: cost.memory_mb(pid) for name, pid in pids.items()}
            daemon.end(within_s=60.0)
    finally:
        jack.stop()
    takes = list(folder.glob("antiphon/takes/*.mid"))
    return Cost(sum(shares.values()), sum(memory.values()), shares.get(_WRITES, 0.0), _kb_a_minute(takes))


def _play(player: Player, turns: int) -> None:
    for _ in range(turns):
        player.forget()
        player.play(phrase())
        player.wait_for_rest(rest_s=1.5, within_s=40.0)


def _kb_a_minute(takes: Sequence[Path]) -> float:
    seconds = sum((calls := takefile.read(path))[-1].frame.time - calls[0].frame.time for path in takes)
    return sum(path.stat().st_size for path in takes) / 1000 / (seconds / 60) if seconds else 0.0


def main() -> int:
    """The script."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--turns", type=int, default=3)
    given = asked.parse_args()
    found: dict[str, list[Cost]] = {"with": [], "without": []}
    while len(found["without"]) < given.rounds:
        way, options = ("with", ()) if len(found["with"]) == len(found["without"]) else ("without", ("--no-takes",))
        with tempfile.TemporaryDirectory() as folder, contextlib.suppress(FileNotFoundError):  # a process was replaced
            found[way].append(played(Path(folder), given.turns, *options))
            print(way, found[way][-1], file=sys.stderr, flush=True)
    for way, costs in found.items():
        middle = Cost(*(statistics.median(each) for each in zip(*costs, strict=True)))
        print(
            f"{way:8} takes: {middle.processor:5.1f} % of a core (of these writing {middle.writing:.2f}), "
            f"{middle.memory:.1f} MB, {middle.written:.1f} kB a minute"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
