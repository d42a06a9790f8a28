"""The stage as a process, with every message it hands to a port noted: `python -m antiphon.bench.stage FILE`.

All that is changed is rtmidi: its MidiOut notes the moment when `send_message` has returned, its MidiIn what it has
given, and where there is no MIDI system messages go through memory.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

import rtmidi

from antiphon.bench import memory
from antiphon.bench.stamps import FOLDER, MEMORY, STAGE, TAKEN, Stamps
from antiphon.lines import to_guard
from antiphon.stage.__main__ import main


def noting_sent(output: Any, stamps: Stamps) -> Any:  # classes; rtmidi has no type stubs
    """The class `output`, noting what it sends."""

    class Stamped(output):  # type: ignore[misc]  # for the same reason
        def send_message(self, message: bytes) -> None:
            super().send_message(message)
            stamps.note(time.monotonic(), 0.0, bytes(message))

    return Stamped


def noting_taken(device: Any, stamps: Stamps) -> Any:  # for the same reason
    """The class `device`, noting what is taken from it."""

    class Stamped(device):  # type: ignore[misc]  # for the same reason
        def get_message(self) -> tuple[list[int], float] | None:
            taken: tuple[list[int], float] | None = super().get_message()
            if taken:
                stamps.note(time.monotonic(), 0.0, bytes(taken[0][:7]))
            return taken

    return Stamped


if __name__ == "__main__":
    if os.environ.get(MEMORY):
        rtmidi.MidiIn, rtmidi.MidiOut = memory.MidiIn, memory.MidiOut
    folder = Path(os.environ[FOLDER])
    rtmidi.MidiOut = noting_sent(rtmidi.MidiOut, Stamps(folder / STAGE))
    rtmidi.MidiIn = noting_taken(rtmidi.MidiIn, Stamps(folder / TAKEN))
    sys.exit(main(to_guard(sys.argv[1])))
