"""Learning from you, between sessions: from takes and .mid files to a model of yours among the installed ones.

The work is done by `antiphon-train learn`, a program of its own, which needs the extra antiphon[train]. A page may call
`learn` in a thread: `told` says how far it is.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from antiphon.errors import ModelError, TakeError, TrainingError
from antiphon.extras import install
from antiphon.mind import models, sharing
from antiphon.music import midifile
from antiphon.music.events import Seconds
from antiphon.music.ledger import Ledger
from antiphon.music.midifile import Track
from antiphon.music.wire import Timed
from antiphon.takes import store, takefile

FROM: Final = "default"
"""The model that learns."""
NAME: Final = "mine"
LONGEST_REST_S: Final = 4.0
"""Where you waited for an answer, no more than this is left of the silence."""
_MIDI: Final = (".mid", ".midi")
_SAYS: Final = "antiphon-train: "

Report = dict[str, Any]  # JSON
"""What was learned: "model", "from", "pieces", "events", "seconds", "minutes", "share", and for "yours" and "kept" the
scores "before" and "after"; and "picture"."""


def learn(files: Sequence[Path], name: str, told: Callable[[str, float], None], extra: Sequence[str] = ()) -> Report:
    """Learn from these files and install the model under this name. `told` is told what is being done, and how much of
    all is behind (0-1). `extra` are more arguments for `antiphon-train learn`.

    Raises AntiphonError; then nothing was installed, and a model of that name is as it was.
    """
    output = models.own() / f"{sharing.checked(name)}.onnx"
    ready()
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(f"{output.parent}: cannot be made ({error.strerror})") from error
    with tempfile.TemporaryDirectory(prefix="antiphon-") as scratch:
        music = Path(scratch) / "music"
        music.mkdir()
        prepare(files, music)
        picture = output.with_suffix(".png")
        command = [sys.executable, "-m", "antiphon_training.cli", "learn", str(music), "--output", str(output)]
        report = _run([*command, "--from", FROM, "--picture", str(picture), "--json", *extra], told)
    return {**report, "picture": str(picture)}


def ready() -> None:
    """Raises TrainingError, which says how they are installed, where the trainer's libraries are missing."""
    if find_spec("torch") is None:
        raise TrainingError(f"learning needs the trainer's libraries: {install('train')}")


def found(named: Sequence[str], takes: Path) -> list[Path]:
    """The files to learn from: takes by name, .mid files, and all those in folders; without any, all takes. Raises
    TakeError."""
    files = list[Path]()
    for each in named:
        folder = Path(each).expanduser()
        if folder.is_dir():
            files += sorted(path for path in folder.rglob("*") if path.suffix.lower() in _MIDI and path.is_file())
        else:
            files.append(store.find(takes, each))
    files = files if named else [take.path for take in store.listed(takes)]
    if not files:
        where = ", ".join(named) if named else takes
        raise TakeError(f"nothing to learn from in {where}: play with `antiphon run`, or name a folder of .mid files")
    return list(dict.fromkeys(files))


def prepare(files: Sequence[Path], folder: Path) -> None:
    """Lay the music into a folder: of takes what you played, other files as they are. Raises AntiphonError."""
    for number, path in enumerate(files):
        place = folder / f"{number:05} {path.name}"
        tracks = midifile.read(path)
        if not any(track.name == takefile.OURS for track in tracks):
            shutil.copyfile(path, place)
        elif player := takefile.opened(path).player:
            midifile.write(place, [Track(takefile.PLAYER, tuple(without_rests(player)))])


def without_rests(played: Sequence[Timed]) -> Iterator[Timed]:
    """The same with no silence longer than LONGEST_REST_S."""
    ledger, taken, last = Ledger(), 0.0, played[0].time if played else 0.0
    for timed in played:
        if timed.time - last > LONGEST_REST_S and not ledger.owed():
            taken += timed.time - last - LONGEST_REST_S
        ledger.note(timed.message)
        last = timed.time
        yield Timed(Seconds(timed.time - taken), timed.message)


def _run(command: Sequence[str], told: Callable[[str, float], None]) -> Report:
    """Follow the trainer to its end. Raises TrainingError with what it says is wrong."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, text=True)
        report: Report | None = None
        try:
            for line in process.stdout or ():
                word = json.loads(line)
                report = word.get("report", report)
                if "done" in word:
                    told(word["what"], float(word["done"]))
        finally:
            if process.poll() is None and sys.exc_info()[0] is not None:
                process.terminate()
            status = process.wait()
        if status == 0 and report is not None:
            return report
        said.seek(0)
        lines = [line for line in said.read().splitlines() if line.strip()] or [f"it ended with status {status}"]
        ours = [line.removeprefix(_SAYS) for line in lines if line.startswith(_SAYS)]
        raise TrainingError(ours[-1] if ours else f"the trainer failed: {lines[-1]}")
