"""Run inside the container: plays a phrase, waits until the answer sounds, does what it is told to, and listens.

`python -m tests.service.musician COMMAND...` prints what still sounds half a second after the command, since when
nothing does (s, monotonic), and how many messages of Antiphon's were heard until the command and during it.
"""

import json
import subprocess
import sys
import time
from typing import Any

from tests.live.jack_patchbay import Patchbay
from tests.live.jack_player import Player
from tests.live.jack_server import wait_until


class _Server:
    """The server that runs already, as a Player wants it."""

    def __init__(self) -> None:
        self.env = {"JACK_NO_START_SERVER": "1"}
        self.bay = Patchbay(self.env)

    def wait_for_port(self, name: str, within_s: float) -> None:
        wait_until(lambda: name in self.bay.ports(), within_s, lambda: f"no {name!r} among {self.bay.ports()}")


def main(command: list[str]) -> None:
    server: Any = _Server()  # a Jack, as far as Player looks
    with Player(server) as player:
        for source, sink in ((player.output, "Antiphon in:in"), ("Antiphon out:out", player.input)):
            server.wait_for_port(source, 40.0)
            server.wait_for_port(sink, 40.0)
            server.bay.connect(source, sink)
        time.sleep(0.2)
        notes = [(0.25 * n, bytes((0x90, 60 + 2 * n, 80))) for n in range(5)]
        player.play(sorted([*notes, *((t + 0.2, bytes((0x80, m[1], 64))) for t, m in notes)]))
        wait_until(lambda: bool(player.sounding), 40.0, lambda: f"no answer; heard {player.messages}")
        heard = len(player.messages)
        subprocess.run(command, check=True)
        time.sleep(0.5)
        left = {"sounding": player.sounding, "silent_since": player.silent_since}
        print(json.dumps({**left, "heard": heard, "meanwhile": len(player.messages) - heard}))


if __name__ == "__main__":
    main(sys.argv[1:])
