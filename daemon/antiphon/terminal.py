"""Whether the terminal we were started from is still there, and how what runs in one is told to stop."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

_TERMINAL: Final = "/dev/tty"
if sys.platform == "win32":
    STOPS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK)
    HANG_UPS: Final[tuple[signal.Signals, ...]] = ()
else:
    STOPS: Final = (signal.SIGINT, signal.SIGTERM)
    HANG_UPS: Final[tuple[signal.Signals, ...]] = (signal.SIGHUP,)


class Terminal:
    """The controlling terminal, if we have one. A service has none, and `nohup` asks us to outlive it."""

    def __init__(self) -> None:
        heeded = any(signal.getsignal(number) != signal.SIG_IGN for number in HANG_UPS)
        self._had = heeded and _there()

    @property
    def gone(self) -> bool:
        """True once we had one and have it no more."""
        return self._had and not _there()


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Inside, INT, TERM and HUP call `stop`."""
    before = {number: signal.signal(number, lambda *_: stop()) for number in (*STOPS, *HANG_UPS)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def held_back() -> Iterator[None]:
    """Inside, signals that mean stop wait, also for a process that is started then. It lets through those that it
    heeds (`started`); a hang-up is the guard's business alone."""
    if sys.platform == "win32":  # where a process without a window gets none
        yield
    else:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (*STOPS, *HANG_UPS))
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def started(stop: Callable[[int], None] | None = None) -> None:
    """For a process that the guard has started: from now on signals come through. Those that mean stop are told
    `stop`; without it, INT says nothing, for a terminal sends it to all, and the guard will say what is to be done."""
    if stop:
        for number in STOPS:
            signal.signal(number, lambda number, _: stop(number))
    else:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)


def _there() -> bool:
    if sys.platform != "win32":
        with suppress(OSError):
            os.close(os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY))
            return True
    return False
