"""The scenes that a mind can play, each with its model loaded and warm; and which of them is called for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from antiphon.core.model import Identified
from antiphon.core.scenes import Scene, called
from antiphon.mind import onnx_model

SWITCH: Final = "scene "
"""What the name of an act begins with that calls for a scene."""


class Stagehand:
    """Knows scenes by name and by what calls for them. `models` by their names."""

    def __init__(self, scenes: Iterable[Scene] = (), models: Mapping[str, Identified] | None = None) -> None:
        self.scenes, self._models = tuple(scenes), models or {}

    @classmethod
    def of(cls, said: Sequence[Mapping[str, Any]], name: str, model: Identified) -> "Stagehand":  # JSON
        """The scenes that the guard tells of, beside `model`, which it calls `name`. Raises ModelError."""
        scenes, models = [Scene(**each) for each in said], {name: model}
        for scene in scenes:
            if scene.model not in models:
                found = onnx_model.load(scene.model)
                models[scene.model] = next((m for m in models.values() if m.sha256 == found.sha256), found)
        return cls(scenes, models)

    def named(self, name: str) -> Scene:
        """The scene of that name. Raises ParameterError."""
        return called(self.scenes, name)

    def called(self, message: bytes) -> Scene | None:
        """The scene that a message of the player's calls for."""
        return next((scene for scene in self.scenes if scene.called_by(message)), None)

    def keeps(self, message: bytes) -> bool:
        """Whether a message is of a key that calls for a scene."""
        return any(scene.keeps(message) for scene in self.scenes)

    def model(self, scene: Scene) -> Identified:
        """The model that plays in it."""
        return self._models[scene.model]
