"""The guard: starts stage, mind and page, watches them, puts another in the place of one that dies, ends them in order.

It opens no port, runs no model and serves nobody, so that there is little in it that could go wrong.
"""

import logging
import select
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from antiphon import errands
from antiphon.bus import Bus
from antiphon.children import Bell, Child, introduce
from antiphon.crew import Crew
from antiphon.errors import ModelError
from antiphon.lines import BEAT_S, STANDS_BY
from antiphon.memory import Memory
from antiphon.music.ledger import SIZE
from antiphon.report import Known, fields, ungranted
from antiphon.restarts import Restarts
from antiphon.settings import Settings
from antiphon.starter import Outside

HELD_UP_S: Final = BEAT_S / 2
"""Woken so much too late, the guard cannot tell who hangs: it was stopped, and the others may have been."""
_JOURNAL: Final = 1 << 20
_RELEASES_S: Final = 1.5
_ALL: Final = 1 << 62
_OUTPUTS: Final = 16

_LOGS: Final = {name: logging.getLogger(f"antiphon.{name}") for name in ("stage", "mind", "page", "scribe")}

Words = dict[str, Any]  # JSON


class Guard:
    """Keeps the three processes playing.

    tell     gets a line for people when something they should know has happened
    report   gets all there is to know about us each time some of it has changed: pids, ports, model, page
    outside  hears that we live and leave, and reads the configuration again
    """

    def __init__(
        self,
        settings: Settings,
        tell: Callable[[str], None],
        report: Callable[[Words], None],
        outside: Outside | None = None,
    ) -> None:
        self._settings, self._tell, self._report, self._outside = settings, tell, report, outside
        ledgers = (2 + max(_OUTPUTS, len(settings.outs))) * SIZE  # of ours, of what passed, and one for each output
        self._ledgers, self._journal = Memory("ledgers", ledgers), Memory("journal", _JOURNAL)
        self._bell = Bell()
        self._crew = Crew(settings, self._bell)
        self._known = Known(settings.backend)
        self._bus = Bus(settings.parameters, settings.controls, self._crew.placed.get, self._tell_all, tell, self._keep)
        self._restarts = Restarts()
        self._failing = set[str]()  # of whom it has been said
        self._failed: str | None = None
        self._warned = False  # whether it has been said that we may be late
        self._afresh = False  # whether the next mind remembers nothing
        self._owing = False  # whether a stage died that had no time to release
        self._stages = 0  # how many there were
        self._met = False  # whether a mind has taken up what the present one counts: then its numbers mean something

    def run(self) -> None:
        """Play until SIGINT or SIGTERM. Raises ModelError when the model cannot be played at all."""
        try:
            with self._bell.listening():
                try:
                    for name in self._crew.names:
                        self._start(name)
                    while not self._bell.stopping:
                        self._watch()
                finally:
                    self._leave()
        finally:
            self._ledgers.close()
            self._journal.close()
        if self._failed:
            raise ModelError(self._failed)

    def _watch(self) -> None:
        """Wait for a word, a death, or the moment at which somebody counts as hung or may be started, and see to it."""
        everyone = list(self._crew)
        files = [self._bell.fileno(), *(child.control.fileno() for child in everyone if child.control.open)]
        wanted = min(self._restarts.next, self._crew.next)
        readable, _, _ = select.select(files, [], [], max(0.0, wanted - time.monotonic()))
        now = time.monotonic()
        if now - wanted > HELD_UP_S:
            self._crew.excuse(now)
        if self._bell.fileno() in readable:
            self._bell.heard()
        for child in everyone:  # also those that select says nothing of: it does not when a signal ends it too late
            for word, _ in child.control.heard():
                self._hear(child, word)
        self._bus.settle()
        for child in everyone:
            self._see_to(child, now)
        if not self._bell.stopping:
            for name in self._restarts.due(time.monotonic()):
                self._start(name)
        if self._outside:
            self._serve(self._outside)

    def _serve(self, outside: Outside) -> None:
        """See to what whoever started us wants."""
        if all(self._lives(name) for name in ("stage", "mind")):
            outside.alive()
        if self._bell.reloading and not self._bell.stopping:
            self._bell.reloading = False
            outside.reload(self._bus.values, self._bus.change, self.rewire)

    def rewire(self, **wanted: Any) -> None:  # of Settings: ins, outs, thru, zones
        """Listen and play elsewhere: another stage takes the place of the one there is, which releases everything. It
        takes up other zones itself."""
        self._settings = replace(self._settings, **wanted)
        if list(wanted) == ["zones"]:
            if (stage := self._crew.placed.get("stage")) and stage.ready:
                stage.control.say("zones", **wanted)
            return
        if not wanted.keys().isdisjoint(("ins", "outs")):
            self._known.rewire()
        if stage := self._crew.placed.get("stage"):
            stage.moves = True
            stage.control.say("stop")

    def _lives(self, name: str) -> bool:
        """True where that process does its work; a stage that waits for MIDI does."""
        child = self._crew.placed.get(name)
        working = child is not None and (child.ready or (name == "stage" and self._known.waiting))
        return bool(working) and self._crew.beats(name)

    def _keep(self, controls: Sequence[str]) -> None:
        if self._outside:
            self._outside.learned(controls)

    def _hear(self, child: Child, word: Words) -> None:
        child.beat_at, child.prompt = time.monotonic(), word["what"] == STANDS_BY
        match word["what"]:
            case "ready":
                self._welcome(child, word)
            case "ports":
                self._known.ports(word)
                self._tell_all()
            case "graph":
                self._known.connections = word["connections"]
            case "lost":
                self._wait(str(word["why"]))
            case "moved":
                child.moves = True
            case "notice":
                self._tell(str(word["why"]))
            case "turned" if child.name == "mind":
                self._known.turned(word)
                self._bus.turned(word)
            case "called" if child.name == "mind":
                self._bus.inbox.called(word)
            case "awaits" if child.name == "mind":
                self._known.awaits = word["music"]
            case "change" | "act" | "play" | "learn" | "unlearn" | "model" if child.name == "page":
                self._bus.hear(word)
            case "connect" if child.name == "page":
                self.rewire(ins=tuple(word["ins"]), outs=tuple(word["outs"]))
            case "reload" if child.name == "page":
                self._bell.reloading = True
            case "control" | "learned" if child.name == "stage":
                self._bus.command(word)
            case "met" if child.name == "mind":
                self._met = word["stage"] == self._stages
            case "failed" if child.name == "mind" and self._known.played:
                self._tell(str(word["why"]))
            case "failed" if child.name == "mind":
                self._failed, self._bell.stopping = str(word["why"]), True

    def _wait(self, why: str) -> None:
        """There is no MIDI: a state, not an error. It is said once, and we are as ready as can be."""
        if not self._known.waiting:
            self._tell(f"{why}  (waiting for it)")
        self._known.wait(why)
        self._tell_all()

    def _welcome(self, child: Child, word: Words) -> None:
        child.ready = True
        _LOGS[child.name].debug("ready pid=%d %s", child.pid, fields(word))
        self._failing.discard(child.name)
        self._known.ready(child.name, word)
        if not self._warned and (missing := ungranted(word)):
            self._warned = True
            self._tell(f"no {missing} here: notes may be late when the machine is busy (docs/benchmarks.md)")
        stage, mind = self._crew.find("stage", "mind")
        if child.name in ("stage", "mind") and stage and mind and stage.ready and mind.ready:
            self._introduce(stage, mind)
        if child.name == "mind":
            self._bus.inbox.met()
        if child.name == "stage":
            self._owing = False
            if why := word.get("why"):
                self._wait(why)
            self._bus.meet_stage()
            self._crew.stand_by()
        self._tell_all()

    def _introduce(self, stage: Child, mind: Child) -> None:
        """Give each its end of a line to the other."""
        heard = _ALL if self._afresh else self._known.heard if self._met else 0
        to_mind = {"new": self._afresh or not self._met, "priority": self._known.priority, "number": self._stages}
        introduce(mind, stage, to_mind, {"heard": heard})

    def _tell_all(self) -> None:
        """Report, once there is somebody in every place; the page is shown what is known anyway."""
        stage, mind, page = self._crew.find("stage", "mind", "page")
        if page and page.ready:
            page.control.say("state", **self._known.state(self._bus, self._settings, mind))
        if stage and (stage.ready or self._known.waiting) and mind and mind.ready and (page is None or page.ready):
            self._report(self._known.summary(self._crew.placed))

    def _see_to(self, child: Child, now: float) -> None:
        """Put another in its place where it has ended, or had said nothing for too long at `now` (s)."""
        if child.alive:
            if not self._crew.hangs(child, now):
                return
            self._tell(f"the {child.name} does not answer; starting another")
            child.hung = True
            child.kill()
        for word, _ in child.control.heard():
            self._hear(child, word)
        child.control.close()
        if self._crew.strike_off(child):
            self._lose(child, time.monotonic())

    def _lose(self, child: Child, now: float) -> None:
        _LOGS[child.name].debug("ended pid=%d status=%s", child.pid, child.process.returncode)
        if child.name == "page" and (stage := self._crew.placed.get("stage")) and stage.ready:
            stage.control.say("page gone")
        if child.name == "stage":
            self._stages, self._met = self._stages + 1, False
            self._owing |= child.ready and child.process.returncode != 0
        if child.moves:
            self._start(child.name)
            return
        rest = self._restarts.died(child.name, now)
        if child.name == "mind":
            # What it failed at twice may be in its memory, or in what it would be told again.
            failed = child.hung or (child.process.returncode or 0) > 0
            self._afresh = rest > 0 or (failed and self._restarts.again("mind", now))
            self._bus.inbox.lost(self._afresh)
        if rest and not self._bell.stopping and child.name not in self._failing:
            self._failing.add(child.name)
            going_on = "; thru goes on meanwhile" if child.name == "mind" else ""
            self._tell(f"the {child.name} keeps failing; trying again in {rest:.0f} s{going_on}")

    def _start(self, name: str) -> None:
        child, settings, known = self._crew.place(name), self._settings, self._known
        match name:
            case "stage":
                word = errands.play(settings, known.backend, known.connections, known.own)
                child.control.say("play", [self._ledgers.given], **word)
            case "mind":
                word = errands.think(settings, self._bus.values, known, self._afresh)
                child.control.say("think", [self._journal.given], **word)
            case "page":
                child.control.say("serve", **errands.serve(settings))
            case "scribe" if settings.takes is not None:
                child.control.say("write", **errands.write(settings.takes))
        self._crew.acquaint(name)

    def _leave(self) -> None:
        """Stop in the order that leaves nothing sounding: the stage first, for it releases."""
        if self._outside:
            self._outside.stopping()
        if stage := self._crew.placed.pop("stage", None):
            self._owing |= not stage.leave() and stage.ready
        if self._owing:
            self._release()
        self._crew.leave()

    def _release(self) -> None:
        """The stage did not leave in good order, so another releases what it left sounding."""
        self._start("stage")
        stage, last_moment = self._crew.placed.pop("stage"), time.monotonic() + _RELEASES_S
        while not stage.ready and stage.control.open and time.monotonic() < last_moment:
            select.select([stage.control], [], [], BEAT_S)
            stage.ready = any(word["what"] == "ready" for word, _ in stage.control.heard())
        stage.leave()
