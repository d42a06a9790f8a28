"""The worlds of music: heard once and kept, and scenes that begin in them, live and when a take is played again."""

import os
import select
from dataclasses import asdict
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from tests.daemon.mind.test_priming import tune
from tests.fakes import off, on

from antiphon.core import tape
from antiphon.core.parameters import Parameters
from antiphon.core.prime import BEHIND_S, World, primed
from antiphon.core.scenes import Scene
from antiphon.core.tape import Call, Kind
from antiphon.core.taped import TapedSession
from antiphon.errors import MidiFileError
from antiphon.mind import onnx_model, recorder, worlds
from antiphon.mind.onnx_model import OnnxModel
from antiphon.mind.stagehand import Stagehand
from antiphon.takes import replaying


@pytest.fixture(scope="module")
def model() -> OnnxModel:
    return onnx_model.load("default")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def test_a_world_is_heard_once_and_is_the_same_to_the_bit_from_then_on(
    model: OnnxModel, tmp_path: Path, kept: Path
) -> None:
    primes, heard = [str(tune(tmp_path / "a.mid", 60)), f"{tune(tmp_path / 'b.mid', 40)}=2"], list[int]()
    first, again = (worlds.past_of(model, primes, lambda: heard.append(1), kept) for _ in range(2))
    assert len(heard) == 2
    assert np.array_equal(first.state.hidden, again.state.hidden)
    assert np.array_equal(first.state.cell, again.state.cell)
    assert (first.last.event, first.time, first.count) == (again.last.event, again.time, again.count)


def test_what_is_looked_back_on_is_kept_too(model: OnnxModel, tmp_path: Path, kept: Path) -> None:
    first, again = (worlds.past_of(model, [str(tune(tmp_path / "a.mid", 60))], kept=kept) for _ in range(2))
    assert first.state.trace is not None
    assert again.state.trace is not None
    assert np.array_equal(first.state.trace.moments, again.state.trace.moments)


def test_other_music_other_weights_and_other_models_are_other_worlds(
    model: OnnxModel, tmp_path: Path, kept: Path
) -> None:
    a, b = tune(tmp_path / "a.mid", 60), tune(tmp_path / "b.mid", 40)
    for primes in ([f"{a}=1", f"{b}=2"], [f"{a}=2", f"{b}=1"], [f"{a}=10", f"{b}=20"], [str(a)]):
        worlds.past_of(model, primes, kept=kept)
    assert len(list(kept.iterdir())) == 3  # 1 to 2 is 10 to 20
    tune(a, 50)
    worlds.past_of(model, [str(a)], kept=kept)
    worlds.past_of(onnx_model.load("songbook"), [str(a)], kept=kept)
    assert len(list(kept.iterdir())) == 5


@pytest.mark.parametrize("damage", [b"", b"\0" * 100, None])
def test_a_damaged_world_is_heard_anew(model: OnnxModel, tmp_path: Path, kept: Path, damage: bytes | None) -> None:
    primes, heard = [str(tune(tmp_path / "a.mid", 60))], list[int]()
    first = worlds.past_of(model, primes, kept=kept)
    [file] = kept.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes((whole[-1] ^ 1,)) if damage is None else damage)
    again = worlds.past_of(model, primes, lambda: heard.append(1), kept)
    assert heard == [1]
    assert np.array_equal(first.state.hidden, again.state.hidden)
    assert file.read_bytes() == whole


def test_no_more_than_so_many_are_kept_and_the_last_wanted_stay(model: OnnxModel, tmp_path: Path, kept: Path) -> None:
    kept.mkdir()
    for number in range(worlds.MOST + 3):
        (kept / f"{number:02}.world").write_bytes(b"old")
        os.utime(kept / f"{number:02}.world", (number, number))
    (kept / "mine.txt").write_bytes(b"")
    worlds.past_of(model, [str(tune(tmp_path / "a.mid", 60))], kept=kept)
    left = sorted(file.name for file in kept.glob("*.world"))
    assert len(left) == worlds.MOST
    assert left[0] == "04.world"
    assert (kept / "mine.txt").exists()


