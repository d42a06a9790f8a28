"""The doctor on MIDI: backends, wanted ports, PipeWire and the wheel's own libjack, and a loop of our own."""

import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Final

import rtmidi

from antiphon.config.layers import Configuration
from antiphon.doctor.findings import FAULT, OK, WARNING, Finding
from antiphon.errors import PortError
from antiphon.stage import pipewire
from antiphon.stage.backends import (
    JACK,
    Backend,
    InputDevice,
    OutputDevice,
    Survey,
    choose,
    dispose,
    new_input,
    new_output,
    survey,
)
from antiphon.stage.plug import fitting
from antiphon.stage.quiet import quiet

_NOTES: Final = 100
_APART_S: Final = 0.005
_PATIENCE_S: Final = 1.0
_CONNECTED_S: Final = 0.15
_SEEN_S: Final = 0.5
_LOOK_S: Final = 0.005
_SLOW_MS: Final = 15.0


def look(configuration: Configuration) -> Iterator[Finding]:
    """All that can be said of MIDI here. Where none can be played with, that is one fault, which holds the reasons."""
    found = survey()
    try:
        with quiet():
            backend = choose(configuration["ports.backend"])
    except PortError as error:
        yield from (_working(each) for each in found if each.works)
        said, *reasons = str(error).splitlines()
        enough = f"there is none to play with{'; one of these is enough' if len(reasons) > 1 else ''}"
        yield Finding("midi", FAULT, enough, "\n".join(reasons or [said]))
        return
    for each in found:
        yield _working(each) if each.works else Finding(each.name, WARNING, "does not work", each.reason)
    yield from _pipewire(found)
    offered = next(each for each in found if each.name == backend.name)
    yield from _wanted(configuration, offered, backend)
    yield loop(backend)


def _working(each: Survey) -> Finding:
    return Finding(each.name, OK, f"works: {len(each.inputs)} to listen to, {len(each.outputs)} to play to")


def _wanted(configuration: Configuration, offered: Survey, backend: Backend) -> Iterator[Finding]:
    for key, names, own in (("inputs", offered.inputs, "Antiphon in"), ("outputs", offered.outputs, "Antiphon out")):
        patterns: Sequence[str] = configuration[f"ports.{key}"]
        if not patterns and backend.virtual:
            yield Finding(f"ports.{key}", OK, f"none are named: it opens one of its own, {own!r}, for you to connect")
        elif not patterns:
            yield _named(key, names, backend)
        for pattern in patterns:
            if port := fitting(pattern, names):
                yield Finding(f"ports.{key}", OK, f"{pattern!r} is {port!r}")
            else:
                there = ", ".join(names) or "none"
                yield Finding(
                    f"ports.{key}", WARNING, f"no port is called {pattern!r}", f"plug it in; there are: {there}"
                )


def _named(key: str, names: Sequence[str], backend: Backend) -> Finding:
    """What is to be done where a system has no ports of our own, and none of others is named."""
    option = {"inputs": "--in", "outputs": "--out"}[key]
    remedy = f"name one, with {option} or in the configuration; there are: {', '.join(names)}"
    none = "connect a device, or install a program that makes ports (docs/connecting.md); there are none"
    said = f"none are named, and {backend.title} has no ports of our own: it waits"
    return Finding(f"ports.{key}", WARNING, said, remedy if names else none)


def _pipewire(found: Sequence[Survey]) -> Iterator[Finding]:
    if not pipewire.there():
        return
    jack = next((each for each in found if each.name == JACK), None)
    if jack is None or jack.works:
        yield Finding("pipewire", OK, "runs, and JACK works with it")
    else:  # then ALSA does
        said = "runs; its patchbay shows our ALSA ports. For JACK instead:\n"
        yield Finding("pipewire", OK, said + pipewire.remedy())


def loop(backend: Backend) -> Finding:
    """Send notes through a port of our own and back: all have to come, in order, and soon."""
    if not backend.virtual:
        return Finding("loop", OK, f"not tried: {backend.title} has no ports of our own")
    try:
        with quiet():
            listener, player = new_input(backend, "Antiphon check in"), new_output(backend, "Antiphon check out")
            try:
                before = player.get_ports()
                listener.open_virtual_port("check")
                player.open_port(_come(player, before), "out")
                time.sleep(_CONNECTED_S)  # what is sent before JACK has made a connection is lost
                sent, came = _sent_and_come(player, listener)
            finally:
                dispose(player)
                dispose(listener)
    except (rtmidi.RtMidiError, ValueError) as error:
        return Finding("loop", FAULT, f"no port of our own could be opened ({error})", "restart the MIDI system")
    if list(came) != sent:
        lost = f"{_NOTES - len(came)} of {_NOTES} notes were lost"
        return Finding("loop", FAULT, f"{lost} on the way through {backend.title}", "see `antiphon bench`")
    delays = sorted(came.values())
    figures = f"{statistics.median(delays):.1f} ms in the middle, {delays[-2]:.1f} ms at 99 %"
    slow = statistics.median(delays) > _SLOW_MS
    shorter = pipewire.SHORTER if pipewire.there() else "give the MIDI server a shorter period"
    said = f"{_NOTES} notes through {backend.title} and back, none lost: {figures}"
    return Finding("loop", WARNING if slow else OK, said, shorter if slow else "")


def _come(player: OutputDevice, before: Sequence[str]) -> int:
    """The number of the port that was not there `before`; PipeWire shows it after a while. Raises ValueError."""
    last_moment = time.monotonic() + _SEEN_S
    while True:
        names = player.get_ports()
        if new := [name for name in names if name not in before and "check" in name]:
            return names.index(new[0])
        if time.monotonic() > last_moment:
            raise ValueError("it is not seen by others")
        time.sleep(_LOOK_S)


def _sent_and_come(player: OutputDevice, listener: InputDevice) -> tuple[list[int], dict[int, float]]:
    """The numbers of the notes that were sent, and of those that came, each with its delay (ms)."""
    sent_at, came = dict[int, float](), dict[int, float]()
    end = time.monotonic() + _NOTES * _APART_S + _PATIENCE_S
    while len(came) < _NOTES and time.monotonic() < end:
        now = time.monotonic()
        if len(sent_at) < _NOTES and now >= min(sent_at.values(), default=now) + len(sent_at) * _APART_S:
            number = len(sent_at)
            sent_at[number] = now
            player.send_message(bytes((0xB0, 102, number)))  # a controller of no meaning: nobody has to hear it
        while taken := listener.get_message():
            message = bytes(taken[0])
            if message[:2] == bytes((0xB0, 102)):
                came[message[2]] = 1000 * (time.monotonic() - sent_at[message[2]])
        time.sleep(0.0003)
    return list(sent_at), came
