"""What stands in for python-rtmidi on another system: its constants, its errors, and ports that are only names.

FAKE_RTMIDI names, as JSON, the API that is built in, the ports that others have, the file that is told all calls, and
the file in which inputs find what is played to them, a message in hexadecimal digits a line.
"""

import json
import os
from pathlib import Path
from typing import Any

API_UNSPECIFIED, API_MACOSX_CORE, API_LINUX_ALSA, API_UNIX_JACK, API_WINDOWS_MM = range(5)
_GIVEN = json.loads(os.environ["FAKE_RTMIDI"])


class RtMidiError(OSError): ...


class SystemError(RtMidiError): ...


class InvalidUseError(RtMidiError): ...


def get_compiled_api() -> list[int]:
    return [globals()[_GIVEN["api"]]]


class _Device:
    """A client with at most one port."""

    def __init__(self, rtapi: int = API_UNSPECIFIED, name: str = "RtMidi", queue_size_limit: int = 1024) -> None:
        if rtapi not in get_compiled_api():
            raise SystemError(f"no API {rtapi} here")
        self._name = name

    def get_ports(self) -> list[str]:
        return list(_GIVEN["ports"])

    def open_port(self, port: int = 0, name: str = "") -> "_Device":
        _tell(self, "open_port", self.get_ports()[port])
        return self

    def open_virtual_port(self, name: str = "") -> "_Device":
        if _GIVEN["api"] == "API_WINDOWS_MM":
            raise NotImplementedError("Virtual ports are not supported by the Windows MultiMedia API.")
        _tell(self, "open_virtual_port", name)
        return self

    def set_port_name(self, name: str) -> None:
        _tell(self, "set_port_name", name)

    def close_port(self) -> None: ...

    def delete(self) -> None: ...


class MidiIn(_Device):
    def ignore_types(self, sysex: bool = True, timing: bool = True, active_sense: bool = True) -> None: ...

    _heard = 0

    def get_message(self) -> tuple[list[int], float] | None:
        try:
            lines = Path(_GIVEN["played"]).read_text(encoding="ascii").splitlines()[self._heard :]
        except OSError:
            return None
        if not lines:
            return None
        self._heard += 1
        return list(bytes.fromhex(lines[0])), 0.0


class MidiOut(_Device):
    def send_message(self, message: bytes) -> None:
        _tell(self, "send_message", bytes(message).hex())


def _tell(device: _Device, *what: Any) -> None:
    with open(_GIVEN["told"], "a", encoding="utf-8") as file:
        file.write(json.dumps([type(device).__name__, *what]) + "\n")
