"""Has scenes, models and music come into a performance: at once, or as soon as they are there."""

from collections.abc import Callable, Sequence

from antiphon.core.due import Order
from antiphon.core.model import Identified
from antiphon.core.parameters import Parameters
from antiphon.core.prime import World
from antiphon.core.scenes import Scene
from antiphon.core.session import Session
from antiphon.errors import AntiphonError
from antiphon.mind.hearings import BEGINNING
from antiphon.mind.stagehand import Stagehand
from antiphon.mind.worlds import Hearing


class Director:
    """Knows what is waited for. `say` tells the guard what was called for, and lines for people."""

    def __init__(self, stagehand: Stagehand, say: Callable[..., None]) -> None:
        self._stagehand, self._say = stagehand, say
        self._chosen: Identified | None = None  # the model that is to play next
        self._awaited: str | None = None  # what the performance is to come out of once it is heard

    def begin_from(self, model: Identified, hearing: Hearing) -> None:
        """The performance begins without this music, and comes out of it once `model` has heard it."""
        self._stagehand.hearings.add(BEGINNING, model, hearing)
        self.wait_for(BEGINNING)

    def begin_in(self, session: Session, name: str, model: Identified, now: float) -> None:
        """A mind before this one waited for the music of a scene: come out of it, now or once it is heard."""
        if world := self._stagehand.worlds.get(name):
            self._awaited = name
            self._come_out(session, name, model, world, now)
        else:
            self.wait_for(name)

    def switch(self, session: Session, scene: Scene, now: float) -> Sequence[Order]:
        """Play another scene from `now` (s) on, or from its beat or bar. One whose music is not heard yet begins
        without, and comes out of it then."""
        model, world = self._stagehand.model(scene), self._stagehand.world(scene)
        orders = session.switch(scene.name, Parameters(scene.values), model, scene.when, now, world)
        self._say("called", scene=scene.name)
        self.wait_for(scene.name)
        if self._awaited:
            self._notice(f"scene {scene.name}: the music that it begins from is still being heard")
        return orders

    def meet(self, session: Session, now: float) -> Sequence[Order]:
        """Take up what has been loaded or heard meanwhile, where somebody waits for it."""
        return [*self._meet_world(session, now), *self._meet_model(session, now)]

    def wait_for(self, name: str) -> None:
        """Come out of the music of that name once it is heard, where it is not yet."""
        hearings = self._stagehand.hearings
        self._wait(name if name in hearings else None)
        if self._awaited is not None:
            hearings.prefer(name)

    def _notice(self, why: str) -> None:
        self._say("notice", why=why)

    def _wait(self, name: str | None) -> None:
        if name != self._awaited:
            self._say("awaits", music=name)
        self._awaited = name

    def _meet_model(self, session: Session, now: float) -> Sequence[Order]:
        """A model that was wanted plays, behind a scene that is to come. All else stays as it is."""
        try:
            self._chosen = self._stagehand.loader.had() or self._chosen
        except AntiphonError as error:
            self._notice(str(error))
        if not self._chosen or session.coming is not None:
            return ()
        model, self._chosen = self._chosen, None
        return session.switch(session.scene, None, model, "at once", now)

    def _meet_world(self, session: Session, now: float) -> Sequence[Order]:
        """What was to begin from some music comes out of it, unless it has another model now."""
        try:
            if (found := self._stagehand.hearings.had()) is None:
                return ()
        except AntiphonError as error:
            self._notice(str(error))
            if self._awaited not in self._stagehand.hearings:
                self._wait(None)
            return ()
        name, model, world = found
        self._stagehand.worlds[name] = world
        return self._come_out(session, name, model, world, now)

    def _come_out(self, session: Session, name: str, model: Identified, world: World, now: float) -> Sequence[Order]:
        if name != self._awaited:
            return ()
        self._wait(None)
        if session.coming is None and model is session.model:
            return session.switch(session.scene, None, model, "at once", now, world)
        if name != BEGINNING and session.coming == name:  # at the next beat or bar
            return self.switch(session, self._stagehand.named(name), now)
        return ()
