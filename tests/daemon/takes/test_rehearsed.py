"""A rehearsal that was kept is a take: it replays, shows where a run departs, and what would have been otherwise."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.daemon.cli.conftest import Antiphon, antiphon
from tests.fakes import FakeModel, off, on

from antiphon import offline
from antiphon.core import tape
from antiphon.core.due import Due
from antiphon.core.parameters import Parameters
from antiphon.core.tape import Call, Frame, Kind
from antiphon.core.taped import TapedSession
from antiphon.core.zones import Role, parse
from antiphon.errors import MidiFileError, TakeError
from antiphon.mind import onnx_model, recorder
from antiphon.mind.onnx_model import OnnxModel
from antiphon.music import midifile
from antiphon.music.events import Seconds
from antiphon.music.midifile import Track
from antiphon.music.wire import Timed
from antiphon.takes import journal, replaying, takefile
from antiphon.takes.performed import performed

__all__ = ["antiphon"]  # a fixture


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("takes")
    parameters = Parameters().changed(seed=7)
    offline.rehearse_file(offline.PHRASE, folder / "both.mid", "default", parameters, folder / "take.mid")
    return folder / "take.mid"


def test_it_replays_to_the_same_bytes(take: Path) -> None:
    calls = takefile.read(take)
    replayed = replaying.again(calls, replaying.model_of(calls))
    assert (replayed.departs_at, replayed.why) == (None, "")
    assert takefile.written(replayed.calls) == take.read_bytes()


def test_its_tracks_are_what_the_rehearsal_wrote(take: Path) -> None:
    def notes(path: Path) -> list[list[bytes]]:
        return [[timed.message for timed in track.messages] for track in midifile.read(path)[1:]]

    assert notes(take) == notes(take.with_name("both.mid"))


def test_where_a_run_departs_is_said_and_what_was_recorded_plays(take: Path) -> None:
    calls = takefile.read(take)
    number = next(n for n, call in enumerate(calls) if call.orders)
    [first, *others] = calls[number].orders
    assert isinstance(first, Due)
    other = Call(calls[number].frame, (replace(first, message=first.message[:2] + b"\x01"), *others))
    recorded = [*calls[:number], other, *calls[number + 1 :]]
    replayed = replaying.again(recorded, replaying.model_of(calls))
    assert replayed.departs_at == other.frame.time
    assert takefile.written(replayed.calls) == takefile.written(recorded)


def test_other_parameters_on_the_same_playing_give_other_notes_and_the_same_player(take: Path) -> None:
    calls = takefile.read(take)
    model = replaying.model_of(calls)
    same, other = (replaying.otherwise(calls, model, changes) for changes in ({}, {"temperature": 0.3}))
    heard = [call.frame for call in calls if call.frame.kind is Kind.HEARD]
    assert [call.frame for call in other if call.frame.kind is Kind.HEARD] == heard
    assert [call.orders for call in same if call.orders] == [call.orders for call in calls if call.orders]
    assert [call.orders for call in other if call.orders] != [call.orders for call in calls if call.orders]


def test_what_another_model_played_on_the_same_playing_is_a_take_that_replays(take: Path) -> None:
    calls = takefile.read(take)
    other = replaying.otherwise(calls, onnx_model.load("songbook"), {})
    replayed = replaying.again(other, replaying.model_of(other))
    assert (replayed.why, replayed.departs_at) == ("", None)
    assert other[0].frame.said["model"] == "songbook"


def test_a_clock_that_was_followed_gives_the_tempo_and_one_that_was_not_does_not() -> None:
    def tempos(clock: str) -> list[float]:
        session_said = {"parameters": {"tempo": 120.0, "clock": clock}}
        calls = [Call(frame, ()) for frame in tape.opening(0.0, session_said)]
        beats = [(1.0 + n * 60 / 90 / 24) for n in range(24 * 16)]
        calls += [Call(Frame(Kind.HEARD, Seconds(at), 0, b"\xf8"), ()) for at in beats]
        calls.append(Call(Frame(Kind.HEARD, Seconds(beats[-1] + 0.1), 0, on(60)), ()))
        found = performed(calls)
        assert found
        return [bpm for _, bpm in found.tempos]

    assert tempos("off") == [120.0]
    assert tempos("follow")[-1] == pytest.approx(90.0, rel=0.01)


def test_the_output_and_the_take_of_a_rehearsal_are_two_files(tmp_path: Path) -> None:
    with pytest.raises(MidiFileError, match="name two files"):
        offline.rehearse_file(offline.PHRASE, tmp_path / "x.mid", "default", Parameters(), tmp_path / "." / "x.mid")
    assert list(tmp_path.iterdir()) == []


def test_the_command_shows_what_would_have_been_and_fails_where_a_run_departs(take: Path, antiphon: Antiphon) -> None:
    said = antiphon("replay", str(take), "--change", "temperature=0.3")
    assert (said.status, "otherwise" in said.out) == (0, True)
    assert re.search(r"ours had \d+ notes, and has \d+ otherwise; it differs from [\d.]+ s on", said.out)
    assert antiphon("replay", str(take)).status == 0
    calls = takefile.read(take)
    number = next(n for n, call in enumerate(calls) if call.orders)
    [first, *others] = calls[number].orders
    assert isinstance(first, Due)
    other = Call(calls[number].frame, (replace(first, message=first.message[:2] + b"\x01"), *others))
    forged = take.with_name("forged.mid")
    takefile.write(forged, [*calls[:number], other, *calls[number + 1 :]])
    assert antiphon("replay", str(forged)).status == 3


def test_another_file_is_no_take(take: Path) -> None:
    with pytest.raises(TakeError, match=r"both.mid: not a take"):
        takefile.read(take.with_name("both.mid"))


@pytest.mark.parametrize("share", [0.3, 0.62, 0.999])
def test_a_tape_that_was_cut_off_anywhere_becomes_a_take_that_replays(take: Path, tmp_path: Path, share: float) -> None:
    calls = takefile.read(take)
    whole = tape.packed(frame for call in calls for frame in (call.frame, *tape.ordered(call.orders)))
    (tmp_path / ".torn.tape").write_bytes(whole[: int(share * len(whole))])
    [made] = journal.recover(tmp_path)
    torn = takefile.read(made)
    replayed = replaying.again(torn[:-1], replaying.model_of(torn))
    assert (replayed.departs_at, replayed.why) == (None, "")
    assert list(tmp_path.glob(".*")) == []


def test_where_something_is_missing_a_replay_ends_and_says_so(take: Path) -> None:
    calls = takefile.read(take)
    gap = Call(Frame(Kind.LOST, Seconds(1.0), 3), ())
    replayed = replaying.again([*calls[:4], gap, *calls[6:]], replaying.model_of(calls))
    assert replayed.why == "3 entries are missing on the tape"


def test_what_only_said_the_harmony_has_a_track_of_its_own_and_is_replayed(tmp_path: Path) -> None:
    parameters = Parameters().changed(mode="solo", lock="chord", chord_below=0)
    about = recorder.about(FakeModel(), parameters, 0.0)
    calls = [Call(frame, ()) for frame in tape.opening(0.0, {**about, "replays": True})]
    session = TapedSession(FakeModel(), parameters, lambda frame, told: calls.append(Call(frame, tuple(told))))
    for at, key in ((2.0, 48), (3.0, 52), (4.0, 55)):
        while (deadline := session.deadline) is not None and deadline < at:
            session.advance(deadline)
        session.receive(on(key), at, Role.HARMONY)
    assert takefile.write(tmp_path / "take.mid", calls)
    tracks = {track.name: [timed.message for timed in track.messages] for track in midifile.read(tmp_path / "take.mid")}
    assert tracks["harmony"] == [on(48), on(52), on(55)]
    assert (tracks["player"], len(tracks["Antiphon"]) > 4) == ([], True)
    replayed = replaying.again(takefile.read(tmp_path / "take.mid"), FakeModel())
    assert (replayed.departs_at, replayed.why) == (None, "")


def hands(path: Path) -> Path:
    """Two who play in turn, each on a track."""
    played: dict[str, list[Timed]] = {"left": [], "right": []}
    for turn in range(4):
        for n, key in enumerate((48, 52, 55)):
            at = 1.0 + 12.0 * turn + 0.3 * n
            played["right" if turn % 2 else "left"] += [Timed(Seconds(at), on(key)), Timed(Seconds(at + 0.2), off(key))]
    midifile.write(path, [Track(name, tuple(messages)) for name, messages in played.items()])
    return path


def test_a_take_of_players_with_memories_of_their_own_replays_to_the_same_bytes(tmp_path: Path) -> None:
    source, take, parameters = hands(tmp_path / "hands.mid"), tmp_path / "take.mid", Parameters().changed(seed=7)
    outputs = []
    for lines in ([], ["in right = plays with memory 2"]):
        zones = [parse(line) for line in lines]
        offline.rehearse_file(source, tmp_path / "o.mid", "default", parameters, take, (), zones)
        outputs.append((tmp_path / "o.mid").read_bytes())
    assert outputs[0] != outputs[1]
    calls = takefile.read(take)
    assert sum(call.frame.kind is Kind.APART for call in calls) == 12
    replayed = replaying.again(calls, replaying.model_of(calls))
    assert (replayed.departs_at, replayed.why) == (None, "")
    assert takefile.written(replayed.calls) == take.read_bytes()
    tracks = {track.name: track.messages for track in midifile.read(take)}
    assert sum(timed.message[0] == 0x90 for timed in tracks["player"]) == 12


def taken_over(first: OnnxModel, second: OnnxModel) -> tuple[list[Call], TapedSession]:
    """Two notes of the player's, and the second model from 3 s on."""
    parameters = Parameters().changed(turn="pause", reply_shortest=6.0)
    frames = tape.opening(0.0, {**recorder.about(first, parameters, 0.0), "replays": True})
    session = TapedSession(first, parameters, lambda call, orders: frames.extend([call, *tape.ordered(orders)]))

    def until(moment: float) -> None:
        while (deadline := session.deadline) is not None and deadline < moment:
            session.advance(max(deadline, frames[-1].time))

    for number, message in enumerate((on(60), off(60), on(64), off(64))):
        until(1.0 + number / 4)
        session.receive(message, 1.0 + number / 4)
    until(3.0)
    session.switch(session.scene, None, second, "at once", 3.0)
    until(5.0)
    return tape.calls(frames), session


