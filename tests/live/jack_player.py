"""A musician for the live tests: a process of its own that plays messages at their moments and notes what it hears.

`Player` is the tests' side; run as a program the file is the musician. Between them go lines of JSON.
"""

import contextlib
import heapq
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable
from typing import Final, Self

import rtmidi
from tests.live.jack_server import Jack, wait_until

LEAD_S: Final = 0.1
"""From `play` to its first moment: the phrase has to reach the musician first."""
_LOOK_S: Final = 0.0003
_OPEN_S: Final = 10.0


class Player:
    """A JACK client with one port to play from and one to listen with, not yet connected to anything.

    output   the full name of the port it plays from
    input    the full name of the port it listens with
    """

    def __init__(self, jack: Jack, name: str = "player") -> None:
        self.output = f"{name} out:out"
        self.input = f"{name} in:in"
        self._heard: list[tuple[float, bytes]] = []
        self._process = subprocess.Popen(
            [sys.executable, __file__, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **jack.env, "PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        for port in (self.output, self.input):
            jack.wait_for_port(port, _OPEN_S)

    @property
    def heard(self) -> list[tuple[float, bytes]]:
        """All it has heard: (moment in s by time.monotonic(), message), in order."""
        return list(self._heard)

    @property
    def messages(self) -> list[bytes]:
        """What it has heard, without the moments."""
        return [message for _, message in self._heard]

    @property
    def sounding(self) -> list[tuple[int, int]]:
        """(channel, pitch) of the notes it hears sounding now; a pedal that is down counts as pitch 128."""
        return _sounding(self.messages)

    @property
    def silent_since(self) -> float | None:
        """The moment from which on nothing has sounded; None while something sounds."""
        down, since = Counter[tuple[int, int]](), 0.0
        for moment, message in self.heard:
            sounded = down.total() > 0
            _count(down, message)
            since = moment if sounded and not down.total() else since
        return None if down.total() else since

    def ended(self, moment: float) -> float | None:
        """When all that sounded at a moment had ended, whatever has begun since; None while some of it sounds."""
        left, ended = Counter[tuple[int, int]](), moment
        for at, message in self.heard:
            if at <= moment:
                _count(left, message)
            elif key := next(iter((left & _released(message)).elements()), None):
                left[key], ended = left[key] - 1, at
        return None if left.total() else ended

    def forget(self) -> None:
        """Make nothing of what it has heard so far."""
        self._heard.clear()

    def play(self, phrase: Iterable[tuple[float, bytes]]) -> float:
        """Play messages at their moments (s from the start), and go on at once. Returns when the start is, by
        time.monotonic(). Of messages of one moment the first comes first; those late go as fast as they can."""
        start = time.monotonic() + LEAD_S
        assert self._process.stdin
        self._process.stdin.write(json.dumps([(start + moment, message.hex()) for moment, message in phrase]) + "\n")
        self._process.stdin.flush()
        return start

    def wait_for(self, count: int, within_s: float = 10.0) -> list[tuple[float, bytes]]:
        """All it has heard, once that is `count` messages or more; TimeoutError otherwise."""
        wait_until(lambda: len(self._heard) >= count, within_s, lambda: f"heard {len(self._heard)} of {count} messages")
        return self.heard

    def wait_for_rest(self, rest_s: float = 1.0, within_s: float = 30.0) -> list[tuple[float, bytes]]:
        """All it has heard, once something has been heard and then nothing for `rest_s`; TimeoutError otherwise."""

        def at_rest() -> bool:
            return bool(self._heard) and time.monotonic() - self._heard[-1][0] > rest_s

        wait_until(at_rest, within_s, lambda: f"no rest of {rest_s} s after {len(self._heard)} messages")
        return self.heard

    def close(self) -> None:
        """End the musician, and wait until it has gone."""
        with contextlib.suppress(BrokenPipeError):
            assert self._process.stdin
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:  # a server that died can hold it for ever
            self._process.kill()
            self._process.wait()
        self._reader.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._heard.extend((moment, bytes.fromhex(message)) for moment, message in json.loads(line))


def _sounding(messages: Iterable[bytes]) -> list[tuple[int, int]]:
    down = Counter[tuple[int, int]]()
    for message in messages:
        _count(down, message)
    return sorted(down.elements())


def _count(down: Counter[tuple[int, int]], message: bytes) -> None:
    """Counted here anew, and not with the ledger, which is what the tests are to judge."""
    kind, key = message[0] & 0xF0, (message[0] & 0x0F, message[1] if len(message) == 3 else 0)
    if kind == 0x90 and message[2]:
        down[key] += 1
    elif kind in (0x80, 0x90):
        down[key] = max(0, down[key] - 1)
    elif kind == 0xB0 and message[1] == 64:
        down[key[0], 128] = int(message[2] >= 64)


def _released(message: bytes) -> Counter[tuple[int, int]]:
    """What a message would end."""
    kind, channel = message[0] & 0xF0, message[0] & 0x0F
    if kind == 0x80 or (kind == 0x90 and not message[2]):
        return Counter([(channel, message[1])])
    return Counter([(channel, 128)] if kind == 0xB0 and message[1] == 64 and message[2] < 64 else [])


class _Musician:
    def __init__(self, name: str) -> None:
        self._out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=f"{name} out")
        self._out.open_virtual_port("out")
        self._in = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=f"{name} in", queue_size_limit=65536)
        self._in.ignore_types(sysex=False, timing=False, active_sense=False)
        self._in.open_virtual_port("in")
        self._score: list[tuple[float, int, bytes]] = []
        self._arrivals = 0
        self._lock = threading.Lock()
        self._leaving = False

    def read_scores(self) -> None:
        for line in sys.stdin:
            with self._lock:
                for moment, message in json.loads(line):
                    self._arrivals += 1
                    heapq.heappush(self._score, (moment, self._arrivals, bytes.fromhex(message)))
        self._leaving = True

    def perform(self) -> None:
        while not self._leaving:
            self._note_what_sounds()
            with self._lock:
                while self._score and self._score[0][0] <= time.monotonic():
                    self._out.send_message(heapq.heappop(self._score)[2])
            time.sleep(_LOOK_S)
        self._out.delete()
        self._in.delete()

    def _note_what_sounds(self) -> None:
        heard = []
        while taken := self._in.get_message():
            heard.append((time.monotonic(), bytes(taken[0]).hex()))
        if heard:
            print(json.dumps(heard), flush=True)


if __name__ == "__main__":
    musician = _Musician(sys.argv[1])
    threading.Thread(target=musician.read_scores, daemon=True).start()
    musician.perform()
