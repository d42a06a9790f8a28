"""A shared session's beats go out as MIDI clock, each tick at its moment, and who is there is told when it changes."""

import builtins
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import pytest

from antiphon.ableton import LOOK_S, Leader, Session
from antiphon.core.messages import Beat
from antiphon.errors import AntiphonError
from antiphon.music.events import Seconds

TICK, START, STOP = b"\xf8", b"\xfa", b"\xfc"


class FakeSession:
    """At 120 bpm, from beat 2.5 of a bar on, until it is told otherwise."""

    def __init__(self) -> None:
        self.peers, self.tempo, self.runs = 0, 120.0, True
        self._at, self._beat = 0.0, 2.5

    def turn(self, tempo: float, now: float) -> None:
        self._at, self._beat, self.tempo = now, self.beat(Seconds(now)).beat, tempo

    def beat(self, now: Seconds) -> Beat:
        beat_s = 60.0 / self.tempo
        return Beat(now, self._beat + (now - self._at) / beat_s, beat_s, 4, self.runs)


class Led:
    """A leader in a time of its own."""

    def __init__(self) -> None:
        self.session, self.sent, self.told, self.now = FakeSession(), list[tuple[float, bytes]](), list[str](), 0.0
        self.leader = Leader(self.session, lambda message: self.sent.append((self.now, message)), self.told.append)

    def until(self, end: float) -> None:
        while self.now < end:
            self.now = max(self.now + 1e-6, min(end, self.leader.step(Seconds(self.now))))


def test_it_begins_with_the_next_bar_and_each_tick_is_at_its_moment() -> None:
    led = Led()
    led.until(2.0)
    assert [message for _, message in led.sent[:2]] == [START, TICK]
    ticks = [moment for moment, message in led.sent if message == TICK]
    assert ticks == pytest.approx([0.75 + n / 48 for n in range(len(ticks))], abs=1e-5)
    assert len(ticks) == 60


def test_a_turn_of_the_tempo_is_followed_without_a_tick_too_many() -> None:
    led = Led()
    led.until(2.0)
    led.session.turn(90.0, 2.0)
    led.until(4.0)
    ticks = [moment for moment, message in led.sent if message == TICK]
    assert ticks == pytest.approx([0.75 + n / 48 for n in range(60)] + [2.0 + n / 36 for n in range(72)], abs=LOOK_S)
    assert [message for _, message in led.sent].count(START) == 1


def test_a_stop_is_sent_and_so_is_the_end() -> None:
    led = Led()
    led.until(2.0)
    led.session.runs = False
    led.until(3.0)
    assert led.sent[-1][1] == STOP
    assert led.sent[-1][0] == pytest.approx(2.0, abs=2 * LOOK_S)
    led.session.runs = True
    led.until(6.0)
    led.leader.close()
    assert led.sent[-1][1] == STOP


def test_who_is_there_and_how_fast_is_told_when_it_changes() -> None:
    led = Led()
    led.until(1.0)
    led.session.peers = 2
    led.until(1.5)
    led.session.turn(97.5, 1.5)
    led.until(2.0)
    assert led.told == ["Link: 0 others, 120.0 bpm", "Link: 2 others, 120.0 bpm", "Link: 2 others, 97.5 bpm"]


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(
        name: str,
        globals_: Mapping[str, Any] | None = None,
        locals_: Mapping[str, Any] | None = None,
        names: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        if name == "link":
            raise ImportError(name)
        return real(name, globals_, locals_, names or (), level)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(AntiphonError, match=r"antiphon\[link\]"):
        Session(120.0, 4, False)
