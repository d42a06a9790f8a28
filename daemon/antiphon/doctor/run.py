"""The doctor's round: the machine, the configuration, the model, MIDI, the page, the service."""

import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import antiphon
from antiphon.config.layers import Configuration, configured, place
from antiphon.core.parameters import Parameters
from antiphon.doctor.findings import FAULT, OK, WARNING, Finding
from antiphon.errors import AntiphonError, ConfigError
from antiphon.service import Unit, status

_RIGHTS: Final = """
from antiphon import priority
print(priority.real_time(priority.STAGE), priority.locked_memory())
"""
_NOTES: Final = 64
_TRIES: Final = 2
_SLOW_MS: Final = 8.0
_HOW: Final = """\
put "@audio - rtprio 95" and "@audio - memlock unlimited" into /etc/security/limits.d/audio.conf,
sudo usermod -aG audio $USER, and log in again"""
_NO_HOW: Final = "nobody can ask for it here; close what else keeps the processor busy while you play"


def examine(config: Path | None = None) -> Iterator[Finding]:
    """Look at everything, one after the other. Raises nothing that a user could put right."""
    machine = f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} processors"
    yield Finding("antiphon", OK, f"{antiphon.__version__}, Python {platform.python_version()}, {machine}")
    configuration = Configuration()
    path = config or place()
    try:
        configuration = configured(config)
        set_ = f"{len(configuration.sources)} set" if configuration.sources else "all as it comes"
        yield Finding("configuration", OK, f"{path if path.exists() else 'no file'}: {set_}")
    except ConfigError as error:
        yield Finding("configuration", FAULT, str(error), "antiphon config edit")
    try:
        playable(configuration)
    except AntiphonError as error:
        yield Finding("scenes", FAULT, str(error), "antiphon config edit")
    yield _rights()
    yield _model(configuration["model.name"])
    try:
        from antiphon.doctor import midi
    except ImportError as error:
        yield Finding("midi", FAULT, f"the MIDI library cannot be loaded ({error})", "sudo apt-get install libasound2")
    else:
        yield from midi.look(configuration)
    if configuration["page.on"]:
        yield _page(configuration["page.port"])
    yield _service()


def playable(configuration: Configuration) -> None:
    """Raises AntiphonError, which names it, for a scene whose model is not there, or the music that it begins from."""
    from antiphon.mind import models, priming

    for scene in configuration.scenes:
        try:
            if scene.model != configuration["model.name"]:
                models.find(scene.model)
            for file, _ in priming.files(scene.prime):
                priming.music(file)
        except AntiphonError as error:
            raise type(error)(f"scene {scene.name}: {error}") from error


def _rights() -> Finding:
    """Asked for by a process of its own, so that we go on as we were."""
    done = subprocess.run([sys.executable, "-c", _RIGHTS], capture_output=True, text=True, check=False)
    first, second = [*done.stdout.split(), "False", "False"][:2]
    if sys.platform == "win32" and first == "True":  # where memory is not locked
        return Finding("real time", OK, "the highest priority that Windows lends to a thread is granted")
    if (first, second) == ("True", "True"):
        return Finding("real time", OK, "real-time priority and locked memory are granted")
    names = (("real-time priority", first), ("locked memory", second))
    missing = " and ".join(name for name, given in names if given != "True")
    how = _HOW if sys.platform == "linux" else _NO_HOW
    return Finding("real time", WARNING, f"no {missing}: notes may be late when the machine is busy", how)


def _model(name: str) -> Finding:
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "check.mid")
            few, first = min(_generated(file, name, 1) for _ in range(_TRIES))  # one to load and warm all
            tries = [_generated(file, name, _NOTES) for _ in range(_TRIES)]
    except AntiphonError as error:
        return Finding("model", FAULT, str(error), "antiphon models")
    taken, events = min(tries)  # what else the machine did meanwhile is no fault of the model's
    each_ms = max(0.0, 1000 * (taken - few) / max(1, events - first))
    said = f"{name}: whole, plays {_NOTES} notes to itself, {each_ms:.1f} ms for each event"
    if each_ms > _SLOW_MS:
        return Finding("model", WARNING, said, "close what else keeps the processor busy, or take a smaller model")
    return Finding("model", OK, said)


def _generated(file: Path, name: str, notes: int) -> tuple[float, int]:
    """How long it takes to load a model and generate so many notes (s), and how many events they were."""
    from antiphon import offline

    begin = time.monotonic()
    recording = offline.generate_file(file, name, Parameters(), notes=notes)
    return time.monotonic() - begin, max(1, len(recording.events(offline.OURS)))


def _page(port: int) -> Finding:
    with socket.socket() as ours:
        if sys.platform != "win32":  # where it lets several listen at the same port
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            ours.bind(("127.0.0.1", port))
        except OSError as error:
            remedy = "an Antiphon that runs is one reason; else `antiphon config edit`, [page], port"
            said = f"port {port} cannot be had ({error.strerror}); the next that is free is taken"
            return Finding("page", WARNING, said, remedy)
    return Finding("page", OK, f"port {port} is free" if port else "takes whichever port is free")


def _service() -> Finding:
    if not shutil.which("systemctl"):
        return Finding("service", OK, "no systemd here; not needed")
    try:
        said, _ = status(Unit())
    except AntiphonError as error:
        return Finding("service", OK, f"not asked: {error}")
    failed = ": failed" in said
    return Finding("service", FAULT if failed else OK, said, "antiphon service logs" if failed else "")
