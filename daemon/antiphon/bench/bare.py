"""bare.c in Python, for machines without a compiler and for ports in memory: `python -m antiphon.bench.bare jack|memory
NAME RECORDS [FROM TO]...`. Looks at its inputs as often as the stage does while someone plays."""

import os
import select
import struct
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from antiphon.bench.memory import MemoryIn, MemoryOut
from antiphon.bench.stamps import FOLDER

RECORD: Final = struct.Struct("=dBB6s")
INPUTS: Final = ("direct", "echoed", "bare")
_LOOK_S: Final = 0.0003


def _on_jack(name: str, pairs: Sequence[tuple[str, str]]) -> tuple[list[Any], Any]:  # rtmidi has no type stubs
    import rtmidi

    inputs, output = [], rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=f"{name} thru")
    for port in INPUTS:
        device = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=f"{name} {port}", queue_size_limit=65536)
        found = device.get_ports()
        sources = [found.index(source) for source, to in pairs if to == f"{name} {port}:{port}"]
        device.open_port(sources[0], port) if sources else device.open_virtual_port(port)
        inputs.append(device)
    found = output.get_ports()
    sinks = [found.index(to) for source, to in pairs if source == f"{name} thru:thru"]
    output.open_port(sinks[0], "thru") if sinks else output.open_virtual_port("thru")
    return inputs, output


def _in_memory(name: str, pairs: Sequence[tuple[str, str]]) -> tuple[list[Any], Any]:
    folder = Path(os.environ[FOLDER])
    to = [sink for source, sink in pairs if source == f"{name} thru"]
    return [MemoryIn(folder, f"{name} {port}") for port in INPUTS], MemoryOut(folder, to)


def main(way: str, name: str, records: str, *ports: str) -> int:
    """Note and pass on until standard input ends."""
    pairs = list(zip(ports[::2], ports[1::2], strict=True))
    inputs, output = (_in_memory if way == "memory" else _on_jack)(name, pairs)
    print("ready 0 0", flush=True)  # noqa: T201, it is what this program is started for
    with open(records, "wb", buffering=0) as file:
        while not select.select([sys.stdin], [], [], 0)[0]:
            for number, device in enumerate(inputs):
                while taken := device.get_message():
                    message = bytes(taken[0])
                    if number == 0:
                        output.send_message(message)
                    file.write(RECORD.pack(time.monotonic(), number, min(6, len(message)), message[:6]))
            time.sleep(_LOOK_S)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
