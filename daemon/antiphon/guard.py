"""The guard: starts stage, mind and page, watches them, puts another in the place of one that dies, stops them in order.

It opens no port, runs no model and serves nobody, so that there is little in it that could go wrong.
"""

import contextlib
import mmap
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from antiphon.core.parameters import Value
from antiphon.errors import ModelError
from antiphon.lines import Control, pair

HANGS_S: Final = 1.5
"""Without a beat for so long a process counts as hung, and is killed."""
STARTS_S: Final = 20.0
"""So long may a process take until its first beat."""
MANY: Final = 3
SOON_S: Final = 10.0
"""So many deaths of the mind in so many seconds, and it is left alone for a while: thru goes on."""
PATIENCE_S: Final = 30.0
LEAVES_S: Final = 2.0
_LEDGERS: Final = 2 * 16 * 129
_JOURNAL: Final = 1 << 18
_TICK_S: Final = 0.25

Words = dict[str, Any]  # JSON


@dataclass(frozen=True, slots=True)
class Settings:
    """What the guard tells the others."""

    backend: str
    ins: tuple[str, ...]
    outs: tuple[str, ...]
    thru: bool
    model: str
    parameters: Mapping[str, Value]
    page: int | None
    """The port the page is served on; None for no page."""
    programs: Mapping[str, str] = field(default_factory=dict)
    """The module to run as a process, by the process's name, where it is not the ordinary one."""


@dataclass(slots=True)
class Child:
    """One of our processes."""

    name: str
    process: subprocess.Popen[bytes]
    control: Control
    ready: bool = False
    beat_at: float = field(default_factory=time.monotonic)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid


