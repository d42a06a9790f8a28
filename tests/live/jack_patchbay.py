"""The one client through which a JACK server is asked for its ports and told to connect them.

`jack_lsp` and `jack_connect` would be a new client for each question, and a client that leaves while another arrives
can keep that other one from ever being woken: JACK 2 (1.9.21) lists its ports and connections, and nothing passes. Seen
in 1 to 4 of 25 openings; with a client that stays, in none of 75.

`Patchbay` is the tests' side. The client is this file run as a program, because libjack knows one server per process.
"""

import contextlib
import json
import os
import subprocess
import sys
from typing import cast

import jack


class Patchbay:
    """A client of a server that is running. Raises ConnectionError where none can be."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # libjack tells of every server that is not there
            text=True,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        try:
            self.ports()
        except ConnectionError:
            self.close()
            raise

    def ports(self) -> list[str]:
        """The full names of all ports."""
        return self._ask("ports")

    def connections(self, port: str) -> list[str]:
        """The full names of the ports a port is connected to."""
        return self._ask("connections", port)

    def connect(self, source: str, sink: str) -> None:
        """Connect two ports."""
        self._ask("connect", source, sink)

    def close(self) -> None:
        """Leave the server."""
        try:
            self._process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def _ask(self, *question: str) -> list[str]:
        assert self._process.stdin
        assert self._process.stdout
        try:
            print(json.dumps(question), file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise ConnectionError(f"JACK does not answer: {question}")
        return cast("list[str]", json.loads(answer))


def _answer(client: jack.Client, verb: str, *ports: str) -> list[str]:
    match verb:
        case "ports":
            return [port.name for port in client.get_ports()]
        case "connections":
            return [port.name for port in client.get_all_connections(*ports)]
        case "connect":
            client.connect(*ports)
    return []


if __name__ == "__main__":
    with contextlib.closing(jack.Client("test patchbay", no_start_server=True)) as patchbay:
        for line in sys.stdin:
            print(json.dumps(_answer(patchbay, *json.loads(line))), flush=True)
