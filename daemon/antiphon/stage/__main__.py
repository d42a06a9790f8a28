"""The stage as a process: `python -m antiphon.stage FILE`, started by the guard, which speaks through that file.

It imports everything, says so, and stands by until it is told to play. It ends when it is told to stop, when the
guard has gone, or, with status LOST, when its ports have. Where there is no MIDI it plays without, and ends when there
is, for another stage to take.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any, Final

from antiphon import priority
from antiphon.core.zones import parse
from antiphon.errors import PortError
from antiphon.lines import STANDS_BY, Control, Given, first_word, to_guard
from antiphon.memory import taken
from antiphon.music.ledger import SIZE, Ledger
from antiphon.stage import library
from antiphon.stage.clock import keep_time
from antiphon.stage.duty import Duty, Ported
from antiphon.stage.graph import graph
from antiphon.stage.lifeline import trace
from antiphon.stage.lookout import NONE, Unplugged
from antiphon.stage.loop import Books, Loop
from antiphon.stage.quiet import mute
from antiphon.terminal import started

LOST: Final = 75
_JACK: Final = "jack"

Word = dict[str, Any]  # JSON


def main(control: Control) -> int:
    """Stand by, play, leave."""
    stopped = list[int]()
    started(stopped.append)
    mute()
    library.load()
    control.say(STANDS_BY)
    word, (memory, *_) = first_word(control)
    control.say("beat")
    books, accounts = _books(memory)
    backend, ports, why = _opened(word, accounts)
    seen = graph(backend)
    missing = seen.restore([(source, sink) for source, sink in word["connections"]])
    ports.settle()
    ports.divide([parse(line) for line in word["zones"]])
    duty = Duty(control, ports, seen, stopped, missing)
    calls = frozenset(bytes.fromhex(call) for call in word["calls"])
    loop = Loop(ports, duty.mind, duty, books, duty.commands.take, calls)
    duty.loop = loop
    priorities = priority.beside(served=backend == _JACK)
    in_time = priority.real_time(priorities.stage)
    granted = priority.granted(in_time, priority.locked_memory())
    keep_time()
    priority.punctual()
    names: Word = {"inputs": ports.inputs, "outputs": ports.outputs, "own": ports.own}
    known: Word = {"in_time": in_time, "granted": granted, "priority": priorities.mind}
    control.say("ready", backend=backend, why=why, **known, **names)
    try:
        loop.run()
    except PortError as error:
        control.say("lost" if ports.plugged else "moved", why=str(error))
        os._exit(LOST)  # to close ports under a dead server takes seconds, and a process that ends needs not
    finally:
        seen.close()
        ports.close()
    return 0


def _opened(word: Word, accounts: Sequence[Ledger]) -> tuple[str, Ported, str]:
    """The MIDI system's name and the ports; where there is no MIDI, why."""
    try:
        return (*library.opened(word, accounts), "")
    except PortError as error:
        return NONE, Unplugged(lambda: library.look(word), trace), str(error)


def _books(memory: Given) -> tuple[Books, list[Ledger]]:
    """The two ledgers, of which an earlier stage leaves us nothing but what its outputs were left with, and those."""
    shared = taken(memory)
    ours, passed, *accounts = (Ledger(shared[at : at + SIZE]) for at in range(0, len(shared), SIZE))
    ours.clear()
    passed.clear()
    return Books(ours, passed), accounts


if __name__ == "__main__":
    sys.exit(main(to_guard(sys.argv[1])))
