"""Whether the terminal we were started from is still there."""

import os
import signal
from typing import Final

_TERMINAL: Final = "/dev/tty"


class Terminal:
    """The controlling terminal, if we have one. A service has none, and `nohup` asks us to outlive it."""

    def __init__(self) -> None:
        self._had = hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN and _there()

    @property
    def gone(self) -> bool:
        """True once we had one and have it no more."""
        return self._had and not _there()


def _there() -> bool:
    try:
        os.close(os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
