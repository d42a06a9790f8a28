"""Antiphon on Windows' own Python, with the wheels that Windows gets, under Wine: `make wine`. The bounds are those of
Wine, where to start a process takes seconds: that it happens is tested here, how soon in tests/live."""

import json
import signal
import time
import urllib.request
from pathlib import Path
from typing import Final

import pytest
from tests.live.jack_server import wait_until
from tests.package.conftest import REPOSITORY
from tests.windows.conftest import Room
from tests.windows.wine import Wine, windows

import antiphon as package

pytestmark = [pytest.mark.wine, pytest.mark.timeout(900)]

PHRASE: Final = windows(REPOSITORY / "daemon" / "antiphon" / "phrases" / "evening.mid")
SILENT_S: Final = {"mind": 0.5, "guard": 0.5, "stage": 5.0}
AGAIN_S: Final = 30.0
THRU: Final = [
    *(bytes((status | channel, 60, 1 + channel)) for status in (0x90, 0x80, 0xA0, 0xB0, 0xE0) for channel in range(16)),
    *(bytes((status | channel, 100)) for status in (0xC0, 0xD0) for channel in range(16)),
    b"\xf1\x11", b"\xf2\x01\x02", b"\xf3\x04", b"\xf6", b"\xf8", b"\xfa", b"\xfb", b"\xfc", b"\xfe",
    b"\xf0\x7d\xf7", b"\xf0\x7d\x01\x02\xf7", b"\xf0\x7d" + bytes(range(120)) * 30 + b"\xf7",
]  # fmt: skip


def silent(room: Room) -> bool:
    return not room.synth.down


@pytest.fixture
def kept(wine: Wine) -> list[str]:
    """The takes that are there already."""
    return _takes(wine)


def _takes(wine: Wine) -> list[str]:
    status, said = wine.python("-m", "antiphon", "takes", "list")
    return [line for line in said.splitlines() if line.endswith(" kB")] if status == 0 else []


def test_it_says_who_it_is_and_which_ports_there_are(wine: Wine, cables: object) -> None:
    assert cables
    assert wine.antiphon("--version") == f"antiphon {package.__version__}"
    [found] = json.loads(wine.antiphon("ports", "--json"))
    names = ["Keyboard 0", "Synth 1"]
    assert found == {"name": "winmm", "works": True, "reason": "", "inputs": names, "outputs": names}


def test_the_doctor_finds_all_well_and_advises_what_can_be_done_there(wine: Wine, cables: object) -> None:
    assert cables
    findings = {one["name"]: one for one in json.loads(wine.antiphon("check", "--json"))}
    assert findings["model"]["said"].startswith("default: whole, plays 64 notes to itself, ")
    assert findings["real time"]["said"] == "the highest priority that Windows lends to a thread is granted"
    assert findings["ports.inputs"]["remedy"].endswith("there are: Keyboard 0, Synth 1")
    assert not [one for one in findings.values() if one["grade"] == "fault"]


def test_a_file_is_answered_and_its_take_replays_as_it_was(wine: Wine, tmp_path: Path) -> None:
    answered, take = windows(tmp_path / "answered.mid"), windows(tmp_path / "take.mid")
    assert "Antiphon" in wine.antiphon("rehearse", PHRASE, "-o", answered, "--take", take)
    assert "the same" in wine.antiphon("replay", take)


def test_it_answers_through_winmm_can_be_spoken_to_and_keeps_the_take(room: Room, kept: list[str]) -> None:
    assert room.report["ports"] == {"in": ["Keyboard 0"], "out": ["Synth 1"]}
    assert room.report["granted"] == "real-time priority"
    room.sounds()
    with urllib.request.urlopen(room.report["page"]["url"], timeout=10) as page:
        assert b"Antiphon" in page.read()
    assert room.wine.antiphon("set", "mode=listen").strip() == "mode = listen"
    assert room.wine.antiphon("get", "mode").strip() == "mode = listen"
    wait_until(lambda: silent(room), 10.0, lambda: f"still sounding: {room.synth.down}")
    room.wine.kill("guard", signal.SIGINT)
    assert room.process.wait(20) == 0
    assert len(_takes(room.wine)) == len(kept) + 1
    assert not [name for name in ("stage", "mind", "page", "scribe") if room.wine.processes(name)]


