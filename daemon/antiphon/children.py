"""Our processes, as their parent sees them: started, spoken to, ended."""

import contextlib
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Final

from antiphon import loopback
from antiphon.lines import CALLS, Control, Keyed, pair
from antiphon.loopback import Door
from antiphon.terminal import HANG_UPS, STOPS, Terminal, held_back

LEAVES_S: Final = 2.0
"""So long may a process take to leave when it is told to."""
_UNSEEN: Final[int] = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""Away from the window that we run in: what closes it ends all that belong to it at once, and who would release?"""


@dataclass(slots=True, eq=False)
class Child:
    """One of our processes.

    ready     whether it has said that it does its work
    moves     whether it has said that another is to take its place at once
    hung      whether it was killed because it said nothing any more
    prompt    whether its last word was that it stands by: then it answers at once
    beat_at   when it last said anything (s, monotonic)
    """

    name: str
    process: subprocess.Popen[bytes]
    control: Control
    ready: bool = False
    moves: bool = False
    hung: bool = False
    prompt: bool = False
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
        self.control.dismiss()
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
        self._woken, self._waker = socket.socketpair()  # a pipe cannot be selected on everywhere
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._terminal = Terminal()
        self.stopping = self.reloading = False

    def fileno(self) -> int:
        """For select."""
        return self._woken.fileno()

    def heard(self) -> None:
        """Be silent until the next time."""
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(4096)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """While inside, signals ring. Only once, and only in the main thread."""
        handlers: dict[int, Callable[[int, FrameType | None], None]] = dict.fromkeys(STOPS, self._stop)
        handlers |= dict.fromkeys(HANG_UPS, self._hung_up)
        if sys.platform != "win32":
            handlers[signal.SIGCHLD] = self._ring
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        woken_before = signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)  # or select would sleep on
        try:
            yield
        finally:
            signal.set_wakeup_fd(woken_before)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._woken.close()
            self._waker.close()

    def watch(self, process: subprocess.Popen[bytes]) -> None:
        """Ring when that process has died, where no signal says so."""
        if loopback.used():
            threading.Thread(target=self._await, args=(process,), daemon=True).start()

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        self._ring()

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
        with contextlib.suppress(OSError):  # it rings already, or for nobody any more
            self._waker.send(b".")


def spawn(name: str, module: str) -> Child:
    """Start `module` as a process. Signals that mean stop wait until it knows what to do about them."""
    return _called(name, module) if loopback.used() else _handed(name, module)


def _handed(name: str, module: str) -> Child:
    """A process that inherits its end of the line."""
    ours, theirs = pair()
    try:
        with theirs, held_back():
            command = [sys.executable, "-m", module, str(theirs.fileno())]
            process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    except OSError:
        ours.close()
        raise
    return Child(name, process, Control(ours))


def _called(name: str, module: str) -> Child:
    """A process that is told the key to its line, on stdin, which nobody else can read."""
    door = Door()
    try:
        with held_back():
            command = [sys.executable, "-m", module, CALLS]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, creationflags=_UNSEEN)
    except OSError:
        door.close()
        raise
    if process.stdin:
        with process.stdin, contextlib.suppress(OSError):  # it has died already
            process.stdin.write(door.key.encode() + b"\n")
    return Child(name, process, Keyed(door))


def introduce(one: Child, other: Child, to_one: Mapping[str, Any], to_other: Mapping[str, Any]) -> None:  # JSON
    """Give each its end of a line to the other, with the other's name as the word, and what else there is to say."""
    if loopback.used():
        one.control.say(other.name, [lambda key: other.control.say(one.name, [key], **to_other)], **to_one)
        return
    ours, theirs = pair()
    with ours, theirs:
        one.control.say(other.name, [ours.fileno()], **to_one)
        other.control.say(one.name, [theirs.fileno()], **to_other)
