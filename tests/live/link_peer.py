"""Somebody in an Ableton Link session, on a network of its own that is a loopback only, and what follows them.

Run as a program: BPM, then a command that is started beside it, in the same network. A line of standard input is a
tempo, or "play" or "stop". Tells its beats as lines of JSON: moment (s, monotonic), beat, tempo, peers.
"""

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

ALONE: Final = ["unshare", "--user", "--map-current-user", "--keep-caps", "--net"]
_EVERY_S: Final = 0.05
_FOUNDED_S: Final = 1.5
"""Of two sessions that meet the older one counts: whoever follows comes so much later."""
_BAR: Final = 4
_SET_FLAGS, _UP_AND_RUNNING = 0x8914, 0x41  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING: linux/sockios.h, linux/if.h


class Peer:
    """A session with one member, and a command that may join it. Inside the context both run.

    told   what it has said, in order
    """

    def __init__(self, environment: Mapping[str, str], tempo: float, *command: str) -> None:
        self._command = [*ALONE, sys.executable, __file__, str(tempo), *command]
        self._environment = {**os.environ, **environment, "PYTHONPATH": os.pathsep.join(sys.path)}
        self.told: list[dict[str, float]] = []

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.say("end")
        try:
            self._process.wait(10)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._reader.join(5)

    def say(self, line: str) -> None:
        """A tempo, "play", "stop" or "end"."""
        assert self._process.stdin
        print(line, file=self._process.stdin, flush=True)

    def beat_at(self, moment: float) -> float:
        """Its beat at a moment (s, monotonic), by what it said nearest to it."""
        near = min(self.told, key=lambda each: abs(each["moment"] - moment))
        return near["beat"] + (moment - near["moment"]) * near["tempo"] / 60.0

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("{"):
                self.told.append(json.loads(line))


def main(tempo: float, command: Sequence[str]) -> None:
    """Take part until "end"."""
    import link

    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh", b"lo", _UP_AND_RUNNING))
    session: Any = link.Link(tempo)
    session.startStopSyncEnabled = session.enabled = True
    time.sleep(_FOUNDED_S)
    follower = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        while _obeyed(session):
            state, before = session.captureSessionState(), time.monotonic()
            beat = state.beatAtTime(session.clock().micros(), _BAR)
            told = {"moment": before, "beat": beat, "tempo": state.tempo(), "peers": session.numPeers()}
            print(json.dumps(told), flush=True)
    finally:
        follower.terminate()
        follower.wait(5)


def _obeyed(session: Any) -> bool:
    """False once it is to end."""
    if not select.select([sys.stdin], (), (), _EVERY_S)[0]:
        return True
    word = sys.stdin.readline().strip()
    state = session.captureSessionState()
    if word in ("play", "stop"):
        state.setIsPlaying(word == "play", session.clock().micros())
    elif word not in ("", "end"):
        state.setTempo(float(word), session.clock().micros())
    session.commitSessionState(state)
    return word not in ("", "end")


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
