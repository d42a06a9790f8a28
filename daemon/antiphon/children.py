"""Our processes, as their parent sees them: started, spoken to, ended."""

import contextlib
import mmap
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from antiphon.lines import Control, pair
from antiphon.terminal import Terminal

LEAVES_S: Final = 2.0
"""So long may a process take to leave when it is told to."""
_HANGUP: Final[tuple[signal.Signals, ...]] = (signal.SIGHUP,) if sys.platform != "win32" else ()
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, *_HANGUP)
"""Held back while a process starts. It lets through those it heeds; a hang-up is the guard's business alone."""


@dataclass(slots=True, eq=False)
class Child:
    """One of our processes.

    ready     whether it has said that it does its work
    moves     whether it has said that another is to take its place at once
    beat_at   when it last said anything (s, monotonic)
    """

    name: str
    process: subprocess.Popen[bytes]
    control: Control
    ready: bool = False
    moves: bool = False
    beat_at: float = field(default_factory=time.monotonic)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def alive(self) -> bool:
        """False once it has died; then it is no zombie either."""
        return self.process.poll() is None

    def kill(self) -> None:
        """End it now."""
        self.process.kill()
        self.process.wait()

    def leave(self) -> bool:
        """Tell it to go, and wait until it has. False where it had to be killed, or has not left in good order."""
        self.control.say("stop")
        try:
            self.process.wait(LEAVES_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        finally:
            self.control.close()
        return self.process.returncode == 0


class Bell:
    """Rings when a process has died, and when a signal says stop or reload.

    stopping    whether one has; the terminal going away says so, too
    reloading   whether one has since somebody last saw to it
    """

    def __init__(self) -> None:
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._waker, False)
        self._terminal = Terminal()
        self.stopping = self.reloading = False

    def fileno(self) -> int:
        """For select."""
        return self._woken

    def heard(self) -> None:
        """Be silent until the next time."""
        os.read(self._woken, 4096)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """While inside, signals ring. Only once, and only in the main thread."""
        handlers = {signal.SIGINT: self._stop, signal.SIGTERM: self._stop, signal.SIGCHLD: self._ring}
        handlers |= dict.fromkeys(_HANGUP, self._hung_up)
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(self._woken)
            os.close(self._waker)

    def _stop(self, *_: object) -> None:
        self.stopping = True
        self._ring()

    def _hung_up(self, *_: object) -> None:
        if self._terminal.gone:
            self.stopping = True
        else:
            self.reloading = True
        self._ring()

    def _ring(self, *_: object) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._waker, b".")


def spawn(name: str, module: str) -> Child:
    """Start `module` as a process. Signals that mean stop wait until it knows what to do about them."""
    ours, theirs = pair()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        with theirs:
            command = [sys.executable, "-m", module, str(theirs.fileno())]
            process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    except OSError:
        ours.close()
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return Child(name, process, Control(ours))


def introduce(one: Child, other: Child, to_one: Mapping[str, Any], to_other: Mapping[str, Any]) -> None:  # JSON
    """Give each its end of a line to the other, with the other's name as the word, and what else there is to say."""
    ours, theirs = pair()
    with ours, theirs:
        one.control.say(other.name, [ours.fileno()], **to_one)
        other.control.say(one.name, [theirs.fileno()], **to_other)


def shared_memory(name: str, size: int) -> int:
    """A file without a name, of zeros, that lives as long as somebody has it open. Raises OSError."""
    try:
        number = os.memfd_create(f"antiphon-{name}")
    except (AttributeError, OSError):  # another system, or a sandbox
        with tempfile.TemporaryFile() as file:
            number = os.dup(file.fileno())
    os.ftruncate(number, size)
    mmap.mmap(number, size).close()
    return number
