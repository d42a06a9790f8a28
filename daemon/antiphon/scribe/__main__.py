"""The scribe as a process: `python -m antiphon.scribe FILE`, started by the guard, which speaks through that file."""

import os
import select
import sys
import time
from pathlib import Path
from typing import Final

from antiphon import priority
from antiphon.core import tape
from antiphon.core.tape import Frame, Kind
from antiphon.lines import Control, Line, first_word, next_beat, to_guard
from antiphon.music.events import Seconds
from antiphon.scribe.desk import Desk
from antiphon.takes.limits import Limits
from antiphon.terminal import started

_NICE: Final = 10


def main(control: Control) -> int:
    """Write what the mind says until the guard has gone or says stop."""
    started()
    priority.stand_back(_NICE)
    word, _ = first_word(control)
    desk = Desk(Path(word["folder"]), Limits.of(word["settings"]), lambda why: control.say("notice", why=why))
    control.say("ready", folder=word["folder"])
    _write(control, desk)
    desk.leave()
    os._exit(0)  # a take that is still being made is made at the next start


def _write(control: Control, desk: Desk) -> None:
    mind: Line | None = None
    stopped, beat_at = False, 0.0
    while control.open and not stopped:
        now = time.monotonic()
        if now >= beat_at:
            beat_at = next_beat(now)
            control.say("beat")
        lines = [control, *([mind] if mind else [])]
        select.select(lines, (), (), max(0.0, min(beat_at, desk.deadline()) - time.monotonic()))
        if mind:
            _hear(mind, desk)
            mind = mind if mind.open else None
        for word, files in control.heard():
            stopped |= word["what"] == "stop"
            if word["what"] == "mind":
                mind = Line.of(files[0])
        desk.look(time.monotonic())
    if mind:
        _hear(mind, desk)


def _hear(mind: Line, desk: Desk) -> None:
    for parcel in mind.received():
        desk.take(parcel, time.monotonic())
    if not mind.open:
        now = time.monotonic()
        desk.take(tape.packed([Frame(Kind.HUSHED, Seconds(now))]), now)
        mind.close()


if __name__ == "__main__":
    sys.exit(main(to_guard(sys.argv[1])))
