"""Standard MIDI files as timed messages, and back. Reading the format itself is mido's job.

Times are seconds from the start of the file. What is written has 1 tick = 1 ms.
"""

import io
import re
import struct
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import mido
from mido.midifiles import meta

from antiphon.errors import MidiFileError
from antiphon.music import files
from antiphon.music.events import Event, Seconds, Voice
from antiphon.music.wire import NOTE_OFF, NOTE_ON, Listener, Timed

LARGEST: Final = 1 << 28
"""Bytes of a file that are read at the most: ten hours of dense playing have a tenth of that."""
_DEFAULT_TEMPO: Final = 500_000
_TICKS: Final = 500
_LONGEST_DELTA: Final = 0x0FFF_FFFF
"""Ticks: the most that the four bytes of a delta time hold."""
_SMPTE: Final = {24: 24.0, 25: 25.0, 29: 30000 / 1001, 30: 30.0}
"""Frames a second by the number in the division; 29 is 29.97."""
_ENDLESS: Final = re.compile(rb"[\x80-\xff]{65536}")
"""Bytes that mido would take for one number, ever slower."""
_BROKEN: Final = (EOFError, OSError, ValueError, LookupError, TypeError, OverflowError, mido.KeySignatureError)
"""What mido raises on damaged files."""


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
    data = _bytes(path)
    try:
        return _tracks(data)
    except _BROKEN as error:
        raise MidiFileError(f"{path}: not a readable MIDI file ({_reason(error)}); export it again") from error


def merged(tracks: Iterable[Track]) -> list[Timed]:
    """All messages of all tracks in order of time; at one moment the ends of earlier notes come first."""
    return [timed for _, timed in named(tracks)]


def named(tracks: Iterable[Track]) -> list[tuple[str, Timed]]:
    """The same, each message with the name of its track."""
    ranked = [(rank, timed, track.name) for track in tracks for rank, timed in _ranked(track.messages)]
    return [(name, timed) for _, timed, name in sorted(ranked, key=lambda each: (each[1].time, each[0]))]


def events(messages: Iterable[Timed], voice: Voice = Voice.SOLO) -> list[Event]:
    """What a player plays by these messages; whatever they leave hanging is released at the last one."""
    listener, heard, now = Listener(voice), list[Event](), 0.0
    for timed in messages:
        now = timed.time
        heard += listener.hear(timed.message, now)
    return heard + listener.silence(now)


def write(path: Path, tracks: Sequence[Track]) -> None:
    """Write a type 1 file, 1 tick = 1 ms, whole or not at all: an old file stays until the new one is
    there. Clock and other system messages than sysex have no place in a file and are left out. Raises
    MidiFileError."""
    file, packed = mido.MidiFile(type=1, ticks_per_beat=_TICKS), io.BytesIO()
    conductor = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=_DEFAULT_TEMPO)])
    file.tracks.extend([conductor, *(_written(track) for track in tracks)])
    file.save(file=packed)
    try:
        files.put(path, packed.getvalue())
    except OSError as error:
        raise MidiFileError(f"{path}: cannot write here ({error.strerror}); choose another --output") from error


def private(path: Path) -> list[bytes]:
    """What the sequencer-specific meta events of a file hold, in order. Raises MidiFileError, as `read`."""
    data = _bytes(path)
    try:
        tracks = [_parsed(chunk) for chunk in _chunks(data)[2]]
    except _BROKEN as error:
        raise MidiFileError(f"{path}: not a readable MIDI file ({_reason(error)}); export it again") from error
    return [bytes(message.data) for track in tracks for message in track if message.type == "sequencer_specific"]


def _bytes(path: Path) -> bytes:
    try:
        if (size := path.stat().st_size) > LARGEST:
            raise MidiFileError(f"{path}: {size} bytes, and more than {LARGEST} are not read; cut it into pieces")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise MidiFileError(f"{path}: no such file; check the name") from error
    except OSError as error:
        if path.is_dir():  # for Windows that is one more file that may not be read
            raise MidiFileError(f"{path}: is a folder; name a .mid file in it") from error
        raise MidiFileError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error