def test_a_take_in_which_another_model_took_over_replays_to_the_same_orders_and_says_so() -> None:
    first, second = onnx_model.load("default"), onnx_model.load("songbook")
    calls, session = taken_over(first, second)
    replayed = replaying.again(calls, first)
    assert (session.model.name, replayed.departs_at, replayed.why) == ("songbook", None, "")
    assert [call.orders for call in replayed.calls] == [call.orders for call in calls]
    take = performed(calls)
    assert take is not None
    assert "model: songbook" in [mark.text for mark in take.marks]
    assert any(call.orders for call in replaying.otherwise(calls, first, {"temperature": 0.3}))


def test_a_model_that_is_said_plays_all_of_a_take_whichever_took_over_in_it() -> None:
    first, second = onnx_model.load("default"), onnx_model.load("songbook")
    calls, _ = taken_over(first, second)
    for throughout, models in ((True, {"default"}), (False, {"default", "songbook"})):
        other = replaying.otherwise(calls, first, {"seed": 9}, throughout)
        named = [call.frame.said for call in other if call.frame.kind in (Kind.OPENED, Kind.SWITCHED)]
        assert {said["model"] for said in named} == models
        replayed = replaying.again(other, first)
        assert (replayed.why, replayed.departs_at) == ("", None)
        take = performed(list(other))
        assert take is not None
        assert ("model: songbook" in [mark.text for mark in take.marks]) is not throughout


