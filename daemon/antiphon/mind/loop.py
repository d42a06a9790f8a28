"""The mind's one thread: hears the stage, thinks, orders, and keeps its journal. Waits, and never polls."""

import select
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

from antiphon import priority
from antiphon.core.acts import SCENE
from antiphon.core.due import Order
from antiphon.core.messages import Entry, Heard, packed, unpacked
from antiphon.core.model import Identified
from antiphon.core.parameters import Parameters, Value
from antiphon.core.past import Past
from antiphon.core.session import Session
from antiphon.core.zones import Role
from antiphon.errors import AntiphonError
from antiphon.lines import Control, Given, Line, next_beat
from antiphon.mind import checkpoint, priming, worlds
from antiphon.mind.conductor import Conductor
from antiphon.mind.director import Director
from antiphon.mind.foresight import Foresight
from antiphon.mind.hearings import BEGINNING, Hearings
from antiphon.mind.journal import Journal
from antiphon.mind.loader import Loader
from antiphon.mind.recorder import Recorder
from antiphon.mind.snapshots import MISSED, Snapshots
from antiphon.mind.stagehand import Stagehand
from antiphon.mind.warmth import SOONEST_S, Warmth
from antiphon.music.ledger import owing

HORIZON_S: Final = 0.015
"""How long before it is due a note is handed to the stage: many times what the way there takes."""
AWAKE_S: Final = 1.0
"""How long after the last message someone is taken to be still playing."""
Prime = Callable[[], Past | worlds.Hearing | None]
"""What a performance begins from: heard, still to be heard, or not to be had."""
_REAL_TIME: Final = 0xF8
"""From this status on a message is a clock or the like, and nobody's playing."""


