"""Whether the terminal we were started from is still there, and how what runs in one is told to stop."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_TERMINAL: Final = "/dev/tty"
_STOPS: Final = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Terminal:
    """The controlling terminal, if we have one. A service has none, and `nohup` asks us to outlive it."""

    def __init__(self) -> None:
        self._had = hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN and _there()

    @property
    def gone(self) -> bool:
        """True once we had one and have it no more."""
        return self._had and not _there()


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Inside, INT, TERM and HUP call `stop`."""
    before = {number: signal.signal(number, lambda *_: stop()) for number in _STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _there() -> bool:
    try:
        os.close(os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