def _reason(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "it ends too early"
    return str(error) if isinstance(error, OSError | ValueError) else "damaged data"


def _tracks(data: bytes) -> list[Track]:
    form, division, chunks = _chunks(data)
    if not chunks:
        raise ValueError("it has no tracks")
    tracks = [_parsed(chunk) for chunk in chunks]
    return _sequential(division, tracks) if form == 2 else _simultaneous(division, tracks)


def _chunks(data: bytes) -> tuple[int, int, list[bytes]]:
    """Format, division and the bytes of each track; of a RIFF file (.rmi) those of the MIDI file in it.

    Not left to mido (1.3.3), which refuses a file with a chunk of another kind, though the
    specification says to skip it, and reads on into the next track where a size is wrong.
    """
    start = data.find(b"MThd") if data.startswith(b"RIFF") else 0
    if not data.startswith(b"MThd", max(start, 0)):
        raise ValueError("it has no MIDI header" if data else "it is empty")
    header, at = _chunk(data, start)
    if len(header) < 6:
        raise ValueError("its header is too short")
    form, count, division = struct.unpack(">HHh", header[:6])
    if form > 2:
        raise ValueError(f"format {form} is unknown")
    chunks = list[bytes]()
    while len(chunks) < count:
        kind = data[at : at + 4]
        body, at = _chunk(data, at)
        if kind == b"MTrk":
            chunks.append(body)
    return form, division, chunks


def _chunk(data: bytes, at: int) -> tuple[bytes, int]:
    """The body of the chunk that begins at a place, and the place where it ends."""
    if len(data) < at + 8:
        raise EOFError
    end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
    if len(data) < end:
        raise EOFError
    return data[at + 8 : end], end


def _parsed(chunk: bytes) -> mido.MidiTrack:
    if _ENDLESS.search(chunk):
        raise ValueError("damaged data")
    head = struct.pack(">4sLHHH4sL", b"MThd", 6, 0, 1, _TICKS, b"MTrk", len(chunk))
    track = mido.MidiFile(file=io.BytesIO(head + chunk), clip=True).tracks[0]
    if any(message.time > _LONGEST_DELTA for message in track):
        raise ValueError("a delta time of more than four bytes")
    return track


def _simultaneous(division: int, parsed: Sequence[mido.MidiTrack]) -> list[Track]:
    clock = _TempoMap(division, (message for track in parsed for message in _absolute(track)))
    return [_track(track, clock, Seconds(0.0))[0] for track in parsed]


def _sequential(division: int, parsed: Sequence[mido.MidiTrack]) -> list[Track]:
    tracks, start = list[Track](), Seconds(0.0)
    for pattern in parsed:
        track, start = _track(pattern, _TempoMap(division, _absolute(pattern)), start)
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
        self._division, self._ticks_a_second = division, 0.0
        if division < 0:
            frames, ticks_a_frame = -(division >> 8), division & 0xFF
            if frames not in _SMPTE or ticks_a_frame == 0:
                raise ValueError(f"its time division is {ticks_a_frame} ticks in each of {frames} frames a second")
            self._ticks_a_second = _SMPTE[frames] * ticks_a_frame
        changes = {tick: m.tempo for tick, m in messages if m.type == "set_tempo"} if division > 0 else {}
        self._points = [(0, 0.0, _DEFAULT_TEMPO)]
        for tick, tempo in sorted(changes.items()):
            self._points.append((tick, self.seconds(tick), tempo))

    def seconds(self, tick: int) -> float:
        if self._division < 0:
            return tick / self._ticks_a_second
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
    return Track(_decoded(track.name), tuple(messages)), now


def _written(track: Track) -> mido.MidiTrack:
    written, now = mido.MidiTrack([mido.MetaMessage("track_name", name=_encoded(track.name))]), 0
    for timed in track.messages:
        if timed.message[0] > 0xF0:
            continue
        tick = max(now, round(timed.time * 1000))
        written.append(mido.Message.from_bytes(timed.message, time=tick - now))
        now = tick
    return written


def _decoded(name: str) -> str:
    """A name as it was meant: mido takes bytes for Latin-1, most programs write UTF-8."""
    try:
        return name.encode("latin1").decode("utf-8")
    except UnicodeDecodeError:
        return name


def _encoded(name: str) -> str:
    return name.encode("utf-8", "replace").decode("latin1")


def _ranked(messages: Iterable[Timed]) -> Iterable[tuple[int, Timed]]:
    """Each message with its rank at its moment: 0 for the end of a note begun before it, else 1."""
    begun = dict[tuple[int, int], deque[float]]()
    for timed in messages:
        status, rank = timed.message[0] & 0xF0, 1
        if status in (NOTE_ON, NOTE_OFF):
            starts = begun.setdefault((timed.message[0] & 0x0F, timed.message[1]), deque())
            if status == NOTE_ON and timed.message[2] > 0:
                starts.append(timed.time)
            else:
                rank = int(bool(starts) and starts.popleft() == timed.time)
        yield rank, timed


def _forgiving(spec: Any) -> Any:
    """A kind of meta message that keeps its default where a file holds nonsense."""

    def decode(self: Any, message: Any, data: Any) -> None:
        with suppress(*_BROKEN):
            spec.decode(self, message, data)

    return type(spec.__name__, (spec,), {"decode": decode})


def _teach_mido() -> None:
    """What no note depends on shall not spoil a file; told to mido in the way it documents for new meta messages.

    Without this mido (1.3.3) refuses files for a key signature or an SMPTE offset that does not exist, and loses
    the delta time of every meta message of a kind it does not know, so that all after it sounds too early.
    """
    known = [spec for name, spec in vars(meta).items() if name.startswith("MetaSpec_")]
    for spec in known:
        if spec is not meta.MetaSpec_set_tempo:
            meta.add_meta_spec(_forgiving(spec))
    for byte in set(range(256)) - {spec.type_byte for spec in known}:
        meta.add_meta_spec(type(f"unknown_{byte:02x}", (meta.MetaSpec_sequencer_specific,), {"type_byte": byte}))


_teach_mido()
