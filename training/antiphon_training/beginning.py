"""How a run begins, and how it goes on as it began: what was said, what follows for the settings, which data."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from antiphon.errors import ParameterError, TrainingError
from antiphon_training import corpus, shown
from antiphon_training.corpus import Corpus
from antiphon_training.settings import Settings, Sizes

if TYPE_CHECKING:
    from antiphon_training.runs import Run


FURTHER_RATE: Final = 5e-4
"""The highest learning rate of a run that begins with a trained network, which a higher one would first undo."""


class Length(NamedTuple):
    """How long to train; None where nothing was said."""

    minutes: float | None
    epochs: float | None


@dataclass(frozen=True, slots=True)
class Beginning:
    """What decides how a run begins and cannot be changed when it goes on; None where nothing was said."""

    data: tuple[Path, ...]
    seed: int | None
    width: int | None
    layers: int | None
    rate: float | None
    begin_with: str | None
    shares: tuple[tuple[str, float], ...]

    def said(self) -> dict[str, Any]:  # JSON
        """What was said, by the name of its flag."""
        every = {
            "data": [str(path.resolve()) for path in self.data],
            "seed": self.seed,
            "width": self.width,
            "layers": self.layers,
            "rate": self.rate,
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
                words += [f"--{name}", Path(each).name if name == "from" else str(each)]
        return shlex.join(words)


def beginning(run: "Run", begun: Beginning, length: Length) -> tuple[Settings, dict[str, Any]]:  # JSON
    """The settings of a new run, and what to write down beside them. Raises AntiphonError."""
    if run.begun:
        raise TrainingError(f"{run.folder}: holds a training run; go on with it (--resume), or choose another --run")
    shares = dict(begun.shares)
    if not all(0 <= share <= 1 for share in shares.values()) or sum(shares.values()) > 1 + 1e-6:
        raise ParameterError("--share: each is a part of the whole, 0 to 1, and together they are no more than 1")
    sizes = Sizes(**{name: v for name, v in (("width", begun.width), ("layers", begun.layers)) if v is not None})
    settings = Settings(seed=1 if begun.seed is None else begun.seed, sizes=sizes, shares=shares)
    settings = settings if begun.begin_with is None else replace(settings, rate=FURTHER_RATE)
    settings = settings if begun.rate is None else replace(settings, rate=begun.rate)
    return _lasting(settings, length), {"said": begun.said(), "command": begun.command(length)}


def going_on(run: "Run", begun: Beginning, length: Length) -> tuple[Settings, dict[str, Any]]:  # JSON
    """The settings of a run that goes on, and what stands beside them: as it began, but for its length."""
    settings, about = run.settings(), run.about()
    said = about.get("said", {})
    for name, value in begun.said().items():
        if said.get(name) != value:
            raise ParameterError(f"--resume goes on as the run began: leave out {name}, or begin another run")
    return _lasting(settings, length), {name: about[name] for name in ("said", "command") if name in about}


def learned_from(run: "Run", data: Sequence[Path], about: Mapping[str, Any], resume: bool) -> Corpus:  # JSON
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
        found = corpus.prepare(data, own, progress)
    shown.corpus(found, own)
    return found


def _lasting(settings: Settings, length: Length) -> Settings:
    if length.epochs is not None:
        return replace(settings, epochs=length.epochs)
    return settings if length.minutes is None else replace(settings, minutes=length.minutes, epochs=0.0)