@pytest.mark.parametrize("options", [("--thru", "--set", "mode=listen")])
def test_every_message_passes_as_it_is_and_in_order_and_none_of_a_burst_is_lost(room: Room) -> None:
    room.keyboard.send(*THRU)
    burst = [bytes((0xB0, 20, number % 128)) for number in range(2000)]
    room.keyboard.send(*burst)
    sent = [*THRU, *burst]
    wait_until(
        lambda: len(room.synth.heard) >= len(sent), 20.0, lambda: f"{len(room.synth.heard)} came; {room.said[3:]}"
    )
    extra = [(n, m.hex()) for n, (_, m) in enumerate(room.synth.heard) if m not in sent]
    assert [message for _, message in room.synth.heard] == sent, f"{extra} {room.said}"


def test_ctrl_c_in_the_midst_of_an_answer_leaves_nothing_sounding(room: Room) -> None:
    room.sounds()
    room.wine.kill("guard", signal.SIGINT)
    wait_until(lambda: silent(room), SILENT_S["guard"], lambda: f"still sounding: {room.synth.down}")
    assert room.process.wait(20) == 0
    assert "Traceback" not in "\n".join(room.said)


@pytest.mark.parametrize("name", ["mind", "stage"])
def test_who_is_killed_leaves_nothing_sounding_and_another_plays_on(name: str, room: Room) -> None:
    room.sounds()
    killed = room.wine.kill(name)
    wait_until(lambda: silent(room), SILENT_S[name], lambda: f"still sounding: {room.synth.down}")
    wait_until(
        lambda: len(room.wine.processes(name)) > 0 and killed not in room.wine.processes(name),
        AGAIN_S,
        lambda: f"no other {name}",
    )
    _answers_again(room)


def test_a_page_that_is_killed_disturbs_no_note(room: Room) -> None:
    room.sounds()
    begun, killed = len(room.synth.begun), room.wine.kill("page")
    room.again(begun)
    wait_until(lambda: killed not in room.wine.processes("page"), AGAIN_S, lambda: "it is still there")
    wait_until(lambda: len(room.wine.processes("page")) == 1, AGAIN_S, lambda: "no other page")


def test_a_mind_that_hangs_is_taken_for_dead(room: Room) -> None:
    room.sounds()
    hung = room.wine.kill("mind", signal.SIGSTOP)
    wait_until(lambda: hung not in room.wine.processes("mind"), AGAIN_S, lambda: "it is still there")
    wait_until(lambda: silent(room), SILENT_S["mind"], lambda: f"still sounding: {room.synth.down}")
    _answers_again(room)


def test_without_their_guard_all_release_and_leave(room: Room) -> None:
    room.sounds()
    room.wine.kill("guard")
    wait_until(lambda: silent(room), SILENT_S["guard"], lambda: f"still sounding: {room.synth.down}")
    wait_until(
        lambda: not any(map(room.wine.processes, ("stage", "mind", "page", "scribe"))), AGAIN_S, lambda: "some stayed"
    )


def test_a_cable_that_is_pulled_is_waited_for_and_played_to_again(room: Room) -> None:
    room.sounds()
    room.cables.plug("Keyboard")
    time.sleep(3.0)
    assert room.process.poll() is None
    room.synth.down.clear()  # a synth without its cable hears no release
    room.cables.plug("Keyboard", "Synth")
    _answers_again(room)


def test_panic_silences_from_outside(room: Room) -> None:
    heard = len(room.synth.heard)
    assert "2112 messages" in room.wine.antiphon("panic", "--out", "Synth")
    wait_until(lambda: len(room.synth.heard) >= heard + 2112, 5.0, lambda: f"{len(room.synth.heard) - heard} came")


def _answers_again(room: Room) -> None:
    """Played to until it answers: what is played before it is ready again is lost on it."""
    end, begun = time.monotonic() + AGAIN_S, len(room.synth.begun)
    while time.monotonic() < end:
        room.keyboard.phrase(60, 62, 64)
        time.sleep(1.5)
        if len(room.synth.begun) > begun:
            return
    pytest.fail("it plays no more\n" + "\n".join(room.said[-9:]))


@pytest.mark.parametrize("folders", [("music", "config", "mind", "test_loopback.py"), ("core",)])
def test_the_tests_of_what_needs_no_midi_pass_there(folders: tuple[str, ...], wine: Wine) -> None:
    """Without those of Wine's own: it has no links, shows Linux' devices, and says other words for a missing file."""
    tests = [windows(REPOSITORY / "tests" / "daemon" / folder) for folder in folders]
    others = " or ".join(("link", "full_disk", "missing_json", "goes_between"))
    options = (
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        windows(REPOSITORY),
        "-c",
        windows(REPOSITORY / "pyproject.toml"),
    )
    status, said = wine.python("-m", "pytest", *options, "-k", f"not ({others})", *tests, patience=1500)
    assert status == 0, said[-3000:]
