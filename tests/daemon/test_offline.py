"""Whole performances from file to file with the shipped model."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import mido
import pytest
from tests.daemon.cli.test_run import another

from antiphon.core.model import FOREVER_S
from antiphon.core.parameters import REGISTRY, Parameters, Value
from antiphon.errors import MidiFileError, ModelError, ParameterError
from antiphon.music import midifile
from antiphon.music.events import Event, Kind, Seconds, note_off, note_on, pedal
from antiphon.music.ledger import Ledger
from antiphon.music.midifile import Track
from antiphon.music.wire import Timed, encode
from antiphon.offline import GOES_BY, OURS, PHRASE, PLAYER, PRIME, Recording, generate_file, rehearse_file

DEFAULTS = Parameters()
BRIEF = DEFAULTS.changed(reply_shortest=2.0, reply_longest=2.0)


def ensemble(path: Path) -> Path:
    """Three tracks on four channels with programs, controllers, a bend, a sysex, a tempo change, overlapping
    notes of one pitch and one that is never released."""
    upper, lower = mido.MidiTrack(), mido.MidiTrack()
    conductor = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)])
    conductor.append(mido.MetaMessage("set_tempo", tempo=333_333, time=960))
    upper += [
        mido.Message("program_change", channel=3, program=41),
        mido.Message("control_change", channel=3, control=7, value=99),
        mido.Message("note_on", channel=3, note=72, velocity=50, time=7),
        mido.Message("note_on", channel=4, note=72, velocity=60, time=113),
        mido.Message("pitchwheel", channel=3, pitch=-300, time=11),
        mido.Message("note_on", channel=3, note=72, velocity=0, time=777),
        mido.Message("note_off", channel=4, note=72, velocity=12, time=901),
    ]
    lower += [
        mido.Message("sysex", data=(1, 2, 3)),
        mido.Message("control_change", control=64, value=90, time=50),
        mido.Message("note_on", note=40, velocity=30, time=51),
        mido.Message("note_on", note=40, velocity=35, time=52),
        mido.Message("note_off", note=40, time=301),
        mido.Message("control_change", control=64, value=0, time=302),
        mido.Message("aftertouch", value=5, time=3),
        mido.Message("note_on", channel=9, note=36, velocity=127, time=400),
    ]
    mido.MidiFile(type=1, ticks_per_beat=480, tracks=[conductor, upper, lower]).save(path)
    return path


def track(recording: Recording, name: str) -> Sequence[Timed]:
    [found] = [track.messages for track in recording.tracks if track.name == name]
    return found


def written(path: Path, name: str) -> Sequence[Timed]:
    [found] = [track.messages for track in midifile.read(path) if track.name == name]
    return found


def in_ms(messages: Sequence[Timed]) -> Counter[tuple[int, bytes]]:
    return Counter((round(timed.time * 1000), timed.message) for timed in messages)


def owed(messages: Sequence[Timed]) -> list[bytes]:
    ledger = Ledger()
    for timed in messages:
        ledger.note(timed.message)
    return ledger.owed()


def begun(messages: Sequence[Timed]) -> list[float]:
    return [event.time for event in midifile.events(messages) if event.kind is Kind.NOTE_ON]


def timed(*events: Event) -> tuple[Timed, ...]:
    return tuple(Timed(event.time, encode(event)) for event in events)


def prime(path: Path, *events: Event) -> Path:
    midifile.write(path, [Track("piano", timed(*events))])
    return path


@pytest.mark.parametrize("name", [PLAYER, PRIME])
def test_what_was_given_stands_in_the_output_to_the_millisecond(tmp_path: Path, name: str) -> None:
    source, output = ensemble(tmp_path / "in.mid"), tmp_path / "out.mid"
    if name == PLAYER:
        rehearse_file(source, output, "default", BRIEF)
    else:
        generate_file(output, "default", BRIEF, source, notes=3)
    original = midifile.merged(midifile.read(source))
    extra = in_ms(written(output, name)) - in_ms(original)
    assert in_ms(original) - in_ms(written(output, name)) == Counter()
    end = round(original[-1].time * 1000)
    assert extra == {(end, b"\x80\x28\x40"): 1, (end, b"\x89\x24\x40"): 1}


def test_a_rehearsal_on_disk_is_the_recording_that_is_returned(tmp_path: Path) -> None:
    recording = rehearse_file(PHRASE, tmp_path / "out.mid", "default", BRIEF)
    for name in (PLAYER, OURS):
        assert in_ms(written(tmp_path / "out.mid", name)) == in_ms(track(recording, name))
    assert recording.notes(PLAYER) == 42
    assert recording.notes(OURS) == len(begun(written(tmp_path / "out.mid", OURS)))
    assert recording.seconds == max(message.time for track in recording.tracks for message in track.messages)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_answer_comes_soon_is_lively_and_lets_go(tmp_path: Path, seed: int) -> None:
    recording = rehearse_file(PHRASE, tmp_path / "out.mid", "default", DEFAULTS.changed(seed=seed))
    player = track(recording, PLAYER)
    last = max(event.time for event in recording.events(PLAYER) if event.kind is Kind.NOTE_OFF)
    ours = begun(track(recording, OURS))
    assert 0.2 <= ours[0] - last < 3.0
    assert ours[7] - ours[0] <= 6.0
    assert recording.seconds <= player[-1].time + 30.0
    assert owed(track(recording, OURS)) == []


def test_a_file_that_hangs_is_let_go_of_and_answered(tmp_path: Path) -> None:
    source = prime(tmp_path / "in.mid", pedal(0, True), note_on(0.5, 60, 64), note_on(1.0, 64, 64))
    recording = rehearse_file(source, tmp_path / "out.mid", "default", BRIEF)
    assert owed(track(recording, PLAYER)) == []
    assert recording.notes(OURS) > 0


@pytest.mark.parametrize(
    ("seed", "values"), [(1, {}), (2, {"temperature": 0.05, "top_p": 0.05}), (3, {"pedal": False})]
)
@pytest.mark.parametrize("primed", [True, False])
def test_so_many_notes_are_generated_and_all_released(
    tmp_path: Path, seed: int, values: dict[str, Value], primed: bool
) -> None:
    parameters = DEFAULTS.changed(seed=seed, **values)
    recording = generate_file(tmp_path / "o.mid", "default", parameters, PHRASE if primed else None, notes=40)
    assert len(begun(track(recording, OURS))) == recording.notes(OURS) == 40
    assert owed(track(recording, OURS)) == []


@pytest.mark.parametrize("seconds", [0.1, 2.5, 20.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_new_music_lasts_no_longer_than_the_seconds_asked_for(tmp_path: Path, seconds: float, seed: int) -> None:
    source = prime(
        tmp_path / "in.mid", note_on(3.0, 60, 64), note_on(3.5, 67, 64), note_off(4.0, 60), note_off(5.0, 67)
    )
    generate_file(tmp_path / "o.mid", "default", DEFAULTS.changed(seed=seed), source, seconds=seconds)
    ours = written(tmp_path / "o.mid", OURS)
    assert all(5.0 <= message.time <= 5.0 + seconds + 0.0006 for message in ours)
    assert owed(ours) == []


def test_generated_music_goes_on_to_the_end_of_its_time(tmp_path: Path) -> None:
    """No two events are further apart than FOREVER_S."""
    recording = generate_file(tmp_path / "o.mid", "default", DEFAULTS, seconds=60.0)
    assert 60.0 - FOREVER_S <= recording.seconds <= 60.0


IN_PLAY: dict[str, Value] = {"quantise": 70, "reply_shortest": 2.0, "lock_strength": 0.5}
"""What some parameters need to mean something."""
OTHERWISE: dict[str, Value] = {
    **{"seed": 2, "tempo": 90.0, "quantise": 20, "grid": "1/8t", "swing": 75, "temperature": 0.2, "memory": 1.0},
    **{"time_temperature": 0.2, "velocity_temperature": 0.2, "top_p": 0.2, "lock": "F minor", "lock_strength": 1.0},
    **{"register": "below", "density": 1.0, "density_follow": 0.3, "polyphony": 1, "velocity_follow": 1.0},
    **{"velocity_offset": -30.0, "lowest": 72, "highest": 60, "longest_note": 0.1, "pedal": False, "channel": 3},
    **{"transpose_out": 12, "tonality": 0.0, "turn_pedal": 66, "reply_shortest": 3.0},
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recording]:
    """What is generated in these locks."""
    output = tmp_path_factory.mktemp("plain") / "o.mid"
    return {
        lock: generate_file(output, "default", DEFAULTS.changed(**IN_PLAY, lock=lock), PHRASE, notes=40)
        for lock in ("off", "C major")
    }


@pytest.mark.parametrize("name", REGISTRY)
def test_generated_music_goes_by_the_parameters_that_it_is_said_to_go_by_and_by_no_other(
    tmp_path: Path, plain: dict[str, Recording], name: str
) -> None:
    base = DEFAULTS.changed(**IN_PLAY, lock="off" if name == "tonality" else "C major")
    value = OTHERWISE.get(name, another(REGISTRY[name]))
    turned = generate_file(tmp_path / "o.mid", "default", base.changed(**{name: value}), PHRASE, notes=40)
    assert base.values[name] != value
    assert (turned != plain[str(base.lock)]) is (name in GOES_BY)


def test_generated_music_sounds_as_much_higher_as_is_said_and_is_the_same_otherwise(tmp_path: Path) -> None:
    plain, moved = (
        track(generate_file(tmp_path / "o.mid", "default", DEFAULTS.changed(transpose_out=up), notes=30), OURS)
        for up in (0, 3)
    )
    raised = [(m.time, bytes((m.message[0], m.message[1] + 3 * (m.message[0] < 0xA0), m.message[2]))) for m in plain]
    assert [(m.time, m.message) for m in moved] == raised


def test_generated_notes_begin_on_the_grid_from_the_first_note_of_the_piece_on(tmp_path: Path) -> None:
    source = prime(tmp_path / "in.mid", note_on(3.1, 60, 64), note_off(3.5, 60))
    on_grid = DEFAULTS.changed(quantise=100, grid="1/8", tempo=100.0)
    for given, first in ((source, 3.1), (None, 0.0)):
        recording = generate_file(tmp_path / "o.mid", "default", on_grid, given, notes=40)
        onsets = begun(track(recording, OURS))
        assert len(onsets) == 40
        assert [abs((at - first + 0.15) % 0.3 - 0.15) < 1e-6 for at in onsets] == [True] * 40
        assert owed(track(recording, OURS)) == []
        longest = generate_file(tmp_path / "o.mid", "default", on_grid, given, seconds=10.0).seconds
        assert longest <= first + 0.4 * bool(given) + 10.0006


def test_the_prime_decides_what_follows(tmp_path: Path) -> None:
    one = prime(tmp_path / "one.mid", note_on(0, 60, 64), note_off(1.0, 60))
    other = prime(tmp_path / "other.mid", note_on(0, 30, 127), note_off(1.0, 30))
    first, second = (
        track(generate_file(tmp_path / "o.mid", "default", DEFAULTS, p, notes=20), OURS) for p in (one, other)
    )
    assert first != second


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), 0.0, -1.0])
def test_a_length_without_end_or_beginning_is_refused(tmp_path: Path, seconds: float) -> None:
    with pytest.raises(ParameterError, match=r"seconds=.*: give a number above 0"):
        generate_file(tmp_path / "o.mid", "default", DEFAULTS, seconds=seconds)


def test_music_without_notes_can_neither_be_answered_nor_continued(tmp_path: Path) -> None:
    source = prime(tmp_path / "in.mid", pedal(0, True), pedal(1, False))
    for act in (
        lambda: rehearse_file(source, tmp_path / "o.mid", "default", DEFAULTS),
        lambda: generate_file(tmp_path / "o.mid", "default", DEFAULTS, source, notes=3),
    ):
        with pytest.raises(MidiFileError, match=r"in\.mid: no notes in this file; give one that holds music"):
            act()


def test_an_old_output_stays_where_the_new_one_fails(tmp_path: Path) -> None:
    output = tmp_path / "o.mid"
    output.write_bytes(b"old")
    with pytest.raises(ModelError):
        generate_file(output, "nosuch", DEFAULTS, notes=3)
    assert output.read_bytes() == b"old"


def test_a_recording_counts_notes_of_every_pitch_and_no_pedals() -> None:
    messages = timed(note_on(0, 0, 64), pedal(0.5, True), note_off(1.0, 0), note_on(1.0, 127, 1), note_off(2.5, 127))
    recording = Recording((Track("player", messages), Track("Antiphon", ())))
    assert (recording.notes("player"), recording.notes("Antiphon"), recording.seconds) == (2, 0, 2.5)
    assert recording.events("player")[-1] == pedal(2.5, False)
    assert Recording().seconds == Seconds(0.0)
