"""How a run begins, and how it goes on as it began: what was said, what follows for the settings, which data."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from antiphon.errors import ParameterError, TrainingError
from antiphon_training import corpus, shown
from antiphon_training.corpus import Corpus
from antiphon_training.performance import Augmentation
from antiphon_training.settings import Settings, Sizes

if TYPE_CHECKING:
    from antiphon_training.runs import Run

Kind = TypeVar("Kind", Settings, Sizes, Augmentation)
FURTHER_RATE: Final = 5e-4
"""The highest learning rate of a run that begins with a trained network, which a higher one would first undo."""


class Length(NamedTuple):
    """How long to train; None where nothing was said."""

    minutes: float | None = None
    epochs: float | None = None
    patience: int | None = None


@dataclass(frozen=True, slots=True)
class Beginning:
    """What decides how a run begins and cannot be changed when it goes on. `turned` holds what a Settings, its Sizes
    or its Augmentation names, None where nothing was said."""

    data: tuple[Path, ...]
    begin_with: str | None = None
    shares: tuple[tuple[str, float], ...] = ()
    turned: Mapping[str, float | None] = field(default_factory=dict)

    def said(self) -> dict[str, Any]:  # JSON
        """What was said, by the name of its flag."""
        every = {
            "data": [str(path.resolve()) for path in self.data],
            **{name.replace("_", "-"): value for name, value in self.turned.items()},
            "from": self.begin_with,
            "share": [f"{name}={share:g}" for name, share in self.shares],
        }
        return {name: value for name, value in every.items() if value not in (None, [])}

    def command(self, length: Length) -> str:
        """The command that does it, its data by their bare names."""
        flags = {**self.said(), **{name: f"{v:g}" for name, v in length._asdict().items() if v is not None}}
        flags.pop("data", None)
        words = ["antiphon-train", "fit", *(path.name for path in self.data)]
        for name, value in flags.items():
            for each in value if isinstance(value, list) else [value]:
                words += [f"--{name}", *([] if each is True else [Path(each).name if name == "from" else str(each)])]
        return shlex.join(words)

    def into(self, kind: type[Kind]) -> dict[str, Any]:  # values of its fields
        """What was said of the fields of Settings, Sizes or Augmentation."""
        names = {each.name for each in fields(kind)}
        return {name: value for name, value in self.turned.items() if name in names and value is not None}


def beginning(run: "Run", begun: Beginning, length: Length) -> tuple[Settings, dict[str, Any]]:  # JSON
    """The settings of a new run, and what to write down beside them. Raises AntiphonError."""
    if run.begun:
        raise TrainingError(f"{run.folder}: holds a training run; go on with it (--resume), or choose another --run")
    shares = dict(begun.shares)
    if not all(0 <= share <= 1 for share in shares.values()) or sum(shares.values()) > 1 + 1e-6:
        raise ParameterError("--share: each is a part of the whole, 0 to 1, and together they are no more than 1")
    sizes, how = Sizes(**begun.into(Sizes)), Augmentation(**begun.into(Augmentation))
    settings = Settings(sizes=sizes, how=how, shares=shares)
    settings = settings if begun.begin_with is None else replace(settings, rate=FURTHER_RATE)
    settings = replace(settings, **begun.into(Settings))
    return _lasting(settings, length), {"said": begun.said(), "command": begun.command(length)}


def going_on(run: "Run", begun: Beginning, length: Length) -> tuple[Settings, dict[str, Any]]:  # JSON
    """The settings of a run that goes on, and what stands beside them: as it began, but for its length."""
    settings, about = run.settings(), run.about()
    said = about.get("said", {})
    for name, value in begun.said().items():
        if said.get(name) != value:
            raise ParameterError(f"--resume goes on as the run began: leave out {name}, or begin another run")
    return _lasting(settings, length), {name: about[name] for name in ("said", "command") if name in about}


def learned_from(
    run: "Run",
    data: Sequence[Path],
    about: Mapping[str, Any],  # JSON
    resume: bool,
    workers: int | None = None,
) -> Corpus:
    """The corpus of a run: prepared in its folder, or the prepared one it was given. Raises CorpusError."""
    own = run.folder / "corpus"
    if resume:
        return corpus.read(own if corpus.prepared(own) else Path(*about.get("said", {}).get("data", [own])[:1]))
    if len(data) == 1 and corpus.prepared(data[0]):
        return corpus.read(data[0])
    for path in data:
        if corpus.prepared(path):
            raise ParameterError(f"{path}: a prepared corpus stands alone; prepare all of the data together")
    with shown.counting("reading") as progress:
        found = corpus.prepare(data, own, progress, workers)
    shown.corpus(found, own)
    return found


def _lasting(settings: Settings, length: Length) -> Settings:
    settings = settings if length.patience is None else replace(settings, patience=length.patience)
    if length.epochs is not None:
        return replace(settings, epochs=length.epochs)
    return settings if length.minutes is None else replace(settings, minutes=length.minutes, epochs=0.0)
