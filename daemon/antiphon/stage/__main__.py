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

from antiphon.errors import PortError
from antiphon.lines import Control, first_word
from antiphon.music.ledger import SIZE, Ledger
from antiphon.stage.backends import choose
from antiphon.stage.clock import keep_time
from antiphon.stage.duty import Duty
from antiphon.stage.graph import graph
from antiphon.stage.loop import Books, Loop
from antiphon.stage.ports import Ports, open_ports
from antiphon.stage.priority import real_time

LOST: Final = 75
_AGAIN_S: Final = 0.4


def main(control: Control) -> int:
    """Stand by, play, leave."""
    stopped = list[int]()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: stopped.append(number))
    control.say("standing by")
    word, (memory, *_) = first_word(control)
    backend, ports = _opened(control, word, stopped)
    if ports is None:
        return 0
    books = _books(memory)
    seen = graph(backend)
    _take_over(ports, books, seen, word["connections"])
    duty = Duty(control, ports, seen, stopped)
    loop = Loop(ports, duty.mind, duty, books, word["thru"])
    duty.loop = loop
    granted = real_time()
    keep_time()
    control.say("ready", inputs=ports.inputs, outputs=ports.outputs, granted=granted, backend=backend)
    try:
        loop.run()
    except PortError as error:
        control.say("lost", why=str(error))
        return LOST
    finally:
        seen.close()
        ports.close()
    return 0


def _opened(control: Control, word: dict[str, Any], stopped: Sequence[int]) -> tuple[str, Ports | None]:  # JSON
    """Open the ports; where they are not there, say why, once for each reason, and try again until told to stop."""
    said = ""
    while not stopped and control.open:
        try:
            backend = choose(word["backend"])
            return backend.name, open_ports(backend, word["ins"], word["outs"])
        except PortError as error:
            if str(error) != said:
                said = str(error)
                control.say("waiting", why=said)
        control.say("beat")
        time.sleep(_AGAIN_S)
        if any(order["what"] == "stop" for order, _ in control.heard()):
            break
    return "", None


def _books(memory: int) -> Books:
    shared = memoryview(mmap.mmap(memory, 2 * SIZE))
    os.close(memory)
    return Books(Ledger(shared[:SIZE]), Ledger(shared[SIZE:]))


def _take_over(ports: Ports, books: Books, seen: Any, connections: list[list[str]]) -> None:  # Graph; JSON
    """Stand where an earlier stage stood: connected as it was, with what it left sounding released."""
    if connections:
        seen.restore([(source, sink) for source, sink in connections])
    for ledger in (books.ours, books.passed):
        for release in ledger.owed():
            ports.send(release)
            ledger.note(release)


if __name__ == "__main__":
    sys.exit(main(Control.of(int(sys.argv[1]))))
