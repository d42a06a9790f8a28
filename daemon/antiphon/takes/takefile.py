"""A take as one .mid file: two tracks, markers and tempo for everybody, and the whole tape for us.

What only said the harmony has a track of its own, where there is any. The tape stands, compressed, in
sequencer-specific meta events (FF 7F) under the id for non-commercial use, 7D. What another program keeps of the file
may be less; then it is a .mid file like any other, and no take.
"""

import bisect
import io
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import mido

from antiphon.core import tape
from antiphon.core.rehearsal import settled
from antiphon.core.tape import Call
from antiphon.errors import TakeError
from antiphon.music import files, midifile
from antiphon.music.ledger import owing
from antiphon.music.midifile import Track
from antiphon.music.wire import Timed
from antiphon.takes.performed import Performed, performed

PLAYER: Final = "player"
OURS: Final = "Antiphon"
_BESIDE: Final = "harmony"
_TICKS: Final = 4800
"""Ticks a beat: a tick is no more than 0.63 ms down to 20 beats a minute."""
_SIGN: Final = b"\x7dantiphon take\x01"
_REAL_TIME: Final = 0xF8
_IMPOSSIBLE: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What tapes raise that hold what no session ever said."""
_PIECE: Final = 30_000
"""Bytes of one event: some programs make little room for them."""
_LARGEST: Final = 1 << 28
"""Bytes of a tape at the most, when read: what a stranger's file unfolds to has an end."""
_MOST: Final = 1 << 22
"""Frames of a tape at the most, when read: a MIDI clock of a whole day. They take a gigabyte or two."""


def written(calls: Sequence[Call]) -> bytes | None:
    """The bytes of the .mid file of a tape; None where nobody plays a note in it. The same tape: the same bytes.

    Raises TakeError for a tape that says what cannot be."""
    try:
        found = performed(calls)
        if found is None:
            return None
        frames = [frame for call in calls for frame in (call.frame, *tape.ordered(call.orders))]
        return _file(found, tape.packed(frames))
    except _IMPOSSIBLE as error:
        raise TakeError(f"the tape is broken: {type(error).__name__}, {error}") from error


def plain(found: Performed) -> bytes:
    """The bytes of a .mid file of a performance for other programs, without its tape: it cannot be replayed."""
    return _file(found, b"")


def write(path: Path, calls: Sequence[Call]) -> bool:
    """Write a take, whole or not at all. False where there is no note in it, and nothing is written. Raises OSError,
    and TakeError as `written`."""
    data = written(calls)
    if data is not None:
        files.put(path, data)
    return data is not None


def opened(path: Path) -> Performed:
    """The performance in a take, or what is played in any other .mid file: then the notes of a track named Antiphon are
    ours, and all others the player's. Raises TakeError where there are no notes, MidiFileError."""
    try:
        found = performed(read(path))
    except TakeError:
        found = _foreign(midifile.read(path))
    if found is None:
        raise TakeError(f"{path}: no notes in it")
    return found


def read(path: Path) -> list[Call]:
    """The tape of a take. Raises TakeError for a file that is none, MidiFileError for one that cannot be read."""
    pieces = [data for data in midifile.private(path) if data.startswith(_SIGN)]
    if not pieces:
        raise TakeError(f"{path}: not a take of Antiphon's, or another program has taken out what made it one")
    unfolded = zlib.decompressobj()
    try:
        data = unfolded.decompress(b"".join(piece[len(_SIGN) :] for piece in pieces), _LARGEST)
        frames, _ = tape.unpacked(data, _MOST)
    except (zlib.error, ValueError) as error:
        raise TakeError(f"{path}: the take is damaged ({error}); its notes can still be played") from error
    calls = tape.calls(frames)
    if not calls or not unfolded.eof or calls[0].frame.kind is not tape.Kind.OPENED:
        raise TakeError(f"{path}: the take is damaged; its notes can still be played")
    return calls


def _foreign(tracks: Sequence[Track]) -> Performed | None:
    """The notes of a file without a tape, all released at its end; None where there are none."""
    sides = [settled(midifile.merged(t for t in tracks if (t.name == OURS) is ours)) for ours in (False, True)]
    if not any(owing(timed.message) for side in sides for timed in side):
        return None
    player, ours = (tuple(t for t in side if t.message[0] < _REAL_TIME) for side in sides)
    return Performed({}, 0.0, player, ours, (), (), 0)


def _file(found: Performed, frames: bytes) -> bytes:
    file, packed = mido.MidiFile(type=1, ticks_per_beat=_TICKS), io.BytesIO()
    clock = _Clock(found)
    file.tracks.append(_conductor(found, clock, frames))
    file.tracks += [_track(PLAYER, found.player, clock), _track(OURS, found.ours, clock)]
    file.tracks += [_track(_BESIDE, found.beside, clock)] if found.beside else []
    file.save(file=packed)
    return packed.getvalue()


class _Clock:
    """Seconds to ticks, by the tempos of a performance."""

    def __init__(self, found: Performed) -> None:
        tempos = found.tempos or ((0.0, 120.0),)
        self.points = list[tuple[float, int, int]]()  # second, tick, microseconds a beat
        for second, bpm in tempos:
            tick = self.tick(second) if self.points else 0
            self.points.append((float(second) if self.points else 0.0, tick, round(60e6 / bpm)))

    def tick(self, second: float) -> int:
        at = max(0, bisect.bisect_right(self.points, second, key=lambda point: point[0]) - 1)
        begins, tick, beat_us = self.points[at]
        return tick + round((second - begins) * 1e6 * _TICKS / beat_us)


def _conductor(found: Performed, clock: _Clock, frames: bytes) -> mido.MidiTrack:
    packed = zlib.compress(frames, 6) if frames else b""
    pieces = [_SIGN + packed[at : at + _PIECE] for at in range(0, len(packed), _PIECE)]
    head = [mido.MetaMessage("sequencer_specific", data=tuple(piece)) for piece in pieces]
    moved = [(tick, mido.MetaMessage("set_tempo", tempo=beat_us)) for _, tick, beat_us in clock.points]
    marks = [(clock.tick(mark.time), mido.MetaMessage("marker", text=_latin(mark.text))) for mark in found.marks]
    return _timed("take", [*((0, each) for each in head), *sorted([*moved, *marks], key=lambda each: each[0])])


def _track(name: str, messages: Sequence[Timed], clock: _Clock) -> mido.MidiTrack:
    return _timed(name, ((clock.tick(timed.time), mido.Message.from_bytes(timed.message)) for timed in messages))


def _timed(name: str, messages: Iterable[tuple[int, mido.Message | mido.MetaMessage]]) -> mido.MidiTrack:
    track, now = mido.MidiTrack([mido.MetaMessage("track_name", name=name)]), 0
    for tick, message in messages:
        then = max(now, tick)
        track.append(message.copy(time=then - now))
        now = then
    return track


def _latin(text: str) -> str:
    return text.encode("utf-8", "replace").decode("latin1")