def test_where_nothing_can_be_kept_it_is_heard_all_the_same(model: OnnxModel, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    past = worlds.past_of(model, [str(tune(tmp_path / "a.mid", 60))], kept=tmp_path / "file")
    assert past.count == 80


def test_a_mind_has_the_worlds_of_its_scenes_once_they_are_heard_and_names_the_one_whose_music_is_gone(
    model: OnnxModel, tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hears = Mock(wraps=primed)
    monkeypatch.setattr(worlds, "folder", lambda: kept)
    monkeypatch.setattr(worlds, "primed", hears)
    scenes = [
        asdict(Scene(name, {}, "default", prime=prime))
        for name, prime in (("plain", ()), *((name, [str(tune(tmp_path / "a.mid", 60))]) for name in ("one", "same")))
    ]
    hand = Stagehand.of(scenes, "default", model)
    assert [hand.world(hand.named(name)) for name in ("plain", "one", "same")] == [None] * 3
    hand.hearings.go_on()
    for name in ("one", "same"):
        assert select.select([hand.hearings], (), (), 20.0)[0]
        found = hand.hearings.had()
        assert found is not None
        assert (found[0], found[1], found[2].past.count) == (name, model, 80)
        hand.worlds[name] = found[2]
    assert hears.call_count == 1, "the same music is heard once"
    again = Stagehand.of(scenes, "default", model)
    world, first = again.world(again.named("one")), hand.world(hand.named("one"))
    assert world is not None
    assert first is not None
    assert np.array_equal(world.past.state.hidden, first.past.state.hidden)
    assert not any(name in again.hearings for name in ("plain", "one", "same"))
    with pytest.raises(MidiFileError, match=r"scene gone: .*none\.mid"):
        Stagehand.of([asdict(Scene("gone", {}, "default", prime=["none.mid"]))], "default", model)


def taken(model: OnnxModel, world: World, at: float = 3.0, mode: str = "solo") -> tuple[list[Call], TapedSession]:
    """Two notes of the player's, a scene from `at` (s) on, and music of ours until 9 s."""
    parameters = Parameters().changed(mode="listen", seed=5)
    frames = tape.opening(0.0, {**recorder.about(model, parameters, 0.0), "replays": True})
    session = TapedSession(model, parameters, lambda call, orders: frames.extend([call, *tape.ordered(orders)]))

    def until(moment: float) -> None:
        while (deadline := session.deadline) is not None and deadline < moment:
            session.advance(max(deadline, frames[-1].time))

    for number, message in enumerate((on(60), off(60), on(64), off(64))):
        until(1.0 + number / 4)
        session.receive(message, 1.0 + number / 4)
    until(at)
    session.switch("night", Parameters().changed(mode=mode, seed=5), model, "at once", at, world)
    until(9.0)
    return tape.calls(frames), session


def pitches(calls: list[Call]) -> list[int]:
    dues = [order.message for call in calls for order in call.orders if hasattr(order, "message")]
    return [message[1] for message in dues if message[0] & 0xF0 == 0x90 and message[2]]


def test_behind_a_silence_a_scene_begins_from_its_music_and_nothing_else(
    model: OnnxModel, tmp_path: Path, kept: Path
) -> None:
    world = worlds.world_of(model, [str(tune(tmp_path / "a.mid", 40))], kept=kept)
    _, session = taken(model, world, at=6.0, mode="listen")
    past = session.memory.past
    assert np.array_equal(past.state.hidden, world.past.state.hidden)
    assert past.time == pytest.approx(6.0 - BEHIND_S)
    assert past.state.trace is not None


def test_a_take_with_such_a_scene_replays_to_the_same_orders(model: OnnxModel, tmp_path: Path, kept: Path) -> None:
    primes = [str(tune(tmp_path / "a.mid", 40)), str(tune(tmp_path / "b.mid", 70))]
    calls, session = taken(model, worlds.world_of(model, primes, kept=kept))
    assert session.scene == "night"
    for path in (tmp_path / "a.mid", tmp_path / "b.mid"):
        path.unlink()  # all that it needs is on the tape
    replayed = replaying.again(calls, model)
    assert (replayed.departs_at, replayed.why) == (None, "")
    assert [call.orders for call in replayed.calls] == [call.orders for call in calls]
    assert tape.packed([call.frame for call in replayed.calls]) == tape.packed([call.frame for call in calls])
    assert pitches(list(replaying.otherwise(calls, model, {"seed": 5}))) != []


def test_what_another_model_remembers_of_its_music_is_nothing_to_the_model_that_plays_all_of_a_take(
    model: OnnxModel, tmp_path: Path, kept: Path
) -> None:
    calls, _ = taken(model, worlds.world_of(model, [str(tune(tmp_path / "a.mid", 40))], kept=kept))
    other = onnx_model.load("songbook")
    otherwise = replaying.otherwise(calls, other, {}, throughout=True)
    assert [call.frame for call in otherwise if call.frame.kind is Kind.RESUMED] == []
    replayed = replaying.again(otherwise, other)
    assert (replayed.why, replayed.departs_at) == ("", None)
    itself = replaying.otherwise(calls, model, {}, throughout=True)
    ordered = [call.orders for call in calls if call.orders]
    assert [call.orders for call in itself if call.orders][: len(ordered)] == ordered


def test_a_world_that_was_cut_off_on_the_tape_is_said(model: OnnxModel, tmp_path: Path, kept: Path) -> None:
    calls, _ = taken(model, worlds.world_of(model, [str(tune(tmp_path / "a.mid", 40))], kept=kept))
    pieces = [number for number, call in enumerate(calls) if call.frame.kind is Kind.RESUMED]
    assert len(pieces) > 1
    replayed = replaying.again(calls[: pieces[-1]] + calls[pieces[-1] + 1 :], model)
    assert replayed.why == "the world of the scene 'night' is not whole on the tape"
