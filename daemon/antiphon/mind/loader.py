"""What is made beside the music, in a thread of its own: the mind goes on, and is woken once it is there. A model that
is loaded, or what music leaves behind in one.

Most of loading is done without Python's lock (measured: whoever plays waits 2 to 5 ms for it at the most).
"""

import socket
import threading
import traceback
from collections.abc import Callable
from typing import Generic, TypeVar

from antiphon import priority
from antiphon.errors import AntiphonError

T = TypeVar("T")


class Loader(Generic[T]):
    """Loads by name, one at a time; of several that are wanted at once, the last. `load` may raise AntiphonError; what
    else it raises is a fault of ours, of which the log gets the traceback."""

    def __init__(self, load: Callable[[str], T]) -> None:
        self._load, self._lock = load, threading.Lock()
        self._woken, self._waker = socket.socketpair()  # a pipe cannot be selected on everywhere
        self._wanted, self._busy = "", False
        self._found: T | AntiphonError | None = None

    def fileno(self) -> int:
        """For select: there is something to be had."""
        return self._woken.fileno()

    def want(self, name: str) -> None:
        """Have it made. Returns at once."""
        with self._lock:
            self._wanted = name
            if not self._busy:
                self._busy = True
                threading.Thread(target=self._work, daemon=True).start()

    def had(self) -> T | None:
        """What was wanted, once it is there, and only once. Raises AntiphonError where it cannot be had."""
        with self._lock:
            found, self._found = self._found, None
            if found is not None:
                self._woken.recv(1)
        if isinstance(found, AntiphonError):
            raise found
        return found

    def _work(self) -> None:
        priority.ordinary()
        while not self._told(name := self._wanted, self._tried(name)):
            pass

    def _tried(self, name: str) -> T | AntiphonError:
        try:
            return self._load(name)
        except AntiphonError as error:
            return error
        except Exception as error:  # whoever plays is not to be disturbed
            traceback.print_exc()
            return AntiphonError(f"{name}: {type(error).__name__}: {error}")

    def _told(self, name: str, found: T | AntiphonError) -> bool:
        """False where another has been wanted meanwhile."""
        with self._lock:
            if name != self._wanted:
                return False
            if self._found is None:
                self._waker.send(b".")
            self._found, self._busy = found, False
            return True
