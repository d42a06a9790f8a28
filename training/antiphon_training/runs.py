"""A run folder: what a training run was told to do, how it went, its best weights, and where to go on from.

settings.json, log.jsonl (a record a line), best.safetensors (the averaged weights that scored best on the
validation split) and latest.pt; what is there to be looked at comes from gallery.py. Every file is written
beside and renamed. Nothing pickled is trusted.
"""

import json
import pickle
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from antiphon.errors import TrainingError
from antiphon_training.network import Network
from antiphon_training.performance import Augmentation
from antiphon_training.settings import Settings, Sizes

_UNREADABLE: Final = (
    AttributeError,
    EOFError,
    KeyError,
    OSError,
    RuntimeError,
    SafetensorError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
)
"""What files of weights raise that are not there, damaged or of another network."""


@dataclass(frozen=True, slots=True)
class Run:
    """The folder of one training run."""

    folder: Path

    @property
    def begun(self) -> bool:
        """True where weights of a run lie here already."""
        return any((self.folder / name).exists() for name in ("latest.pt", "best.safetensors"))

    def begin(self, settings: Settings, about: Mapping[str, Any]) -> None:  # JSON
        """Write what the run is told to do; `about` is whatever else should be known of it later."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TrainingError(f"{self.folder}: cannot be made ({error.strerror}); choose another --run") from error
        self.write("settings.json", json.dumps({**asdict(settings), **about}, indent=1, ensure_ascii=False).encode())

    def about(self) -> dict[str, Any]:  # JSON
        """All that settings.json holds. Raises TrainingError."""
        try:
            return dict(json.loads((self.folder / "settings.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise TrainingError(f"{self.folder}: no training run here ({error})") from error

    def settings(self) -> Settings:
        """What the run was told to do. Raises TrainingError."""
        found = self.about()
        try:
            how: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in found["how"].items()}  # JSON
            plain = {name: found[name] for name in Settings.__dataclass_fields__ if name in found}
            return Settings(**{**plain, "sizes": Sizes(**found["sizes"]), "how": Augmentation(**how)})
        except (KeyError, TypeError, AttributeError) as error:
            raise TrainingError(f"{self.folder}/settings.json: not the settings of a run ({error})") from error

    def log(self, record: Mapping[str, Any]) -> None:  # JSON
        """Add one record to log.jsonl."""
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(record) + "\n")

    def records(self) -> list[dict[str, Any]]:  # JSON
        """All that was logged; a line cut short by a crash is left out."""
        path, found = self.folder / "log.jsonl", list[dict[str, Any]]()
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else ():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def forget_after(self, minutes: float) -> None:
        """Take out of the log what happened later than the moment a run goes on from."""
        kept = [json.dumps(record) + "\n" for record in self.records() if record.get("minutes", 0.0) <= minutes + 0.01]
        self.write("log.jsonl", "".join(kept).encode())

    def keep_best(self, network: Network) -> None:
        """Keep these weights as the run's result."""
        self.write("best.safetensors", save({k: v.contiguous().cpu() for k, v in network.state_dict().items()}))

    def best(self) -> Network:
        """The best network of the run. Raises TrainingError where there is none."""
        try:
            network = Network(Sizes(**self.about()["sizes"]))
            network.load_state_dict(load_file(self.folder / "best.safetensors"))
        except _UNREADABLE as error:
            raise TrainingError(f"{self.folder}: no trained network in this run ({error})") from error
        return network.eval()

    def keep_latest(self, state: Mapping[str, Any]) -> None:  # tensors, numbers and text
        """Keep all that going on needs."""
        self._renamed("latest.pt", lambda path: torch.save(dict(state), path))

    def latest(self) -> dict[str, Any]:  # as above
        """What `keep_latest` kept. Raises TrainingError where there is nothing to go on from."""
        try:
            return dict(torch.load(self.folder / "latest.pt", map_location="cpu", weights_only=True))
        except _UNREADABLE as error:
            raise TrainingError(f"{self.folder}: nothing to go on from here ({_brief(error)})") from error

    def write(self, name: str, content: bytes) -> None:
        """Write one of the run's files, whole or not at all. Raises TrainingError."""
        self._renamed(name, lambda path: path.write_bytes(content))

    def _renamed(self, name: str, write: Callable[[Path], object]) -> None:
        beside = self.folder / f".{name}"
        try:
            write(beside)
            beside.replace(self.folder / name)
        except (OSError, RuntimeError) as error:  # torch.save raises RuntimeError where the disk is full
            raise TrainingError(f"{self.folder / name}: cannot be written ({_brief(error)})") from error
        finally:
            beside.unlink(missing_ok=True)


def _brief(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
