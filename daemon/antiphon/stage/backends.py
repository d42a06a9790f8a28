"""The MIDI systems rtmidi can reach: which of them work on this machine, and why another does not.

Knows rtmidi, and what to tell a user whose system is missing. Holds nothing open: ports are `ports`.
"""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, cast

import rtmidi

from antiphon.errors import PortError
from antiphon.stage import pipewire
from antiphon.stage.lifeline import Lifeline
from antiphon.stage.quiet import quiet

AUTO: Final = "auto"
JACK: Final = "jack"
QUEUE_SIZE: Final = 16384
"""Messages RtMidi holds for us between two looks. Its default of 1024 is less than a burst. Each place in its ring
keeps as much memory as the longest message needed that ever lay there, so the first round through it makes us grow."""
_SEQUENCER: Final = "/dev/snd/seq"


class Device(Protocol):
    """What rtmidi's inputs and outputs have in common. rtmidi has no type stubs; these are the calls we make."""

    def get_ports(self) -> list[str]: ...
    def open_port(self, port: int, name: str) -> object: ...
    def open_virtual_port(self, name: str) -> object: ...
    def set_port_name(self, name: str) -> None: ...
    def close_port(self) -> None: ...
    def delete(self) -> None: ...


class InputDevice(Device, Protocol):
    """rtmidi.MidiIn. A message comes with the seconds since the one before."""

    def get_message(self) -> tuple[list[int], float] | None: ...


class OutputDevice(Device, Protocol):
    """rtmidi.MidiOut."""

    def send_message(self, message: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Backend:
    """A MIDI system.

    name      what a user calls it on the command line
    title     what its makers call it
    platform  the value of sys.platform where it is at home
    api       rtmidi's number for it
    virtual   True where a program can make ports of its own
    reason    from rtmidi's words for a failure to what the user can do about it
    """

    name: str
    title: str
    platform: str
    api: int
    virtual: bool
    reason: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Survey:
    """What one backend offers here: the ports to listen to and to play to, or the reason why it does not work."""

    name: str
    works: bool
    reason: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def _why_not_alsa(error: str) -> str:
    if not os.path.exists(_SEQUENCER):
        return f"no ALSA sequencer: {_SEQUENCER} is missing; load it with `sudo modprobe snd-seq`"
    if not os.access(_SEQUENCER, os.R_OK | os.W_OK):
        return f"{_SEQUENCER} may not be opened; `sudo usermod -aG audio $USER`, then log in again"
    return error


def _why_not_jack(error: str) -> str:
    if "not running" not in error:
        return error
    if pipewire.there():
        return f"{pipewire.UNREACHED}: {pipewire.remedy()}"
    name = os.environ.get("JACK_DEFAULT_SERVER")
    server = f"JACK server named {name}" if name else "JACK server"
    return f"no {server} is running; start one, with QjackCtl or with `jackd -d alsa` (no sound card: `jackd -d dummy`)"


def _as_it_says(error: str) -> str:
    return error


BACKENDS: Final = (
    Backend("alsa", "ALSA", "linux", rtmidi.API_LINUX_ALSA, True, _why_not_alsa),
    Backend(JACK, "JACK", "linux", rtmidi.API_UNIX_JACK, True, _why_not_jack),
    Backend("coremidi", "CoreMIDI", "darwin", rtmidi.API_MACOSX_CORE, True, _as_it_says),
    Backend("winmm", "Windows MultiMedia", "win32", rtmidi.API_WINDOWS_MM, False, _as_it_says),
)
NAMES: Final = (AUTO, *(backend.name for backend in BACKENDS))


def known(platform: str = sys.platform) -> list[Backend]:
    """The backends of a platform, in the order in which `auto` tries them."""
    return [backend for backend in BACKENDS if backend.platform == platform]


def new_input(backend: Backend, client: str) -> InputDevice:
    """An input, no port opened yet, that lets every kind of message through.

    No python callback is set: under JACK it runs in the process thread,
    waits for the interpreter's lock, overruns the period and loses most of a burst of 10,000 messages; RtMidi's own
    queue loses none.
    """
    device = rtmidi.MidiIn(backend.api, name=client, queue_size_limit=QUEUE_SIZE)
    device.ignore_types(sysex=False, timing=False, active_sense=False)
    return cast(InputDevice, device)


def new_output(backend: Backend, client: str) -> OutputDevice:
    """An output, no port opened yet."""
    return cast(OutputDevice, rtmidi.MidiOut(backend.api, name=client))


def dispose(device: Device) -> None:
    """Close a device and its port now, not when python comes to it."""
    device.close_port()
    device.delete()


def fault(backend: Backend) -> str:
    """Why a backend does not work here, or nothing when it does. Never blocks, raises or prints.

    A JACK server is asked through its socket: clients that come and go at once cost it 60 ms and disturb the others.
    """
    if backend.api not in rtmidi.get_compiled_api():
        return f"the installed python-rtmidi was built without {backend.title}"
    if backend.name == JACK and (lifeline := Lifeline.to_jackd()):
        lifeline.close()
        return ""
    try:
        with quiet():
            dispose(new_output(backend, "Antiphon survey"))
    except rtmidi.RtMidiError as error:
        return backend.reason(str(error))
    return ""


def look(backend: Backend) -> Survey:
    """What one backend offers now. Never blocks, raises or prints."""
    reason = fault(backend)
    if reason:
        return Survey(backend.name, False, reason, (), ())
    try:
        with quiet():
            inputs = _ports(new_input(backend, "Antiphon survey in"))
            outputs = _ports(new_output(backend, "Antiphon survey out"))
    except rtmidi.RtMidiError as error:
        return Survey(backend.name, False, backend.reason(str(error)), (), ())
    return Survey(backend.name, True, "", inputs, outputs)


def survey() -> list[Survey]:
    """What every backend of this platform offers now."""
    return [look(backend) for backend in known()]


def choose(name: str = AUTO, platform: str = sys.platform, fault: Callable[[Backend], str] = fault) -> Backend:
    """The backend of that name, or for "auto" the first of the platform that works.

    rtmidi's own choice (API_UNSPECIFIED) raises where ALSA is missing and never comes to JACK.
    Raises PortError with the reason of every backend that was tried.
    """
    here = known(platform)
    wanted = [backend for backend in here if name in (AUTO, backend.name)]
    if not wanted:
        names = ", ".join([AUTO, *(backend.name for backend in here)])
        raise PortError(f"no MIDI backend named {name!r} on this system; there are: {names}")
    reasons = []
    for backend in wanted:
        reason = fault(backend)
        if not reason:
            return backend
        reasons.append(f"{backend.title}: {reason}")
    raise PortError(reasons[0] if name != AUTO else "\n".join(["no MIDI backend works here.", *reasons]))


def playable(backend: Backend, ins: Sequence[str], outs: Sequence[str]) -> None:
    """Raises PortError where ports have to be named, and are not."""
    if not backend.virtual and not (ins and outs):
        raise PortError(
            f"{backend.title} has no virtual MIDI ports: install loopMIDI"
            " (https://www.tobias-erichsen.de/software/loopmidi.html), make a port for each direction,"
            " and name them with --in and --out"
        )


def _ports(device: Device) -> tuple[str, ...]:
    try:
        return tuple(device.get_ports())
    finally:
        dispose(device)
