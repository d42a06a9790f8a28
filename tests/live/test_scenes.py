"""Scenes as a musician switches them, on a daemon of its own: by program change, by a note, and by the command line."""

import hashlib
import json
import time
from itertools import pairwise
from pathlib import Path

import pytest
from tests.live.daemon import Daemon, ask
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until

from antiphon.mind import models

pytestmark = pytest.mark.midi

_COMMENT = bytes((0x32, 7)) + b"another"
"""One more field of a graph's (its comment), so that it is another file."""


def another_model(folder: Path) -> Path:
    """A pair of files that plays as the shipped model does, and is another by its hash."""
    card = models.card(models.find("default"))
    graph = models.checked(card) + _COMMENT
    said = json.loads(card.path.with_suffix(".json").read_text())
    said["files"]["onnx"] = {**said["files"]["onnx"], "bytes": len(graph), "sha256": hashlib.sha256(graph).hexdigest()}
    (folder / "another.onnx").write_bytes(graph)
    (folder / "another.json").write_text(json.dumps(said))
    return folder / "another.onnx"


def onsets(heard: list[tuple[float, bytes]]) -> list[float]:
    return [moment for moment, message in heard if message[0] & 0xF0 == 0x90 and message[2]]


def test_a_program_change_a_note_and_the_command_line_switch_scenes_and_nothing_hangs(
    jack: Jack, player: Player, tmp_path: Path
) -> None:
    config = tmp_path / "antiphon.toml"
    config.write_text(
        "version = 1\n"
        f"[page]\nport = {18_300 + int(time.monotonic()) % 500}\n"
        f'[scenes.other]\nmodel = "{another_model(tmp_path)}"\nprogram = 5\nmode = "solo"\nchannel = 2\n'
        '[scenes.quiet]\nnote = 21\nmode = "listen"\n'
        "[scenes.night-piano]\nchannel = 3\n"
    )
    with Daemon(jack, tmp_path, "--mode", "solo", "--config", str(config)) as running:
        [ours_in], [ours_out] = running.report["ports"]["in"], running.report["ports"]["out"]
        jack.connect(player.output, ours_in)
        jack.connect(ours_out, player.input)
        player.wait_for(12, 20.0)
        called = player.play([(0.0, b"\xc0\x04")])

        def on_channel(number: int) -> list[float]:
            return onsets([each for each in player.heard if each[1][0] & 0x0F == number - 1])

        wait_until(lambda: len(on_channel(2)) > 12, 15.0, lambda: f"heard {player.messages[-8:]}")
        begun = onsets(player.heard)
        across = on_channel(2)[0] - max(at for at in begun if at < called)
        longest = max(later - at for at, later in pairwise(begun))
        print(
            f"from the last note before the switch to the first behind it {across:.2f} s, at the most {longest:.2f} s"
        )
        assert across < 2.0
        running.kill("mind")
        count = len(on_channel(2))
        wait_until(lambda: len(on_channel(2)) > count + 5, 15.0, lambda: "the next mind plays another scene")
        player.play([(0.0, b"\x90\x15\x40"), (0.1, b"\x80\x15\x40")])
        wait_until(lambda: player.sounding == [], 8.0, lambda: f"sounding: {player.sounding}")
        ask(jack, "scene", "night-piano")
        wait_until(lambda: len(on_channel(3)) > 5, 15.0, lambda: f"heard {player.messages[-8:]}")
        assert running.end()[0] == 0
        assert player.sounding == []
    for take in (tmp_path / "antiphon" / "takes").glob("*.mid"):
        printed = ask(jack, "replay", str(take), "--output", str(tmp_path / "again.mid"))
        print(printed)
        assert "the same" in printed


def test_a_scene_on_its_way_comes_though_the_mind_dies_with_what_was_turned_meanwhile(
    jack: Jack, player: Player, tmp_path: Path
) -> None:
    config = tmp_path / "antiphon.toml"
    config.write_text(
        "version = 1\n"
        f"[page]\nport = {18_900 + int(time.monotonic()) % 500}\n"
        '[scenes.late]\nwhen = "bar"\nmode = "solo"\nchannel = 4\n'
    )
    with Daemon(jack, tmp_path, "--config", str(config), "--set", "tempo=30") as running:
        jack.connect(running.report["ports"]["out"][0], player.input)
        ask(jack, "scene", "late")
        ask(jack, "set", "go_on=7")
        first = running.pid("mind")
        running.kill("mind")
        wait_until(lambda: running.pid("mind") != first, 10.0, lambda: "no other mind")
        wait_until(lambda: len(onsets(player.heard)) > 2, 20.0, lambda: f"heard {player.messages}")
        assert {message[0] & 0x0F for _, message in player.heard if message[0] & 0xF0 == 0x90} == {3}
        assert [ask(jack, "get", name).strip() for name in ("go_on", "mode")] == ["go_on = 7", "mode = solo"]
        running.end()


def test_a_program_change_that_calls_for_a_scene_does_not_reach_the_synth_through_thru(
    jack: Jack, player: Player, tmp_path: Path
) -> None:
    config = tmp_path / "antiphon.toml"
    config.write_text('version = 1\n[parameters]\nmode = "listen"\n[scenes.alone]\nprogram = 4\nmode = "solo"\n')
    with Daemon(jack, tmp_path, "--no-page", "--no-takes", "--thru", "--config", str(config)) as running:
        jack.connect(player.output, running.report["ports"]["in"][0])
        jack.connect(running.report["ports"]["out"][0], player.input)
        player.play([(0.0, b"\xc0\x04"), (0.1, b"\xc0\x03")])
        wait_until(lambda: len(onsets(player.heard)) > 3, 15.0, lambda: f"heard {player.messages[-8:]}")
        assert [message for message in player.messages if message[0] & 0xF0 == 0xC0] == [b"\xc0\x04"]
