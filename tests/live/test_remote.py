"""A running daemon is turned from another terminal, and from the page's REST, and what is turned outlives a mind."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.daemon import _COMMAND, Daemon
from tests.live.jack_player import Player
from tests.live.jack_server import Jack, wait_until
from tests.live.test_performance import QUICK, phrase, wait_for_notes

pytestmark = pytest.mark.midi


@pytest.fixture
def daemon(jack: Jack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    (tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    with Daemon(jack, tmp_path, "--seed", "5", "--page", "0", *QUICK) as daemon:
        yield daemon


def said(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run([*_COMMAND, *arguments], capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def test_a_parameter_is_turned_from_another_terminal_and_stays_turned_when_the_mind_dies(daemon: Daemon) -> None:
    assert said("set", "temperature=0.7", "density=3") == (0, "temperature = 0.7\ndensity = 3.0", "")
    assert said("get", "temperature") == (0, "temperature = 0.7", "")
    before = daemon.pid("mind")
    daemon.kill("mind")
    wait_until(lambda: daemon.pid("mind") != before, 10.0, lambda: "no other mind")
    assert said("get", "temperature") == (0, "temperature = 0.7", "")
    with urllib.request.urlopen(daemon.report["page"]["url"] + "/api/state", timeout=5) as answer:
        assert json.load(answer)["values"]["temperature"] == 0.7


def test_what_is_wrong_is_refused_in_words_and_nothing_is_turned(daemon: Daemon) -> None:
    assert said("set", "temperature=-1")[0] == 2
    status, _, why = said("do", "dance")
    assert status == 1
    assert "no act named 'dance'; there are: hold, resume" in why
    assert said("get", "temperature")[1] != "temperature = -1"


def test_with_several_or_none_running_it_says_what_to_do(daemon: Daemon) -> None:
    assert said("--help")[0] == 0
    assert "no Antiphon of that number is running here" in said("get", "--pid", "1")[2]
    daemon.end()
    why = "antiphon: no Antiphon of yours is running here; start one with `antiphon run`"
    assert said("do", "hold") == (1, "", why)


def test_held_it_plays_nothing_resumed_it_answers_and_another_is_another_answer(
    jack: Jack, player: Player, daemon: Daemon
) -> None:
    jack.connect(player.output, daemon.report["ports"]["in"][0])
    jack.connect(daemon.report["ports"]["out"][0], player.input)
    assert said("do", "hold")[0] == 0
    player.play(phrase(2.0))
    time.sleep(3.0)
    assert player.messages == []
    assert said("do", "resume")[0] == 0
    player.play(phrase(2.0))
    wait_for_notes(player, 3, within_s=20.0)


def test_panic_silences_every_key_of_every_channel(jack: Jack, player: Player, daemon: Daemon) -> None:
    jack.connect(player.output, daemon.report["ports"]["in"][0])
    jack.connect(daemon.report["ports"]["out"][0], player.input)
    player.play(phrase(2.0))
    wait_for_notes(player, 2, within_s=20.0)
    assert said("do", "panic")[0] == 0
    wait_until(lambda: sum(m[0] & 0xF0 == 0x80 for m in player.messages) >= 2048, 5.0, lambda: "no panic")
    assert player.sounding == []


def test_who_watches_sees_what_is_heard_and_what_is_played(jack: Jack, player: Player, daemon: Daemon) -> None:
    jack.connect(player.output, daemon.report["ports"]["in"][0])
    jack.connect(daemon.report["ports"]["out"][0], player.input)
    with subprocess.Popen([*_COMMAND, "watch"], stdout=subprocess.PIPE, text=True) as watching:
        try:
            assert watching.stdout is not None
            assert "mode reply" in watching.stdout.readline()
            player.play(phrase(2.0))
            wait_for_notes(player, 3, within_s=20.0)
            seen = set[str]()
            while seen != {"you", "antiphon"}:  # else the test's time runs out
                seen.add(watching.stdout.readline().split()[1])
        finally:
            watching.terminate()


def test_notes_played_on_the_page_are_heard_and_answered_through_the_port(
    jack: Jack, player: Player, daemon: Daemon
) -> None:
    from websockets.sync.client import connect

    jack.connect(daemon.report["ports"]["out"][0], player.input)
    url = daemon.report["page"]["url"].replace("http", "ws") + daemon.report["page"]["websocket"]
    with connect(url) as page:
        for key in (60, 64, 67, 72):
            page.send(json.dumps({"play": bytes((0x90, key, 80)).hex()}))
            time.sleep(0.2)
            page.send(json.dumps({"play": bytes((0x80, key, 64)).hex()}))
        wait_for_notes(player, 3, within_s=20.0)
        ours = list[str]()
        while len(ours) < 3:
            ours += [text for _, text in json.loads(page.recv(timeout=10)).get("orders", ())]
    assert all(text[:2] in ("90", "80", "b0") for text in ours)


def test_ports_chosen_on_the_page_are_taken_up_without_a_note_left_hanging(
    jack: Jack, player: Player, daemon: Daemon
) -> None:
    from websockets.sync.client import connect

    jack.connect(player.output, daemon.report["ports"]["in"][0])
    jack.connect(daemon.report["ports"]["out"][0], player.input)
    player.play(phrase(2.0))
    wait_for_notes(player, 2, within_s=20.0)
    url = daemon.report["page"]["url"].replace("http", "ws") + daemon.report["page"]["websocket"]
    with connect(url) as page:
        state = json.loads(page.recv(timeout=10))["state"]
        assert player.input in state["offered"]["out"]
        page.send(json.dumps({"connect": {"in": [player.output], "out": [player.input]}}))
        wait_until(
            lambda: daemon.latest["ports"] == {"in": [player.output], "out": [player.input]},
            5.0,
            lambda: str(daemon.latest["ports"]),
        )
        wait_until(lambda: player.sounding == [], 2.0, lambda: f"left: {player.sounding}")
        player.forget()
        player.play(phrase(2.0))
        wait_for_notes(player, 3, within_s=20.0)
        page.send(json.dumps({"connect": {"in": [], "out": []}}))
        wait_until(lambda: daemon.latest["ports"]["in"] == ["Antiphon in:in"], 5.0, lambda: str(daemon.latest["ports"]))
