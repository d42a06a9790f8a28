"""What C libraries print on the terminal, kept away from it."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import Final

_STDERR: Final = 2
_silence = threading.RLock()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what C libraries print on the terminal away from it: libjack writes five lines to file 2 for each server
    that is not there. Whatever other threads print there in the meantime is lost too, so keep the block short."""
    with _silence, contextlib.ExitStack() as restore:
        with contextlib.suppress(OSError):  # a daemon may have closed file 2
            spare = os.dup(_STDERR)
            restore.callback(os.close, spare)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, _STDERR)
            os.close(nowhere)
            restore.callback(os.dup2, spare, _STDERR)
        yield


def mute() -> None:
    """From now on, keep what C libraries print away from the terminal: libjack writes some lines for each client when a
    server dies. What python has to say on sys.stderr is still seen."""
    with contextlib.suppress(OSError):  # a daemon may have closed file 2
        sys.stderr = os.fdopen(os.dup(_STDERR), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, _STDERR)
        os.close(nowhere)
