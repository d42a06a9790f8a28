"""Masters of a MIDI clock on a private JACK server, and the transport that they follow."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from typing import Any, Self

import jack as libjack
from tests.live.jack_server import Jack

MASTER = "jack_midi_clock:mclk_out"
_ACTIVE_S = 0.5
"""A port is listed before its client is active, and cannot be connected until then."""


class Transport:
    """Rolls and stops the transport of the server that this process's environment names."""

    def __enter__(self) -> Self:
        self._client = libjack.Client("transport", no_start_server=True)
        self._client.activate()
        self._client.transport_locate(0)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._client.deactivate()
        self._client.close()

    def roll(self) -> None:
        self._client.transport_start()

    def stop(self) -> None:
        self._client.transport_stop()


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
        jack.wait_for_port(MASTER)
        time.sleep(_ACTIVE_S)
        for sink in sinks:
            jack.connect(MASTER, sink)
        yield
