"""The scenes that a mind can play, each with its model loaded and warm; which is called for; and other models."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from antiphon.core.model import Identified
from antiphon.core.past import Past
from antiphon.core.prime import World
from antiphon.core.scenes import PRESSED, Scene, called
from antiphon.errors import AntiphonError, ModelError
from antiphon.mind import models, onnx_model, worlds
from antiphon.mind.hearings import Hearings
from antiphon.mind.loader import Loader
from antiphon.music.wire import CONTROL


class Stagehand:
    """Knows scenes by name and by what calls for them. `models` by their names.

    worlds     by the names of the scenes that begin in them, those that are heard
    loader     fetches installed models that no scene has
    hearings   hears the music of scenes of which no world is kept
    """

    def __init__(
        self,
        scenes: Iterable[Scene] = (),
        models: Mapping[str, Identified] | None = None,
        load: Callable[[str], Identified] | None = None,
        worlds: Mapping[str, World] | None = None,
    ) -> None:
        self.scenes, self._models = tuple(scenes), dict(models or {})
        self.worlds = dict(worlds or {})
        self.loader = Loader(load or self._installed)
        self.hearings = Hearings()
        self._stood = dict[tuple[int, int], int]()  # by status and controller, where each was last

    @classmethod
    def of(
        cls,
        said: Sequence[Mapping[str, Any]],  # JSON
        name: str,
        model: Identified,
        missing: Callable[[AntiphonError], None] | None = None,
    ) -> "Stagehand":
        """The scenes that the guard tells of, beside `model`, which it calls `name`, each with the music that it begins
        from read, or heard already. Raises AntiphonError, or where there is somebody to be told what is `missing`, does
        without: a scene without its model is none, and one without its music goes on from what was played."""
        scenes, known = list[Scene](), {name: model}
        for scene in (Scene(**each) for each in said):
            try:
                known[scene.model] = _loaded(scene.model, known)
                scenes.append(scene)
            except ModelError as error:
                _missed(ModelError(f"scene {scene.name}: {error}"), missing)
        hand = cls(scenes, known)
        for scene in scenes:
            try:
                hand.open(scene)
            except AntiphonError as error:
                _missed(type(error)(f"scene {scene.name}: {error}"), missing)
        return hand

    def open(self, scene: Scene) -> None:
        """Know the world of a scene that has one, or have it heard. Raises AntiphonError."""
        if not scene.prime:
            return
        model = self.model(scene)
        found = worlds.opening(model, scene.prime)
        if isinstance(found, Past):
            self.worlds[scene.name] = worlds.as_world(found, model)
        else:
            self.hearings.add(scene.name, model, found)

    def named(self, name: str) -> Scene:
        """The scene of that name. Raises ParameterError."""
        return called(self.scenes, name)

    def called(self, message: bytes) -> Scene | None:
        """The scene that a message of the player's calls for; a controller does as it passes the middle upwards."""
        if len(message) == 3 and message[0] & 0xF0 == CONTROL:
            place, position = (message[0], message[1]), message[2]
            before, self._stood[place] = self._stood.get(place, 0), position
            if before >= PRESSED:
                return None
        return next((scene for scene in self.scenes if scene.called_by(message)), None)

    def keeps(self, message: bytes) -> bool:
        """Whether a message is of a key that calls for a scene."""
        return any(scene.keeps(message) for scene in self.scenes)

    def last(self, found_at: str, otherwise: Identified) -> Identified:
        """The model that an earlier mind played with; another where there is none, or where it has gone."""
        known = (model for model in self._models.values() if model.found_at == found_at)
        try:
            return next(known, None) or (onnx_model.load(found_at) if found_at else otherwise)
        except ModelError:
            return otherwise

    def _installed(self, name: str) -> Identified:
        """The installed model of this name: one that is loaded, where it is the same. Raises ModelError."""
        card = models.card(models.installed_as(name))
        found = next((model for model in list(self._models.values()) if model.sha256 == card.sha256), None)
        return self._models.setdefault(card.sha256, found or onnx_model.OnnxModel(card))

    def model(self, scene: Scene) -> Identified:
        """The model that plays in it."""
        return self._models[scene.model]

    def world(self, scene: Scene) -> World | None:
        """What it begins from, where that is other music than what was played."""
        return self.worlds.get(scene.name)


def _loaded(name: str, known: Mapping[str, Identified]) -> Identified:
    """A model by its name; one of those `known`, where it is the same. Raises ModelError."""
    if name in known:
        return known[name]
    found = onnx_model.load(name)
    return next((model for model in known.values() if model.sha256 == found.sha256), found)


def _missed(error: AntiphonError, missing: Callable[[AntiphonError], None] | None) -> None:
    if missing is None:
        raise error
    missing(error)