class Guard:
    """Keeps the three processes playing.

    tell     gets a line for people when something they should know has happened
    report   gets all there is to know about us each time everything is there: pids, ports, model, page
    """

    def __init__(self, settings: Settings, tell: Callable[[str], None], report: Callable[[Words], None]) -> None:
        self._settings, self._tell, self._report = settings, tell, report
        self._ledgers, self._journal = _memory("ledgers", _LEDGERS), _memory("journal", _JOURNAL)
        self._children: dict[str, Child] = {}
        self._spare: Child | None = None
        self._known: Words = {"connections": []}
        self._deaths = deque[float](maxlen=MANY)
        self._rest_until: float | None = None
        self._failed: str | None = None
        self._woken, self._waker = os.pipe()
        self._stopping = False
        self._met = False  # whether the present stage has known a mind: then its numbers mean something to another

    def run(self) -> None:
        """Play until SIGINT or SIGTERM. Raises ModelError when the model cannot be played at all."""
        os.set_blocking(self._waker, False)
        with self._signals():
            self._start("stage")
            self._start("mind")
            if self._settings.page is not None:
                self._start("page")
            try:
                while not self._stopping:
                    self._watch()
            finally:
                self._leave()
        if self._failed:
            raise ModelError(self._failed)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def stop(*_: object) -> None:
            self._stopping = True
            os.write(self._waker, b".")

        def died(*_: object) -> None:
            with contextlib.suppress(BlockingIOError):
                os.write(self._waker, b".")

        handlers = {signal.SIGINT: stop, signal.SIGTERM: stop, signal.SIGCHLD: died}
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _watch(self) -> None:
        """Wait for a word, a death or the next look at who still lives, and see to it."""
        everyone = [*self._children.values(), *([self._spare] if self._spare else [])]
        files = [self._woken, *(child.control.fileno() for child in everyone if child.control.open)]
        readable, _, _ = select.select(files, [], [], _TICK_S)
        if self._woken in readable:
            os.read(self._woken, 4096)
        for child in everyone:
            for word, _ in child.control.heard():
                self._hear(child, word)
        for child in everyone:
            self._see_to(child)
        if self._rest_until is not None and time.monotonic() > self._rest_until:
            self._rest_until = None
            self._start("mind")

    def _hear(self, child: Child, word: Words) -> None:
        child.beat_at = time.monotonic()
        match word["what"]:
            case "ready":
                self._welcome(child, word)
            case "graph":
                self._known["connections"] = word["connections"]
            case "waiting" | "lost":
                self._tell(f"{word['why']}  (waiting for it)")
            case "failed" if child.name == "mind":
                self._failed, self._stopping = str(word["why"]), True

    def _welcome(self, child: Child, word: Words) -> None:
        child.ready = True
        self._known[child.name] = word
        stage, mind, page = (self._children.get(name) for name in ("stage", "mind", "page"))
        if child.name in ("stage", "mind") and stage and mind and stage.ready and mind.ready:
            self._introduce(stage, mind)
        if child.name == "stage" and self._spare is None:
            self._spare = self._spawn("stage")
        if stage and mind and stage.ready and mind.ready and (page is None or page.ready):
            self._report(self._summary())

    def _introduce(self, stage: Child, mind: Child) -> None:
        """Give the stage its end of the line to the mind; the mind's end came with its first word."""
        if (line := self._known.get("line")) is not None:
            stage.control.say("mind", [line], heard=self._known["mind"]["heard"] if self._met else 0)
            self._met = True
            self._drop_line()

    def _summary(self) -> Words:
        stage = self._known["stage"]
        pids = {"guard": os.getpid(), **{name: child.pid for name, child in self._children.items()}}
        ports = {"in": stage["inputs"], "out": stage["outputs"]}
        summary = {"pids": pids, "ports": ports, "model": self._known["mind"]["model"], "granted": stage["granted"]}
        if url := self._known.get("page", {}).get("url"):
            summary["page"] = {"url": url, "websocket": "/ws"}
        return summary

    def _see_to(self, child: Child) -> None:
        now = time.monotonic()
        if child.process.poll() is None:
            patience = HANGS_S if child.ready else STARTS_S
            if child is self._spare or now - child.beat_at < patience:
                return
            self._tell(f"the {child.name} does not answer; starting another")
            child.process.kill()
            child.process.wait()
        for word, _ in child.control.heard():
            self._hear(child, word)
        child.control.close()
        if child is self._spare:
            self._spare = None
        elif self._children.get(child.name) is child:
            del self._children[child.name]
            if not self._stopping:
                self._replace(child, now)

    def _replace(self, child: Child, now: float) -> None:
        if child.name == "mind":
            self._deaths.append(now)
            if len(self._deaths) == MANY and now - self._deaths[0] < SOON_S:
                self._rest_until = now + PATIENCE_S
                self._deaths.clear()
                self._tell(f"the mind keeps failing; trying again in {PATIENCE_S:.0f} s, thru goes on meanwhile")
                return
        if child.name == "stage" and (mind := self._children.get("mind")):
            mind.process.kill()  # its line led to the old stage; its journal is what goes on
            mind.process.wait()
            mind.control.close()
            del self._children["mind"]
        if child.name == "stage":
            self._met = False
        self._start(child.name)
        if child.name == "stage":
            self._start("mind")

    def _start(self, name: str) -> None:
        child = self._spare if name == "stage" and self._spare else self._spawn(name)
        if child is self._spare:
            self._spare = None
        child.beat_at, child.ready = time.monotonic(), False
        self._children[name] = child
        getattr(self, f"_brief_{name}")(child)

    def _spawn(self, name: str) -> Child:
        ours, theirs = pair()
        with theirs:
            module = self._settings.programs.get(name, f"antiphon.{name}")
            command = [sys.executable, "-m", module, str(theirs.fileno())]
            process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        return Child(name, process, Control(ours))

    def _brief_stage(self, child: Child) -> None:
        s = self._settings
        connections = self._known["connections"]
        order = {"backend": s.backend, "ins": s.ins, "outs": s.outs, "thru": s.thru, "connections": connections}
        child.control.say("play", [self._ledgers], **order)

    def _brief_mind(self, child: Child) -> None:
        stage_end, mind_end = pair()
        page_end, shown_end = pair()
        with mind_end, shown_end:
            files = [mind_end.fileno(), shown_end.fileno(), self._journal]
            child.control.say("think", files, model=self._settings.model, parameters=dict(self._settings.parameters))
        self._drop_line()
        self._known["line"] = stage_end.detach()
        self._show(page_end)

    def _drop_line(self) -> None:
        if (line := self._known.pop("line", None)) is not None:
            os.close(line)

    def _brief_page(self, child: Child) -> None:
        child.control.say("serve", port=self._settings.page)
        if mind := self._children.get("mind"):
            page_end, mind_end = pair()
            with mind_end:
                mind.control.say("page", [mind_end.fileno()])
            self._show(page_end)

    def _show(self, end: Any) -> None:  # socket
        with end:
            if page := self._children.get("page"):
                page.control.say("mind", [end.fileno()])

    def _leave(self) -> None:
        """Stop in the order that leaves nothing sounding: the stage first, for it releases."""
        for name in ("stage", "mind", "page"):
            if child := self._children.pop(name, None):
                _end(child)
        if self._spare:
            _end(self._spare)


def _end(child: Child) -> None:
    child.control.say("stop")
    if child.name != "stage" or not child.ready:
        child.control.close()
    try:
        child.process.wait(LEAVES_S)
    except subprocess.TimeoutExpired:
        child.process.kill()
        child.process.wait()


def _memory(name: str, size: int) -> int:
    """A file without a name that lives as long as somebody has it open."""
    if hasattr(os, "memfd_create"):
        number = os.memfd_create(f"antiphon-{name}")
    else:
        with tempfile.TemporaryFile() as file:
            number = os.dup(file.fileno())
    os.ftruncate(number, size)
    mmap.mmap(number, size).close()
    return number