def test_the_command_plays_all_of_a_take_with_the_model_that_is_said(tmp_path: Path, antiphon: Antiphon) -> None:
    calls, _ = taken_over(onnx_model.load("default"), onnx_model.load("songbook"))
    takefile.write(tmp_path / "take.mid", calls)
    assert antiphon("replay", "take.mid", "--model", "default", "-o", "other.mid").status == 0
    said = [call.frame.said for call in takefile.read(tmp_path / "other.mid") if call.frame.kind is Kind.SWITCHED]
    assert [each["model"] for each in said] == ["default"]
    assert antiphon("replay", "other.mid").status == 0


def test_marks_come_in_their_order_also_where_one_is_of_a_note_that_was_ordered_before() -> None:
    parameters = Parameters()
    frames = tape.opening(0.0, {**recorder.about(onnx_model.load("default"), parameters, 0.0), "replays": True})
    for moment, kind, payload, orders in (
        (1.0, Kind.HEARD, on(60), ()),
        (1.2, Kind.HEARD, off(60), ()),
        (1.5, Kind.ADVANCED, b"", (Due(Seconds(1.9), on(64)), Due(Seconds(2.5), off(64)))),
        (2.0, Kind.CHANGED, b'{"pause": 0.4}', ()),
    ):
        frames += [tape.Frame(kind, Seconds(moment), 0, payload), *tape.ordered(orders)]
    take = performed(tape.calls(frames))
    assert take is not None
    assert [mark.text for mark in take.marks] == ["turn: player", "turn: Antiphon", "pause=0.4"]
