"""The examples of docs/playing.md: one phrase, each mode and shipped scene, what came out as .mid and as a picture.

python -m tests.bench.examples docs/examples
"""

import sys
from pathlib import Path
from typing import Any, Final

from antiphon.core.parameters import Parameters
from antiphon.core.scenes import staged
from antiphon.offline import OURS, PHRASE, PLAYER, rehearse_file
from antiphon_training import pictures

_ASKED: Final[dict[str, dict[str, Any]]] = {
    "reply": {"reply": "seconds", "reply_seconds": 8.0},
    "duet": {"lock": "auto"},
    "harmony": {"lock": "auto"},
    "solo": {},
    "trade": {"bars": 2, "tempo": 100.0},
    "listen": {},
}
"""What is turned in each mode, beside the mode."""


def made(folder: Path) -> list[str]:
    """Write NAME.mid and NAME.png for every mode. Returns a line for each."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = list[str]()
    for mode, asked in _ASKED.items():
        turned = " ".join(f"{name}={value}" for name, value in asked.items())
        lines.append(_made(folder / mode, Parameters().changed(mode=mode, **asked), f"mode={mode} {turned}"))
    return lines + of_scenes(folder)


def of_scenes(folder: Path) -> list[str]:
    """The same for every shipped scene."""
    scenes = staged({}, Parameters(), "default")
    return [_made(folder / scene.name, Parameters(scene.values), f"scene {scene.name}") for scene in scenes]


def _made(place: Path, parameters: Parameters, title: str) -> str:
    recording = rehearse_file(PHRASE, place.with_suffix(".mid"), "default", parameters)
    player, ours = recording.events(PLAYER), recording.events(OURS)
    roll = pictures.piano_roll(player, ours, f"{title} (blue: the player, red: Antiphon)")
    place.with_suffix(".png").write_bytes(pictures.png(roll))
    return f"{place.name}: {recording.notes(PLAYER)} notes given, {recording.notes(OURS)} played"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.bench.examples FOLDER")
    print("\n".join(made(Path(sys.argv[1]))))
