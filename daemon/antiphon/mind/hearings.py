"""Music that a mind is to begin from and that is not kept yet: heard by its model while the mind plays on, piece after
piece."""

from typing import Final

from antiphon.core.model import Identified
from antiphon.core.prime import World
from antiphon.errors import AntiphonError
from antiphon.mind import worlds
from antiphon.mind.loader import Loader

BEGINNING: Final = ""
"""The name of what the performance begins from; the others are called as their scenes."""


class Hearings:
    """What is to be heard, by name. Nothing is before `go_on` is called, and after each that was had, the next."""

    def __init__(self) -> None:
        self._waiting = dict[str, tuple[Identified, worlds.Hearing]]()
        self._loader = Loader(self._heard)
        self._heard_now: str | None = None

    def fileno(self) -> int:
        """For select: one is heard."""
        return self._loader.fileno()

    def __contains__(self, name: object) -> bool:
        return name in self._waiting

    def add(self, name: str, model: Identified, hearing: worlds.Hearing) -> None:
        """Have this heard, too."""
        self._waiting[name] = model, hearing

    def prefer(self, name: str) -> None:
        """Have this heard as the next, for somebody waits for it."""
        self._waiting = {name: self._waiting[name], **self._waiting}

    def go_on(self) -> None:
        """Hear the next, where there is one. Returns at once."""
        if self._heard_now is None and self._waiting:
            self._heard_now = next(iter(self._waiting))
            self._loader.want(self._heard_now)

    def had(self) -> tuple[str, Identified, World] | None:
        """One that is heard now, with its name and the model that heard it, and only once. Raises AntiphonError where
        one cannot be heard; then it is waited for no more."""
        try:
            if (world := self._loader.had()) is None:
                return None
        except AntiphonError as error:
            name, _ = self._over()
            raise type(error)(f"scene {name}: {error}" if name else str(error)) from error
        name, model = self._over()
        return name, model, world

    def _over(self) -> tuple[str, Identified]:
        assert self._heard_now is not None
        name, self._heard_now = self._heard_now, None
        model, _ = self._waiting.pop(name)
        self.go_on()
        return name, model

    def _heard(self, name: str) -> World:
        model, hearing = self._waiting[name]
        return worlds.as_world(hearing(), model)
