"""What the world around a performance is told, and what it may ask: ready-file, systemd, another configuration.

The guard knows when; here is what. Plays nothing, starts nothing.
"""

import json
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from antiphon.config import learned
from antiphon.config.again import fitting, inherited, redeclared
from antiphon.config.layers import Configuration
from antiphon.config.options import EVERY, PARAMETERS
from antiphon.core.parameters import Value
from antiphon.errors import ConfigError, PortError
from antiphon.music.files import put_anew
from antiphon.notify import Systemd

_WAITS: Final = "(waiting for it)"
_NUMBERS: Final = re.compile(r" \d+:\d+$")
_WAITING: Final = "MIDI is taken up as soon as there is some; until then the page is the instrument"
WIRING: Final = ("ports.inputs", "ports.outputs", "ports.zones", "thru.on", "thru.inputs", "thru.channels")
"""What the stage, or another, can take up while we play."""
_LOG: Final = logging.getLogger("antiphon.guard")

Report = dict[str, Any]  # JSON


def wiring(configuration: Configuration) -> dict[str, Any]:
    """What of the guard's settings says to whom we listen and play: "ins", "outs", "zones", "thru"."""
    thru = configuration.table("thru")
    return {
        "ins": configuration["ports.inputs"],
        "outs": configuration["ports.outputs"],
        "zones": configuration["ports.zones"],
        "thru": {"inputs": thru["inputs"], "channels": thru["channels"]} if thru["on"] else False,
    }


class Outside:
    """Tells people, a file and systemd.

    show  is told where the page is, once it is served
    said  why there is no MIDI, where people have been told that before we began
    """

    def __init__(self, ready_file: Path | None, systemd: Systemd, show: Callable[[str], None], said: str = "") -> None:
        self._file, self._show, self._told = ready_file, show, said
        self.systemd = systemd
        self._said: Report = {}
        self._newest = ""
        self._why = ""

    def tell(self, line: str) -> None:
        """Something has happened. What is waited for is our status, too."""
        if line.endswith(_WAITS):
            why, self._why = line.removesuffix(_WAITS).strip(), line.splitlines()[-1].removesuffix(_WAITS).strip()
            known, self._told = why == self._told, ""  # if it comes again, it is news
            line = _WAITING if known else line
        _LOG.warning("%s", line)

    def ready(self, report: Report) -> None:
        """We can play, or something has changed since we could. Raises PortError where that cannot be said at first."""
        if report["ports"] != self._said.get("ports") and any(report["ports"].values()):
            _LOG.info("listening on  %s", ", ".join(report["ports"]["in"]) or "nothing yet")
            _LOG.info("playing to    %s", ", ".join(report["ports"]["out"]) or "nothing yet")
        if "page" in report and not self._said:
            self._show(report["page"]["url"])
        if self._file:
            self._note(self._file, report)
        self._newest = status(report, self._why)
        if self._said:
            self.systemd.status(self._newest)
        else:
            self.systemd.ready(self._newest)
        self._said.update(report)

    def reloaded(self) -> None:
        """The configuration has been read again, for better or for worse."""
        self.systemd.ready(self._newest)

    def close(self) -> None:
        """We have left."""
        if self._file:
            self._file.unlink(missing_ok=True)
        self.systemd.close()

    def _note(self, file: Path, report: Report) -> None:
        try:
            _write_whole(file, report)
        except PortError as error:
            if not self._said:
                raise
            if self._said.get("trouble") != str(error):
                self._said["trouble"] = str(error)
                _LOG.error("%s", error)  # no reason to stop playing


def status(report: Mapping[str, Any], why: str) -> str:
    """What we are doing, in words: "listening on Keystation, playing to Pianoteq"."""
    heard, played = (", ".join(_plain(name) for name in report["ports"][way]) for way in ("in", "out"))
    if not heard and not played:
        return f"waiting: {why}" if why else "waiting for MIDI"
    return f"listening on {heard or 'nothing yet'}, playing to {played or 'nothing yet'}"


def _plain(port: str) -> str:
    """What people call a port: its client's name, which numbers and the port's own name stand behind."""
    return _NUMBERS.sub("", port).split(":")[0]


@dataclass(slots=True)
class Hooks:
    """What the guard asks of the outside while it watches.

    configuration   as it was read last
    reread          reads it as it is now
    refused         what of it, by parameters.NAME, did not fit what had been turned
    begun           the configuration that we began with; its controls are those that we play by
    """

    outside: Outside
    configuration: Configuration
    reread: Callable[[], Configuration]
    refused: frozenset[str] = frozenset()
    begun: Configuration = field(init=False)

    def __post_init__(self) -> None:
        self.begun = self.configuration

    def alive(self) -> None:
        """Stage and mind have given their beats."""
        self.outside.systemd.alive(time.monotonic())

    def stopping(self) -> None:
        """We are on our way out."""
        self.outside.systemd.stopping()

    def learned(self, lines: Sequence[str]) -> None:
        """Controllers do these things now; those that are not from the configuration are kept for the next time."""
        try:
            kept = (line for line in lines if line not in self.begun["controls.map"])
            learned.write(kept, learned.where(self.begun))
        except ConfigError as error:
            _LOG.error("%s", error)

    def reload(
        self,
        values: Mapping[str, Value],
        change: Callable[[dict[str, Value]], None],
        rewire: Callable[..., None],
    ) -> None:
        """Read the configuration again, and change what can be changed without a gap, as far as it fits the `values`
        that hold.

        Only what differs from the last reading is changed, and what could not be then: what was turned while playing
        stays as it was turned.
        """
        self.outside.systemd.reloading()
        try:
            self._take_up(self.reread(), values, change, rewire)
        except ConfigError as error:
            _LOG.error("%s\nthe configuration stays as it was", error)
        finally:
            self.outside.reloaded()

    def _take_up(
        self,
        new: Configuration,
        values: Mapping[str, Value],
        change: Callable[[dict[str, Value]], None],
        rewire: Callable[..., None],
    ) -> None:
        old, self.configuration = self.configuration, new
        differs = [option for option in EVERY if new[option.name] != old[option.name] or option.name in self.refused]
        turned, refused = fitting(values, {option.each.name: new[option.name] for option in differs if option.live})
        self.refused = frozenset(f"{PARAMETERS}.{name}" for name in refused)
        if turned:
            change(turned)
        wired = [option.name for option in differs if option.name in WIRING]
        before = wiring(old)
        if moved := {way: wanted for way, wanted in wiring(new).items() if wanted != before[way]}:
            rewire(**moved)
        later = [option.name for option in differs if not option.live and option.name not in WIRING]
        later += redeclared(old, new)
        said = [*(f"{name} = {new[f'{PARAMETERS}.{name}']}" for name in turned), *wired]
        nothing = "nothing changes at once" if later or refused else "nothing to change while playing"
        _LOG.info("configuration read again: %s", ", ".join(said) or nothing)
        for name, why in refused.items():
            _LOG.warning("%s cannot be so now, and is tried again at the next reading: %s", name, why)
        scenes, taken = inherited(old, new)
        what = f"what they take from [{PARAMETERS}] ({', '.join(taken)}) "
        for names, part in ((later, ""), (scenes, what)):
            if names:
                _LOG.warning("%s: %stakes effect when Antiphon is started again", ", ".join(names), part)


def _write_whole(path: Path, report: Report) -> None:
    """Say in a file, whole or not at all, that we can play."""
    try:
        put_anew(path, (json.dumps(report) + "\n").encode())
    except OSError as error:
        raise PortError(f"{path}: cannot write the ready-file here ({error.strerror})") from error