class Mind:
    """Plays with whoever is at the other end of the line to the stage, while there is one.

    heard   the number of the last message that an earlier mind's journal knows; the stage tells what came after

    Where no earlier mind left anything, it begins from the past that `prime` tells, which lay before 0; where that is
    to be heard first, it plays meanwhile, and comes out of it once it is heard; so it does where a mind before it was
    still waiting for that, or for a scene's: `awaits` is its name. `scene` is the one that it played.
    """

    def __init__(
        self,
        model: Identified,
        parameters: Parameters,
        control: Control,
        journal: Journal,
        stagehand: Stagehand | None = None,
        prime: Prime | None = None,
        awaits: str | None = None,
        scene: str = "",
    ) -> None:
        now = time.monotonic()
        self._stagehand, self._arrivals = stagehand or Stagehand(), 0
        self._director = Director(self._stagehand, self._tell)
        self._model, self._control, self._journal = model, control, journal
        self._recorder = Recorder(model, HORIZON_S)
        self._stage: Line | None = None
        self._greets: int | None = None  # the stage of which the journal does not know yet
        self._snapshots, self._conductor = Snapshots(None), Conductor()
        self._awake_until = self._beat_at = 0.0
        self.heard = self._change = 0
        recalled = journal.recall()
        memory = checkpoint.of_journal(journal.copy()) if recalled else b""
        begins = prime() if prime and (not recalled or awaits == BEGINNING) else None
        if isinstance(begins, Past) and recalled:
            self._stagehand.worlds[BEGINNING] = worlds.as_world(begins, model)
        elif isinstance(begins, Past):
            now = time.monotonic()
            memory = priming.memory_of(model, parameters, begins, now)
            recalled = checkpoint.read(memory, model)
        elif begins:
            self._director.begin_from(model, begins)
        self._session: Session = self._recorder.open(parameters, now, memory)
        self._session.be_in(scene)
        if recalled:
            self._session.resume(recalled.memory, recalled.held, now, recalled.beside)
            self.heard = recalled.heard
        self._foresight, self._idle = Foresight(), model.start()
        self._warmth = Warmth(lambda: self._model.follow(self._idle, [self._session.memory.past.last]))
        if recalled and awaits is not None:
            self._director.begin_in(self._session, awaits, model, now)
        self._stagehand.hearings.go_on()

    def run(self) -> None:
        """Play until the guard has gone or says so."""
        stopped = False
        while self._control.open and not stopped:
            self._wait()
            self._listen()
            self._snapshots.flush()
            now = time.monotonic()
            self._think(now)
            self._recorder.flush()
            self._snapshots.show(self._session, now)
            self._beat(now)
            if orders := self._director.meet(self._session, now):
                self._order(orders)
            for word, files in self._control.heard():
                stopped |= word["what"] == "stop"
                self._obey(word, files)

    def _obey(self, word: dict[str, Any], files: Sequence[Given]) -> None:  # JSON
        if word["what"] == "page":
            self._snapshots.leave()
            self._snapshots = Snapshots(Line.of(files[0], MISSED))
        elif word["what"] == "stage":
            self._part()
            self._stage = Line.of(files[0])
            priority.real_time(int(word["priority"]))
            self._conductor.anew()
            self._greets = word["number"]
            if word["new"]:
                self._start_anew()
        elif word["what"] == "scribe":
            self._recorder.meet(Line.of(files[0], 1), float(word["silence"]), self._session)
        elif word["what"] in ("change", "act"):
            self._turn(word)
        elif word["what"] == "model":
            self._stagehand.loader.want(word["name"])

    def _turn(self, word: dict[str, Any]) -> None:  # JSON
        """Some parameters are to be others, or something is to be done. What cannot be is said, and changes nothing."""
        session, now = self._session, time.monotonic()
        try:
            if word["what"] == "act" and word["name"].startswith(SCENE):
                scene = self._stagehand.named(word["name"].removeprefix(SCENE))
                self._order(self._director.switch(session, scene, now))
            elif word["what"] == "act":
                self._order(session.act(word["name"], now))
                if word["name"] == "tap":
                    self._turned({"tempo": session.parameters.tempo})
            else:
                self._change = word["number"]
                self._order(session.change(word["parameters"], now))
        except AntiphonError as error:
            self._control.say("notice", why=str(error))
            self._turned(session.parameters.values)

    def _turned(self, parameters: Mapping[str, Value], **more: Any) -> None:  # JSON
        self._tell("turned", parameters=dict(parameters), **more)

    def _tell(self, what: str, **more: Any) -> None:  # JSON
        """Tell the guard something, and of which change it told us last."""
        self._control.say(what, number=self._change, **more)

    def _settle_in(self) -> None:
        """Another scene or model has begun: what is kept is of its model from now on. The guard is told, for the next
        mind."""
        session = self._session
        if session.arrivals == self._arrivals:
            return
        self._arrivals = session.arrivals
        model = cast("Identified", session.model)  # it was made with one, and switched to others
        if model is not self._model:
            self._model, self._journal, self._idle = model, self._journal.of(model), model.start()
            self._recorder.play_with(model)
        self._turned(session.parameters.values, scene=session.scene, model=model.name, found_at=model.found_at)

    def _start_anew(self) -> None:
        """A new stage counts from one. Of what the player held when the old one died nobody will say that it was let
        go of."""
        self.heard, now = 0, time.monotonic()
        self._recorder.hushed(now)
        held = [(press, Role.PLAYS) for press in self._session.held]
        for press, role in [*held, *((press, Role.HARMONY) for press in self._session.beside)]:
            if release := owing(press):
                self._order(self._session.receive(release, now, role))

    def _open_anew(self, now: float) -> None:
        """Another performance begins, from what a replay of it will begin from."""
        memory = checkpoint.written(self._session, self._model)
        scene = self._session.scene
        self._session, self._arrivals = self._recorder.open(self._session.parameters, now, memory), 0
        self._session.be_in(scene)
        if recalled := checkpoint.read(memory, self._model):
            self._session.resume(recalled.memory, recalled.held, now, recalled.beside)

    def _part(self) -> None:
        if self._stage:
            self._stage.close()
            self._stage = None

    def _wait(self) -> None:
        now = time.monotonic()
        playing = now < self._awake_until
        deadline = self._session.deadline
        moments = [self._beat_at, self._snapshots.deadline, *([deadline] if deadline is not None else [])]
        span = min(moments) - now
        if playing and span >= SOONEST_S:
            self._foresight.look(self._session)
        warm_s = self._warmth.gap_s
        if not self._rest(min(span, warm_s) if playing else span) and playing and span >= warm_s:
            self._warmth.keep()

    def _rest(self, span: float) -> bool:
        """Wait so many seconds, or until something is heard. True where it was."""
        lines: list[Control | Line | Loader[Any] | Hearings] = [self._control]
        lines += [self._stagehand.loader, self._stagehand.hearings, *([self._stage] if self._stage else [])]
        return bool(select.select(lines, (), (), max(0.0, span))[0])

    def _listen(self) -> None:
        if self._stage is None:
            return
        for parcel in self._stage.received():
            for entry in unpacked(parcel):
                if isinstance(entry, Heard):
                    self._hear(entry)
        if not self._stage.open:
            self._part()

    def _hear(self, heard: Heard) -> None:
        self._beat(time.monotonic())  # a burst of thousands takes its time
        if heard.message[0] < _REAL_TIME:
            self._awake_until = time.monotonic() + AWAKE_S
        music = heard.role is not Role.COMMANDS
        if music and self._recorder.ends(self._session, heard.message, heard.time):
            self._open_anew(heard.time)
        if scene := self._stagehand.called(heard.message):
            self._order(self._director.switch(self._session, scene, heard.time))
        if music and not self._stagehand.keeps(heard.message):
            orders = self._session.receive(heard.message, heard.time, heard.role, heard.memory)
            self._snapshots.hear(heard.message, heard.time)
            self._order(orders)
        self.heard = heard.number

    def _think(self, now: float) -> None:
        deadline = self._session.deadline
        if deadline is not None and deadline <= now:
            self._order(self._session.advance(now))
        self._settle_in()
        self._journal.write(self._session, self.heard)
        if self._greets is not None and self._session.fed:
            self._control.say("met", stage=self._greets)
            self._greets = None
        self._send(self._conductor.news(self._session, now))

    def _order(self, orders: Sequence[Order]) -> None:
        if self._stage is None:
            return
        self._send(orders)
        self._snapshots.order(orders)

    def _send(self, orders: Sequence[Entry]) -> None:
        if self._stage is None:
            return
        self._stage.flush()
        for parcel in packed(orders):
            self._stage.send(parcel)

    def _beat(self, now: float) -> None:
        if now >= self._beat_at:
            self._beat_at = next_beat(now)
            self._control.say("beat")
