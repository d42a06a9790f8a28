"""A scene as one file to give away: its table as a configuration has it, and its model where that is the giver's own.

What is taken in is read as any configuration is, and has to be one scene and nothing else. It is called as its file, or
as whoever takes it in says; so is the model that comes with it. What calls for a scene is left to them: which pad or
key that is, the giver cannot know.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from antiphon import shelf
from antiphon.config import edit, text
from antiphon.config.file import LARGEST, understood
from antiphon.config.layers import Configuration, configured, place
from antiphon.config.options import VERSION
from antiphon.core.parameter import Value
from antiphon.core.parameters import REGISTRY
from antiphon.core.scenes import PRIME, SHIPPED, called, staged
from antiphon.errors import AntiphonError, ConfigError, ModelError, ParameterError
from antiphon.mind import models, sharing
from antiphon.mind.models import Card

_GIVEN: Final = (*REGISTRY, "model", "when")


@dataclass(frozen=True, slots=True)
class Arrived:
    """What was taken in.

    model   the one that was installed
    scene   the name of the scene that was added to `config`
    """

    model: Card | None = None
    scene: str | None = None
    config: Path | None = None


def export(name: str, output: Path, configuration: Configuration) -> str:
    """Write a scene into one file. Returns the name of the model it plays with, or nothing where it says none. Raises
    AntiphonError."""
    called(configuration.scenes, name)
    settings = {**SHIPPED.get(name, {}), **configuration.declared.get(name, {})}
    if settings.get(PRIME):
        raise ConfigError(
            f"scene {name}: it begins from music of yours (prime), which a scene file does not carry; take the"
            " line out, or learn a model from that music"
        )
    model, contents = str(settings.pop("model", "")), dict[str, bytes]()
    entries = {key: value for key, value in settings.items() if key in _GIVEN}
    if model and sharing.shipped(models.find(model)):
        entries["model"] = models.find(model).stem
    elif model:
        contents = sharing.files(model)
    table = f"version = {VERSION}\n\n{text.scene(name, entries)}"
    sharing.export({sharing.SCENE: table.encode(), **contents}, output)
    return model


def add(path: Path, name: str | None = None, config: Path | None = None) -> Arrived:
    """Take in what a file holds, a model or a scene, under a name. Raises AntiphonError, and then nothing is changed.

    config   the configuration that a scene is added to; None: the one in its usual place
    """
    contents, name = sharing.opened(path), sharing.named(name or path.stem)
    if sharing.SCENE not in contents:
        return Arrived(sharing.install(path, contents, name))
    config, configuration = config or place(), configured(config)
    if name in {scene.name for scene in configuration.scenes}:
        raise ConfigError(f"a scene named {name} is there already; give another --name")
    entries, card = _entries(path, contents, name, configuration), None
    if len(contents) > 1:
        card = sharing.install(path, contents, name)
        entries["model"] = name
    try:
        edit.put(config, edit.with_scene(_text(config), name, entries, str(config)))
    except AntiphonError:
        if card:
            sharing.remove(name)
        raise
    return Arrived(card, name, config)


def remove(name: str, config: Path | None = None) -> Path:
    """Take a scene of the user's out of the configuration. Returns that file. Raises ConfigError."""
    config = config or place()
    edit.put(config, edit.without_scene(_text(config), name, str(config)))
    return config


def players(model: str, configuration: Configuration) -> list[str]:
    """The scenes that are declared to be played with a model."""
    return [name for name, settings in configuration.declared.items() if settings.get("model") == model]


def _entries(path: Path, contents: Mapping[str, bytes], name: str, configuration: Configuration) -> dict[str, Value]:
    """What the scene in a file sets. Raises AntiphonError, naming the file, where that is not fit to be taken in."""
    inside = f"{path}: {sharing.SCENE}"
    try:
        found = understood(contents[sharing.SCENE].decode("utf-8"), inside)
    except UnicodeDecodeError as error:
        raise ModelError(f"{inside} is not a text in UTF-8; ask for it again") from error
    if found.settings or len(found.scenes) != 1:
        raise ModelError(f"{inside} is to hold one scene and nothing else; ask for it again")
    [entries] = found.scenes.values()
    if others := [key for key in entries if key not in _GIVEN]:
        raise ModelError(f"{inside} sets {', '.join(others)}, which is for who plays it to say; not installed")
    model = str(entries.get("model", ""))
    if model and (len(contents) > 1 or model not in shelf.named()):
        raise ModelError(f"{inside} wants the model {model!r}, which is neither in the file nor installed; ask for it")
    try:
        staged({name: entries}, configuration.parameters, "")
    except ParameterError as error:
        raise ModelError(f"{inside}: {error}; not installed") from error
    return dict(entries)


def _text(config: Path) -> str:
    """What stands in it, or what would without it."""
    try:
        return config.read_bytes()[: LARGEST + 1].decode("utf-8") if config.exists() else text.written({})
    except (OSError, ValueError) as error:
        raise ConfigError(f"{config}: cannot be read ({error})") from error
