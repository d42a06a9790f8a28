"""Antiphon as processes of its own: as a user starts it, or with processes in it that tell what they do."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

from antiphon.bench.ear import EAR, Way
from antiphon.errors import PortError

STARTS_S: Final = 30.0
_LEAVES_S: Final = 10.0
_LOOK_S: Final = 0.002
MIND: Final = "antiphon.bench.mind"
STAGE: Final = "antiphon.bench.stage"


class Running:
    """Antiphon, playing. Inside the context it is ready.

    report     what its ready-file says
    ready_s    how long it took from its start
    """

    def __init__(self, way: Way, command: list[str], ready: Path) -> None:
        self._command, self._ready, self._env = command, ready, way.env
        self._complaints = ready.with_suffix(".errors")
        self.report: dict[str, Any] = {}  # JSON
        self.ready_s = 0.0

    def __enter__(self) -> Self:
        self._ready.unlink(missing_ok=True)
        start = time.monotonic()
        with self._complaints.open("wb") as complaints:
            self._process = subprocess.Popen(
                self._command, env=self._env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=complaints
            )
        while not self._ready.exists():
            if self._process.poll() is not None or time.monotonic() - start > STARTS_S:
                self.__exit__()
                raise PortError(f"Antiphon did not start: {self._complaints.read_text()[-500:] or 'it said nothing'}")
            time.sleep(_LOOK_S)
        self.ready_s = time.monotonic() - start
        self.report = json.loads(self._ready.read_text())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(_LEAVES_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def ordinary(way: Way, model: str) -> Running:
    """As a user starts it, connected to the bench's ports; in memory, with a stage that has ports there."""
    if not way.jack:
        return _started(way, model, {"stage": STAGE})
    ready = way.folder / "run.json"
    ports = ["--backend", "jack", "--in", way.sender, "--out", way.port(EAR, "echoed")]
    command = [sys.executable, "-m", "antiphon.cli.main", "run", *ports, "--model", model, "--ready-file", str(ready)]
    return Running(way, command, ready)


def telling(way: Way, model: str, thru: bool = False) -> Running:
    """With a stage that notes what it sends, and a mind that does what is to be measured."""
    return _started(way, model, {"stage": STAGE, "mind": MIND}, thru)


def accompanying(way: Way, model: str) -> Running:
    """With that stage, and the mind's own Session in mode=harmony."""
    return _started(way, model, {"stage": STAGE}, mode="harmony")


def _started(way: Way, model: str, programs: dict[str, str], thru: bool = False, mode: str = "reply") -> Running:
    ready = way.folder / "play.json"
    settings = {
        "backend": "jack" if way.jack else _backend(),
        "ins": [way.sender] if way.jack else [],
        "outs": [way.port(EAR, "echoed")] if way.jack else [],
        "thru": thru,
        "mode": mode,
        "model": model,
        "programs": programs,
        "ready": str(ready),
    }
    return Running(way, [sys.executable, "-m", "antiphon.bench.play", json.dumps(settings)], ready)


def _backend() -> str:
    """Any backend of this platform: its devices are replaced."""
    from antiphon.stage.backends import known

    return known()[0].name


@contextlib.contextmanager
def crowded(running: Running) -> Iterator[None]:
    """With a crowd on the page."""
    command = [sys.executable, "-m", "antiphon.bench.crowd", running.report["page"]["url"]]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if process.stdout and process.stdout.readline() != b"ready\n":
            raise PortError("the page does not let the bench's clients in")
        yield
    finally:
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()
        process.wait(_LEAVES_S)
