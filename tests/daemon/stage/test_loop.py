"""The loop, in virtual time: everything at its moment, and silence at the end whatever happens."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from antiphon import errands
from antiphon.core.due import Due, Order, Revoke
from antiphon.core.zones import COMMON, Role, Sorted
from antiphon.errors import PortError
from antiphon.music.events import Seconds
from antiphon.stage.arrival import Arrival
from antiphon.stage.loop import ALONE_S, ASLEEP_S, AWAKE_S, DOZE_S, GONE_S, IDLE_S, LISTENING_S, Loop

ON, OFF, OTHER_ON, OTHER_OFF = (bytes.fromhex(message) for message in ("903c40", "803c40", "904040", "804040"))
PEDAL_DOWN, PEDAL_UP = bytes.fromhex("b0407f"), bytes.fromhex("b04000")
ALL_OFF = [bytes.fromhex("b07b00"), bytes.fromhex("b07800")]
Played = list[tuple[float, bytes]]


class FakeClock:
    """Time passes only when somebody waits or works."""

    def __init__(self) -> None:
        self.time = 0.0
        self.passes: Callable[[], None] = lambda: None

    def now(self) -> Seconds:
        return Seconds(self.time)

    def wait_until(self, moment: Seconds, sharp: bool = False) -> None:
        self.time = max(self.time, moment)

    def doze(self, moment: Seconds, every_s: float, stirs: Callable[[], bool]) -> None:
        while self.time < moment and not stirs():
            self.time = min(moment, self.time + every_s)
            self.passes()


class FakePorts:
    """Hears what was arranged at its moment, remembers what is played and how often it was asked."""

    def __init__(self, clock: FakeClock, arriving: Played | None = None) -> None:
        self._clock = clock
        self.arriving = arriving or []
        self.given: list[Arrival] = []
        self.passes = False
        self.played: Played = []
        self.asked: list[float] = []
        self.looked: list[float] = []
        self.fails_at = float("inf")

    def receive(self) -> list[Arrival]:
        self.asked.append(self._clock.time)
        heard = [Arrival(message, self.passes) for moment, message in self.arriving if moment <= self._clock.time]
        del self.arriving[: len(heard)]
        given, self.given = self.given, []
        return heard + given

    def stirs(self) -> bool:
        self.looked.append(self._clock.time)
        return bool(self.given) or any(moment <= self._clock.time for moment, _ in self.arriving)

    def send(self, message: bytes) -> None:
        if self._clock.time >= self.fails_at:
            self.fails_at = float("inf")
            raise PortError("the JACK server has gone; start it again")
        self.played.append((self._clock.time, message))


class FakeSession:
    """Answers as it is told; ends the performance at `until`."""

    def __init__(self, clock: FakeClock, until: float) -> None:
        self._clock = clock
        self.until = until
        self.loop: Loop | None = None
        self.heard: Played = []
        self.roles: list[Role] = []
        self.answer: Callable[[bytes, float], list[Order]] = lambda message, now: []
        self.work: list[tuple[float, float, list[Order]]] = []  # (deadline, how long it takes, what comes of it)
        self.farewell: list[Order] = []

    def end(self) -> None:
        if self._clock.time >= self.until and self.loop:
            self.loop.stop()

    @property
    def deadline(self) -> Seconds | None:
        self.end()
        return Seconds(self.work[0][0]) if self.work else None

    def receive(self, message: bytes, now: Seconds, role: Role = Role.PLAYS, memory: int = COMMON) -> list[Order]:
        self.heard.append((now, message))
        self.roles.append(role)
        return self.answer(message, now)

    def advance(self, now: Seconds) -> list[Order]:
        _, takes, dues = self.work.pop(0)
        self._clock.time += takes
        return dues

    def close(self, now: Seconds) -> list[Order]:
        return self.farewell


def _due(time: float, message: bytes) -> Due:
    return Due(Seconds(time), message)


class Stage:
    """A loop with everything around it, 10 s long where nothing else is said."""

    def __init__(
        self, arriving: Played | None = None, until: float = 10.0, calls: frozenset[bytes] = frozenset()
    ) -> None:
        self.clock = FakeClock()
        self.ports = FakePorts(self.clock, arriving)
        self.session = FakeSession(self.clock, until)
        self.clock.passes = self.session.end
        self.loop = self.session.loop = Loop(self.ports, self.session, self.clock, calls=calls)


def test_what_is_heard_comes_in_order_with_the_moment_it_was_noticed() -> None:
    stage = Stage([(1.0, ON), (1.0, OTHER_ON), (1.5, OFF)])
    stage.loop.run()
    assert [message for _, message in stage.session.heard] == [ON, OTHER_ON, OFF]
    assert [moment for moment, _ in stage.session.heard] == pytest.approx([1.0, 1.0, 1.5], abs=ASLEEP_S)


def test_what_is_in_a_zone_is_sent_on_as_it_came_and_heard_as_the_zone_says() -> None:
    stage = Stage()
    zoned = (Sorted(OTHER_ON, Role.HARMONY), Sorted(OFF, Role.COMMANDS))
    stage.ports.given = [Arrival(ON, True, zoned)]
    stage.loop.run()
    assert [message for _, message in stage.session.heard] == [OTHER_ON, OFF]
    assert stage.session.roles == [Role.HARMONY, Role.COMMANDS]
    assert stage.ports.played[0][1] == ON


def test_notes_leave_at_their_own_moments_whatever_the_loop_is_waiting_for() -> None:
    stage = Stage()
    stage.session.work = [(1.0, 0.0, [_due(1.2345678, ON), _due(1.5, OFF), _due(1.5, OTHER_ON), _due(7.77, OTHER_OFF)])]
    stage.loop.run()
    assert stage.ports.played == [(1.2345678, ON), (1.5, OFF), (1.5, OTHER_ON), (7.77, OTHER_OFF)]


def test_work_is_done_at_its_deadline_and_not_before() -> None:
    stage = Stage()
    stage.session.work = [(3.0, 0.0, [_due(3.0, ON)]), (3.0004, 0.0, [_due(3.0, OFF)])]
    stage.loop.run()
    assert stage.ports.played == [(3.0, ON), (3.0004, OFF)]


def test_a_due_note_waits_for_no_more_than_one_piece_of_work() -> None:
    stage = Stage()
    moments = [1.0 + 0.01 * n for n in range(100)]
    stage.session.work = [(0.0, 0.0, [_due(moment, ON) for moment in moments]), *[(0.5, 0.003, [])] * 600]
    stage.loop.run()
    lateness = [played - moment for (played, _), moment in zip(stage.ports.played, moments, strict=False)]
    assert stage.session.work == []
    assert max(lateness) <= 0.0031


def test_notes_fall_due_between_the_messages_of_a_burst() -> None:
    stage = Stage([(1.0, b"\xf8")] * 100)

    def slowly(message: bytes, now: float) -> list[Order]:
        stage.clock.time += 0.001
        return []

    stage.session.answer = slowly
    stage.session.work = [(0.0, 0.0, [_due(1.05, ON), _due(1.07, OFF)])]
    stage.loop.run()
    assert [moment for moment, _ in stage.ports.played] == pytest.approx([1.05, 1.07], abs=IDLE_S)


def test_an_answer_due_at_once_leaves_before_anything_else_happens() -> None:
    stage = Stage([(1.0, ON), (1.0, OFF)])
    stage.session.answer = lambda message, now: [_due(now, message)]
    stage.session.work = [(1.0, 0.003, [])]
    stage.loop.run()
    assert stage.ports.played == [(moment, message) for moment, message in stage.session.heard]


def test_the_loop_listens_closely_while_someone_plays_and_less_and_less_often_afterwards() -> None:
    stage = Stage([(4.0, ON)], until=4.0 + GONE_S + 1.0)
    stage.loop.run()
    looks = sorted({round(moment, 6) for moment in (*stage.ports.asked, *stage.ports.looked)})
    gaps = [(before - 4.0, round(after - before, 6)) for before, after in pairwise(looks)]
    assert {gap for moment, gap in gaps if moment < -ASLEEP_S} == {ASLEEP_S}
    assert {gap for moment, gap in gaps if ASLEEP_S < moment < AWAKE_S - 0.001} == {LISTENING_S}
    assert {gap for moment, gap in gaps if AWAKE_S + 0.01 < moment < GONE_S - 0.01} == {IDLE_S}
    assert {gap for moment, gap in gaps if moment > GONE_S + DOZE_S} == {ASLEEP_S}


def test_a_clock_keeps_nobody_awake() -> None:
    stage = Stage([(4.0, b"\xf8"), (4.0, b"\xfe")])
    stage.loop.run()
    assert len([moment for moment in stage.ports.looked if moment > 4.0]) < 1.1 * 6.0 / ASLEEP_S


def test_where_nobody_is_connected_it_looks_seldom_until_somebody_plays() -> None:
    stage = Stage([(4.0, ON), (4.1, OFF)])
    stage.loop.alone = True
    stage.loop.run()
    assert len([moment for moment in stage.ports.looked if moment < 4.0]) < 1.2 * 4.0 / ALONE_S
    assert [moment for moment, _ in stage.session.heard] == pytest.approx([4.0 + ALONE_S / 2, 4.1], abs=ALONE_S / 2)
    assert stage.session.heard[1][0] == pytest.approx(4.1, abs=LISTENING_S)


def test_who_rests_long_stops_at_once() -> None:
    stage = Stage([(4.0, ON)])

    def ends(message: bytes, now: float) -> list[Order]:
        stage.loop.stop()
        return []

    stage.session.answer = ends
    stage.loop.run()
    assert stage.clock.time == pytest.approx(4.0, abs=ASLEEP_S)


def test_what_passes_leaves_before_the_session_hears_of_it() -> None:
    stage = Stage([(1.0, ON), (1.0, b"\xf8"), (1.0, OFF)])
    stage.ports.passes = True
    passed = list[int]()

    def heard(message: bytes, now: float) -> list[Order]:
        passed.append(len(stage.ports.played))
        return []

    stage.session.answer = heard
    stage.loop.run()
    assert [message for _, message in stage.ports.played] == [ON, b"\xf8", OFF]
    assert passed == [1, 2, 3]


def test_what_calls_for_a_scene_is_heard_and_does_not_pass() -> None:
    came = [b"\xc0\x03", b"\xc0\x04", b"\xb5\x50\x7f", b"\x90\x15\x40", b"\x80\x15\x40", ON, OFF]
    scene = {"program": 4, "controller": 80, "note": 21}
    places = frozenset(bytes.fromhex(call) for call in errands.calls([scene]))
    stage = Stage([(1.0, message) for message in came], calls=places)
    stage.ports.passes = True
    stage.loop.run()
    assert [message for _, message in stage.session.heard] == came
    assert [message for _, message in stage.ports.played] == [b"\xc0\x04", ON, OFF]


def test_what_is_revoked_is_not_played() -> None:
    stage = Stage()
    stage.session.work = [
        (0.0, 0.0, [_due(1.0, ON), _due(2.0, OFF), _due(2.0, OTHER_ON)]),
        (1.5, 0.0, [Revoke(Seconds(1.5)), _due(1.5, OFF)]),
    ]
    stage.loop.run()
    assert stage.ports.played == [(1.0, ON), (1.5, OFF)]


def test_stopping_releases_what_sounds_and_plays_nothing_more() -> None:
    stage = Stage(until=2.0)
    stage.session.work = [(0.0, 0.0, [_due(1.0, ON), _due(1.0, PEDAL_DOWN), _due(3.0, OFF), _due(3.0, OTHER_ON)])]
    stage.loop.run()
    assert stage.ports.played[:2] == [(1.0, ON), (1.0, PEDAL_DOWN)]
    assert [message for _, message in stage.ports.played[2:]] == [OFF, PEDAL_UP, *ALL_OFF]
    assert stage.ports.played[-1][0] == pytest.approx(2.0, abs=2.001 * ASLEEP_S)


def test_what_the_session_releases_itself_is_not_released_twice() -> None:
    stage = Stage(until=2.0)
    stage.session.work = [(0.0, 0.0, [_due(1.0, ON), _due(1.0, OTHER_ON)])]
    stage.session.farewell = [_due(2.0, OTHER_OFF)]
    stage.loop.run()
    assert [message for _, message in stage.ports.played] == [ON, OTHER_ON, OTHER_OFF, OFF, *ALL_OFF]


def test_an_error_in_the_session_releases_everything_and_is_raised() -> None:
    stage = Stage([(1.0, b"\xf8")])
    stage.session.work = [(0.0, 0.0, [_due(0.5, ON)])]

    def broken(message: bytes, now: float) -> list[Order]:
        raise ZeroDivisionError

    stage.session.answer = broken
    with pytest.raises(ZeroDivisionError):
        stage.loop.run()
    assert [message for _, message in stage.ports.played] == [ON, OFF, *ALL_OFF]


def test_a_session_that_cannot_even_close_leaves_nothing_sounding() -> None:
    stage = Stage(until=1.0)
    stage.session.work = [(0.0, 0.0, [_due(0.5, ON)])]
    stage.session.close = lambda now: [][0]  # type: ignore[method-assign]  # as broken as can be
    with pytest.raises(IndexError):
        stage.loop.run()
    assert [message for _, message in stage.ports.played] == [ON, OFF, *ALL_OFF]


def test_a_server_that_goes_ends_the_performance_with_its_error() -> None:
    stage = Stage()
    stage.session.work = [(0.0, 0.0, [_due(0.5, ON), _due(1.0, OTHER_ON)])]
    stage.ports.fails_at = 1.0
    with pytest.raises(PortError, match="has gone"):
        stage.loop.run()
    assert stage.clock.time == 1.0


def test_a_great_many_releases_leave_in_portions() -> None:
    stage = Stage(until=1.0)
    notes = [bytes((0x90 | channel, pitch, 1)) for channel in range(8) for pitch in range(128)]
    stage.session.work = [(0.0, 0.0, [_due(0.5, note) for note in notes])]
    stage.loop.run()
    moments = [moment for moment, _ in stage.ports.played[len(notes) :]]
    assert len(moments) == len(notes) + 2 * 8
    assert max(moments.count(moment) for moment in set(moments)) <= 256
