"""What the stage owes the guard is done while it waits, and nothing is forgotten of who is connected to whom."""

from collections.abc import Iterator, Sequence

import pytest

from antiphon.core.messages import Beat
from antiphon.core.zones import Zone
from antiphon.lines import BEAT_S, Control, next_beat, pair
from antiphon.music.events import Seconds
from antiphon.stage.arrival import Arrival
from antiphon.stage.duty import Duty
from antiphon.stage.graph import Connection

A, B = ("keys:out", "Antiphon in:in"), ("Antiphon out:out", "synth:in")


class FakePorts:
    """Ports that change when they are told to."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.inputs: tuple[str, ...] = ("in",)
        self.outputs: tuple[str, ...] = ("out",)
        self.own = ("in", "out")
        self.offered: tuple[list[str], list[str]] = ([], [])
        self.living = self.plugged = True
        self.changes = self.stirring = False
        self.given, self.left = list[bytes](), list[str]()
        self.zones = list[str]()

    def give(self, message: bytes) -> None:
        self.given.append(message)

    def let_go(self, own: str) -> None:
        self.left.append(own)

    def receive(self) -> list[Arrival]:
        return []

    def stirs(self) -> bool:
        return self.stirring

    def send(self, message: bytes) -> None: ...

    def divide(self, zones: Sequence[Zone]) -> None:
        self.zones = [zone.text for zone in zones]

    def show(self, message: bytes) -> None:
        self.given.append(message)

    def settle(self) -> None: ...

    def close(self) -> None: ...

    def alive(self) -> bool:
        return self.living

    def follow(self) -> bool:
        changed, self.changes = self.changes, False
        return changed


class FakeGraph:
    """Connections that are what they are told to be; those to `absent` ports cannot be made."""

    sees = True

    def __init__(self) -> None:
        self.connections: list[Connection] = []
        self.absent: set[str] = set()

    def of(self, ports: Sequence[str]) -> list[Connection]:
        return list(self.connections)

    def restore(self, connections: Sequence[Connection]) -> list[Connection]:
        missing = [connection for connection in connections if self.absent & set(connection)]
        self.connections += [connection for connection in connections if connection not in missing]
        return missing

    def cut(self, connection: Connection) -> None:
        self.connections.remove(connection)

    def close(self) -> None: ...


class FakeLoop:
    alone = False
    stopped = hushed = panics = 0

    def panic(self) -> None:
        self.panics += 1

    def __init__(self) -> None:
        self.beats: list[Beat] = []

    def stop(self) -> None:
        self.stopped += 1

    def pace(self, beat: Beat) -> None:
        self.beats.append(beat)

    def hush(self) -> None:
        self.hushed += 1


class Stage:
    """A duty with everything around it."""

    def __init__(self, missing: Sequence[Connection] = ()) -> None:
        here, there = pair()
        self.guard = Control(there)
        self.ports, self.graph, self.loop = FakePorts(), FakeGraph(), FakeLoop()
        self.stopped = list[int]()
        self.duty = Duty(Control(here), self.ports, self.graph, self.stopped, missing)
        self.duty.loop = self.loop

    def after(self, seconds: float) -> list[dict[str, object]]:
        """What the guard is told, beats apart, while so much time passes."""
        end = self.duty.now() + seconds
        while self.duty.now() < end:
            self.duty.wait_until(Seconds(min(end, self.duty.now() + 0.05)))
        return [word for word, _ in self.guard.heard() if word["what"] != "beat"]


@pytest.fixture
def stage() -> Iterator[Stage]:
    standing = Stage()
    yield standing
    standing.guard.close()


def test_it_beats_often_enough_to_be_known_to_live(stage: Stage) -> None:
    end = stage.duty.now() + 3 * BEAT_S
    while stage.duty.now() < end:
        stage.duty.wait_until(Seconds(stage.duty.now() + 0.05))
    assert [word["what"] for word, _ in stage.guard.heard()].count("beat") >= 2


def test_who_is_connected_is_told_when_it_changes_and_only_then(stage: Stage) -> None:
    stage.graph.connections = [A]
    assert stage.after(3 * BEAT_S) == [{"what": "graph", "connections": [[*A]]}]
    stage.graph.connections = [A, B]
    assert stage.after(2 * BEAT_S) == [{"what": "graph", "connections": [[*A], [*B]]}]


def test_a_server_that_takes_all_connections_away_as_it_dies_is_not_believed(stage: Stage) -> None:
    stage.graph.connections = [A, B]
    stage.after(BEAT_S)
    stage.after(next_beat(now := stage.duty.now()) - now + 0.1 * BEAT_S)
    stage.graph.connections = []
    assert stage.after(BEAT_S) == []  # it has looked once
    stage.ports.living = False
    assert stage.after(2 * BEAT_S) == []


def test_what_of_ours_is_connected_to_what_of_ours_is_taken_apart_said_and_not_remembered(stage: Stage) -> None:
    stage.graph.connections = [A, ("out", "in")]
    assert stage.after(2 * BEAT_S) == [
        {"what": "notice", "why": "out was connected to in: taken apart, or we would answer ourselves"},
        {"what": "graph", "connections": [[*A]]},
    ]
    assert stage.graph.connections == [A]


def test_a_connection_that_somebody_took_away_is_forgotten_in_the_end(stage: Stage) -> None:
    stage.graph.connections = [A, B]
    stage.after(BEAT_S)
    stage.graph.connections = [B]
    assert stage.after(4 * BEAT_S) == [{"what": "graph", "connections": [[*B]]}]
    assert stage.ports.left == [A[1]]


def test_what_is_down_on_a_page_that_dies_is_let_go_of(stage: Stage) -> None:
    for message in (b"\x90\x3c\x40", b"\x90\x3e\x40", b"\x80\x3c\x40"):
        stage.guard.say("play", message=message.hex())
    stage.guard.say("page gone")
    stage.after(BEAT_S)
    assert stage.ports.given[3:] == [b"\x80\x3e\x40"]
    stage.guard.say("page gone")
    stage.after(BEAT_S)
    assert len(stage.ports.given) == 4


def test_connections_that_cannot_be_restored_yet_are_when_their_ports_come_and_are_not_forgotten_until_then() -> None:
    stage = Stage(missing=[A, B])
    stage.graph.absent = {"keys:out"}
    assert stage.after(2 * BEAT_S) == [{"what": "graph", "connections": [[*B], [*A]]}]
    stage.graph.absent = set()
    stage.after(2 * BEAT_S)
    assert stage.graph.connections == [B, A]


def test_whether_anybody_could_play_to_us_is_seen_by_the_connections_of_our_inputs(stage: Stage) -> None:
    alone = list[bool]()
    for connections, sees, plugged in (
        ([], True, True),
        ([("keys:out", stage.ports.own[0])], True, True),
        ([(stage.ports.own[1], "synth:in")], True, True),
        ([], False, True),  # where nothing can be seen anybody may be there
        ([], False, False),
    ):
        stage.graph.connections, stage.graph.sees, stage.ports.plugged = connections, sees, plugged
        stage.after(2 * BEAT_S)
        alone.append(stage.loop.alone)
    assert alone == [True, False, True, False, True]


def test_a_doze_ends_when_something_stirs_when_a_word_comes_and_for_the_beat(stage: Stage) -> None:
    looks, begun = [False, False, False, True], stage.duty.now()
    while looks:  # a beat may come in between
        stage.duty.doze(Seconds(begun + 60.0), 0.005, lambda: looks.pop(0))
    assert stage.duty.now() - begun < BEAT_S
    stage.guard.say("panic")
    stage.duty.doze(Seconds(begun + 60.0), 60.0, lambda: False)
    assert stage.loop.panics == 1
    stage.duty.doze(Seconds(begun + 60.0), 60.0, lambda: False)
    assert stage.duty.now() - begun < 3 * BEAT_S
    assert {word["what"] for word, _ in stage.guard.heard()} == {"beat"}


def test_ports_that_come_and_go_are_told_with_what_is_to_be_said_about_it(stage: Stage) -> None:
    stage.after(0.05)
    stage.ports.inputs, stage.ports.changes, stage.ports.notices = ("keys",), True, ["it has come"]
    assert stage.after(2 * BEAT_S) == [
        {"what": "ports", "inputs": ["keys"], "outputs": ["out"], "offered": [[], []]},
        {"what": "notice", "why": "it has come"},
    ]
    assert stage.ports.notices == []


def test_the_guards_word_and_its_absence_and_a_signal_all_end_the_performance(stage: Stage) -> None:
    signalled, left = Stage(), Stage()
    stage.guard.say("stop")
    left.guard.close()
    signalled.stopped.append(15)
    for standing in (stage, left, signalled):
        standing.duty.wait_until(Seconds(standing.duty.now() + 0.01))
        assert standing.loop.stopped


def test_zones_are_taken_up_while_it_plays(stage: Stage) -> None:
    stage.guard.say("zones", zones=["in keys = harmony", "on 10 = commands"])
    stage.after(0.01)
    assert stage.ports.zones == ["in keys = harmony", "on 10 = commands"]


def test_a_mind_that_leaves_is_hushed(stage: Stage) -> None:
    here, there = pair()
    with here:
        stage.guard.say("mind", [here.fileno()], heard=0)
    stage.after(0.01)
    assert stage.duty.mind.line is not None
    there.close()
    stage.after(0.01)
    stage.duty.mind.advance(stage.duty.now())
    assert stage.loop.hushed == 1
