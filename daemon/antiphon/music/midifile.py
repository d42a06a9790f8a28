"""Standard MIDI files as timed messages, and back. Reading the format itself is mido's job.

Times are seconds from the start of the file. What is written has 1 tick = 1 ms.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import mido

from antiphon.errors import MidiFileError
from antiphon.music.events import Event, Seconds, Voice
from antiphon.music.wire import Listener, Timed

_DEFAULT_TEMPO: Final = 500_000
_TICKS: Final = 500
_BROKEN: Final = (EOFError, ValueError, KeyError, IndexError, TypeError, OverflowError)
"""What mido raises on damaged files, beside OSError."""


@dataclass(frozen=True, slots=True)
class Track:
    """A named track: its messages in order of time."""

    name: str
    messages: tuple[Timed, ...]


def read(path: Path) -> list[Track]:
    """The tracks of a .mid file of format 0, 1 or 2, in seconds by its own tempo map or SMPTE division.

    The patterns of a format 2 file are laid one after another. Raises MidiFileError, in one line
    that names the file, for anything that cannot be read.
    """
    file = _parse(path)
    if not file.tracks:
        raise MidiFileError(f"{path}: no tracks in this MIDI file; export it again from your editor")
    try:
        return _sequential(file) if file.type == 2 else _simultaneous(file)
    except _BROKEN as error:
        raise MidiFileError(f"{path}: damaged MIDI file ({error}); export it again") from error


def merged(tracks: Iterable[Track]) -> list[Timed]:
    """All messages of all tracks in order of time; at one moment releases come before the rest."""
    messages = [timed for track in tracks for timed in track.messages]
    return sorted(messages, key=lambda timed: (timed.time, not _releases(timed.message)))


def events(messages: Iterable[Timed], voice: Voice = Voice.SOLO) -> list[Event]:
    """What a player plays by these messages; whatever they leave hanging is released at the last one."""
    listener, heard, now = Listener(voice), list[Event](), 0.0
    for timed in messages:
        now = timed.time
        heard += listener.hear(timed.message, now)
    return heard + listener.silence(now)


def write(path: Path, tracks: Sequence[Track]) -> None:
    """Write a type 1 file, 1 tick = 1 ms, whole or not at all. Raises MidiFileError."""
    file = mido.MidiFile(type=1, ticks_per_beat=_TICKS)
    conductor = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=_DEFAULT_TEMPO)])
    file.tracks.extend([conductor, *(_written(track) for track in tracks)])
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        file.save(beside)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise MidiFileError(f"{path}: cannot write here ({error.strerror}); choose another --output") from error


def _parse(path: Path) -> mido.MidiFile:
    try:
        return mido.MidiFile(path, clip=True)
    except FileNotFoundError as error:
        raise MidiFileError(f"{path}: no such file; check the name") from error
    except IsADirectoryError as error:
        raise MidiFileError(f"{path}: is a folder; name a .mid file in it") from error
    except _BROKEN as error:
        reason = str(error) or "it ends too early"
        raise MidiFileError(f"{path}: not a readable MIDI file ({reason}); export it again") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise MidiFileError(f"{path}: not a readable MIDI file ({reason}); is it really a .mid?") from error


def _simultaneous(file: mido.MidiFile) -> list[Track]:
    clock = _TempoMap(file.ticks_per_beat, (message for track in file.tracks for message in _absolute(track)))
    return [_track(track, clock, Seconds(0.0))[0] for track in file.tracks]


def _sequential(file: mido.MidiFile) -> list[Track]:
    tracks, start = list[Track](), Seconds(0.0)
    for pattern in file.tracks:
        track, start = _track(pattern, _TempoMap(file.ticks_per_beat, _absolute(pattern)), start)
        tracks.append(track)
    return tracks


def _absolute(track: mido.MidiTrack) -> Iterable[tuple[int, mido.Message]]:
    tick = 0
    for message in track:
        tick += message.time
        yield tick, message


class _TempoMap:
    """Ticks to seconds: by tempo changes, or by an SMPTE division (negative, frames and ticks a frame)."""

    def __init__(self, division: int, messages: Iterable[tuple[int, mido.Message]]) -> None:
        if division == 0:
            raise ValueError("its time division is 0")
        self._division = division
        changes = {tick: m.tempo for tick, m in messages if m.type == "set_tempo"} if division > 0 else {}
        self._points = [(0, 0.0, _DEFAULT_TEMPO)]
        for tick, tempo in sorted(changes.items()):
            self._points.append((tick, self.seconds(tick), tempo))

    def seconds(self, tick: int) -> float:
        if self._division < 0:
            frames, ticks_a_frame = 256 - (self._division >> 8 & 0xFF), self._division & 0xFF
            return tick / ((30000 / 1001 if frames == 29 else frames) * max(ticks_a_frame, 1))
        low, high = 0, len(self._points)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._points[middle][0] <= tick else (low, middle)
        since, then, tempo = self._points[low]
        return then + (tick - since) * tempo / (self._division * 1e6)


def _track(track: mido.MidiTrack, clock: _TempoMap, start: Seconds) -> tuple[Track, Seconds]:
    messages, now = list[Timed](), start
    for tick, message in _absolute(track):
        now = Seconds(start + clock.seconds(tick))
        if not message.is_meta:
            messages.append(Timed(now, bytes(message.bytes())))
    return Track(track.name, tuple(messages)), now


def _written(track: Track) -> mido.MidiTrack:
    written, now = mido.MidiTrack([mido.MetaMessage("track_name", name=track.name)]), 0
    for timed in track.messages:
        tick = max(now, round(timed.time * 1000))
        written.append(mido.Message.from_bytes(timed.message, time=tick - now))
        now = tick
    return written


def _releases(message: bytes) -> bool:
    status = message[0] & 0xF0
    return status == 0x80 or (status == 0x90 and message[2] == 0)
