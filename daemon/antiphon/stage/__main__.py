"""The stage as a process: `python -m antiphon.stage FILE`, started by the guard, which speaks through that file.

It imports everything, says so, and stands by until it is told to play. It ends when it is told to stop, when the
guard has gone, or, with status LOST, when its ports have.
"""

import mmap
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

from antiphon import priority
from antiphon.errors import PortError
from antiphon.lines import Control, first_word
from antiphon.music.ledger import SIZE, Ledger
from antiphon.stage.backends import JACK, choose, mute
from antiphon.stage.clock import keep_time
from antiphon.stage.duty import Duty
from antiphon.stage.graph import graph
from antiphon.stage.lifeline import trace
from antiphon.stage.loop import Books, Loop
from antiphon.stage.ports import Ports, open_ports
from antiphon.stage.thru import Thru

LOST: Final = 75
_AGAIN_S: Final = 0.4
_EAGER: Final = 5
_SELDOM: Final = 4
"""A real look costs some 8 ms; so only some first ones, whenever a server may have come, and then each fourth."""
_REAPED: Final = 20
_REAPED_S: Final = 0.02

Word = dict[str, Any]  # JSON


def main(control: Control) -> int:
    """Stand by, play, leave."""
    stopped = list[int]()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: stopped.append(number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
    mute()
    control.say("standing by")
    word, (memory, *_) = first_word(control)
    books, accounts = _books(memory)
    backend, ports = _opened(control, word, accounts, stopped)
    if ports is None:
        return 0
    seen = graph(backend)
    missing = seen.restore([(source, sink) for source, sink in word["connections"]])
    ports.settle()
    duty = Duty(control, ports, seen, stopped, missing)
    loop = Loop(ports, duty.mind, duty, books)
    duty.loop = loop
    priorities = priority.beside(served=backend == JACK)
    in_time = priority.real_time(priorities.stage)
    granted = priority.granted(in_time, priority.locked_memory())
    keep_time()
    names: Word = {"inputs": ports.inputs, "outputs": ports.outputs, "own": ports.own}
    control.say("ready", in_time=in_time, granted=granted, backend=backend, priority=priorities.mind, **names)
    try:
        loop.run()
    except PortError as error:
        control.say("lost", why=str(error))
        os._exit(LOST)  # to close ports under a dead server takes seconds, and a process that ends needs not
    finally:
        seen.close()
        ports.close()
    return 0


def _opened(
    control: Control, word: Word, accounts: Sequence[Ledger], stopped: Sequence[int]
) -> tuple[str, Ports | None]:
    """Open the ports; where there is no MIDI, say why, once, and try again until told to stop."""
    said, seen, looks = False, trace(), 0
    while not stopped and control.open:
        if (now := trace()) != seen:
            seen, looks = now, 0
        if looks < _EAGER or looks % _SELDOM == 0:
            try:
                backend = choose(word["backend"])
                return backend.name, _as_before(backend, word, accounts)
            except PortError as error:
                if not said:
                    said = True
                    control.say("waiting", why=str(error))
        looks += 1
        control.say("beat")
        time.sleep(_AGAIN_S)
        if any(order["what"] == "stop" for order, _ in control.heard()):
            break
    return "", None


def _as_before(backend: Any, word: Word, accounts: Sequence[Ledger]) -> Ports:  # Backend
    """Open the ports under the names that an earlier stage had; JACK may still be clearing up behind that one."""
    for attempt in range(1, _REAPED + 1):
        ports = open_ports(backend, word["ins"], word["outs"], thru=Thru.of(word["thru"]), accounts=accounts)
        if not word["own"] or set(ports.own) == set(word["own"]) or word["ins"] or word["outs"] or attempt == _REAPED:
            break
        ports.close()
        time.sleep(_REAPED_S)
    return ports


def _books(memory: int) -> tuple[Books, list[Ledger]]:
    """The two ledgers, of which an earlier stage leaves us nothing but what its outputs were left with, and those."""
    shared = memoryview(mmap.mmap(memory, 0))
    os.close(memory)
    ours, passed, *accounts = (Ledger(shared[at : at + SIZE]) for at in range(0, len(shared), SIZE))
    ours.clear()
    passed.clear()
    return Books(ours, passed), accounts


if __name__ == "__main__":
    sys.exit(main(Control.of(int(sys.argv[1]))))
