"""Where what Antiphon says goes: to the terminal and a file, or, under systemd, to the journal with its level in front.

Everything that is said while playing is said by the guard; nothing is ever said about single notes.
"""

import contextlib
import logging
import logging.handlers
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from antiphon import places
from antiphon.config.options import PARTS
from antiphon.core.shown import printable_lines

_SIZE: Final = 500_000
_KEPT: Final = 3
_PRIORITY: Final = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3}
_LOG: Final = logging.getLogger("antiphon")


class _Journal(logging.Handler):
    """sd-daemon(3): a line that begins with <N> has that priority. Each line of a text by itself."""

    def emit(self, record: logging.LogRecord) -> None:
        priority = _PRIORITY.get(record.levelno, 5)
        with contextlib.suppress(OSError):  # a journal on a full disk is no reason to stop
            for line in printable_lines(record.getMessage()).splitlines():
                print(f"<{priority}>{_part(record)}{line}", flush=True)


class _Terminal(logging.Handler):
    """As it is, and printable. A terminal that has gone is no reason to stop."""

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(OSError):
            print(printable_lines(record.getMessage()), flush=True)


class _File(logging.handlers.RotatingFileHandler):
    def format(self, record: logging.LogRecord) -> str:
        """Printable: a log is read in a terminal."""
        return printable_lines(super().format(record))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, its base's name
        """A full disk is no reason to stop, nor to fill the terminal."""


def begin(table: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> None:
    """Log as the table [logging] says."""
    under_systemd = "JOURNAL_STREAM" in environment
    for handler in list(_LOG.handlers):
        _LOG.removeHandler(handler)
        handler.close()
    _LOG.propagate = False
    _LOG.setLevel(table["level"].upper())
    for part in PARTS:
        level = table[part]
        logging.getLogger(f"antiphon.{part}").setLevel(logging.NOTSET if level == "as level" else level.upper())
    _LOG.addHandler(_Journal() if under_systemd else _Terminal())
    if table["file"] and not under_systemd:
        _keep(place(environment))


def place(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the log lies."""
    return places.state(environment) / "antiphon.log"


def _keep(file: Path) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = _File(file, maxBytes=_SIZE, backupCount=_KEPT, encoding="utf-8")
    except OSError as error:
        print(f"no log is kept: {file} cannot be written ({error.strerror})", file=sys.stderr)
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s pid=%(process)d %(message)s"))
    _LOG.addHandler(handler)


def _part(record: logging.LogRecord) -> str:
    part = record.name.removeprefix("antiphon").lstrip(".")
    return f"{part}: " if part else ""
