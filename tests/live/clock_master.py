"""Masters of a MIDI clock on a private JACK server, and an ear that knows to the frame when their ticks were."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from typing import Any, Self

import jack as libjack
import numpy as np
from numpy.typing import NDArray
from tests.live.jack_server import Jack

MASTER = "jack_midi_clock:mclk_out"


class Ear:
    """A JACK client that notes the frame of each message of a clock, and rolls the transport."""

    def __init__(self) -> None:
        self._client = libjack.Client("ear", no_start_server=True)
        self._port = self._client.midi_inports.register("in")
        self._noted: list[tuple[int, bytes]] = []
        self._pairs: list[tuple[int, float]] = []
        self._client.set_process_callback(self._hear)

    def __enter__(self) -> Self:
        self._client.activate()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.transport_stop()
        self._client.deactivate()
        self._client.close()

    @property
    def input(self) -> str:
        return str(self._port.name)

    def roll(self) -> None:
        self._client.transport_start()

    def stop(self) -> None:
        self._client.transport_stop()

    def locate(self, frame: int) -> None:
        self._client.transport_locate(frame)

    def look(self) -> None:
        """Note which frame it is now. To be called many times."""
        self._pairs.append((int(self._client.frame_time), time.monotonic()))

    def ticks(self) -> NDArray[np.float64]:
        """When each tick was (s, by time.monotonic()), by a straight line through what was looked at."""
        frames, moments = (np.array(each, np.float64) for each in zip(*self._pairs, strict=True))
        slope, offset = np.polyfit(frames - frames[0], moments, 1)
        late = np.median(moments - (offset + slope * (frames - frames[0])))
        at = np.array([frame for frame, message in self._noted if message == b"\xf8"], np.float64)
        return np.asarray(offset + late + slope * (at - frames[0]), np.float64)

    def _hear(self, _: int) -> None:
        for offset, message in self._port.incoming_midi_events():
            self._noted.append((self._client.last_frame_time + offset, bytes(message)))


@contextlib.contextmanager
def running(jack: Jack, *command: str) -> Iterator[None]:
    """A program on that server, ended afterwards."""
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "TERM", *command],
        env={**os.environ, **jack.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(5)


@contextlib.contextmanager
def master(jack: Jack, kind: str, bpm: float, sinks: Sequence[str]) -> Iterator[None]:
    """A clock of `bpm` on its way to these ports: jack_midi_clock's own, or klick's, which it then follows."""
    with contextlib.ExitStack() as stack:
        if kind == "klick":
            stack.enter_context(running(jack, "klick", "-T", "-n", "klick", f"{bpm:g}"))
            jack.wait_for_port("klick:out")
        own: list[Any] = ["-b", f"{bpm:g}"] if kind == "jack_midi_clock" else []
        stack.enter_context(running(jack, "jack_midi_clock", *own))
        for sink in sinks:
            jack.connect(MASTER, sink)
        yield
