"""Whatever is ordered, revoked and played in whatever order, nothing hangs and nothing of the player's is cut."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.due import Due, Order, Revoke
from antiphon.music.events import Seconds
from antiphon.music.ledger import Ledger, paying
from antiphon.music.wire import everything_off
from antiphon.stage.voice import LATE_S, Voice

ON, OFF, OTHER_ON, OTHER_OFF = (bytes.fromhex(message) for message in ("903c40", "803c40", "904040", "804040"))
PEDAL_DOWN, PEDAL_UP = bytes.fromhex("b0407f"), bytes.fromhex("b04000")

_KEYS = st.sampled_from((60, 64))
_MESSAGES = st.one_of(
    st.builds(lambda kind, key: bytes((kind, key, 64)), st.sampled_from((0x80, 0x90, 0x91)), _KEYS),
    st.sampled_from((bytes((0xB0, 64, 127)), bytes((0xB0, 64, 0)))),
)
_ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.floats(-0.5, 1.0), _MESSAGES),
        st.tuples(st.just("revoke"), st.floats(-0.5, 0.5), st.just(b"")),
        st.tuples(st.just("pass"), st.just(0.0), _MESSAGES),
        st.tuples(st.just("time"), st.floats(0.0, 0.5), st.just(b"")),
        st.tuples(st.just("hush"), st.just(0.0), st.just(b"")),
    ),
    max_size=40,
)


class Heard:
    """What a synthesizer makes of it: how often each key is down."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    @property
    def down(self) -> Counter[tuple[int, int]]:
        down = Counter[tuple[int, int]]()
        for message in self.sent:
            kind, key = message[0] & 0xF0, (message[0] & 0x0F, message[1])
            if kind == 0x90:
                down[key] += 1
            elif kind == 0x80:
                down[key] = 0
            elif message[1] == 64:
                down[key] = int(message[2] >= 64)
        return +down


def voice() -> tuple[Voice, Heard]:
    heard = Heard()
    return Voice(heard.sent.append, Ledger(), Ledger()), heard


def due(time: float, message: bytes) -> Due:
    return Due(Seconds(time), message)


def begun(messages: list[bytes]) -> list[bytes]:
    return [message for message in messages if message[0] & 0xF0 == 0x90]


def act(playing: Voice, what: str, moment: float, message: bytes) -> None:
    match what:
        case "order":
            playing.take([due(moment, message)])
        case "revoke":
            playing.take([Revoke(Seconds(moment))])
        case "pass":
            playing.pass_on(message)
        case "hush":
            playing.hush()


def perform(acts: list[tuple[str, float, bytes]]) -> tuple[Voice, Heard, float]:
    playing, heard = voice()
    now = 10.0
    for what, moment, message in acts:
        act(playing, what, now + moment, message)
        now += moment if what == "time" else 0.0
        playing.play_due(Seconds(now))
    return playing, heard, now


@given(_ACTS)
def test_nothing_sounds_after_the_farewell_whatever_came_before(acts: list[tuple[str, float, bytes]]) -> None:
    playing, heard, _ = perform(acts)
    heard.sent += playing.farewell()
    assert not heard.down


@given(_ACTS)
def test_everything_of_ours_is_silent_after_a_hush_and_stays_so(acts: list[tuple[str, float, bytes]]) -> None:
    ours = [act for act in acts if act[0] != "pass"]
    playing, heard, now = perform([*ours, ("hush", 0.0, b"")])
    assert (not heard.down, playing.next) == (True, None)
    assert not playing.play_due(Seconds(now + 10.0))


@given(_ACTS, st.floats(-0.5, 0.5))
def test_of_what_is_revoked_nothing_begins_afterwards(acts: list[tuple[str, float, bytes]], after: float) -> None:
    playing, heard, now = perform(acts)
    playing.take([Revoke(Seconds(now + after))])
    while (moment := playing.next) is not None:  # each at its own moment, or it would be dropped as too late
        count = len(heard.sent)
        playing.play_due(moment)
        assert moment <= now + after or begun(heard.sent[count:]) == []


@given(_ACTS)
def test_what_the_player_sends_passes_as_it_is_and_what_they_hold_nothing_of_ours_ends(
    acts: list[tuple[str, float, bytes]],
) -> None:
    (playing, heard), now, held = voice(), 10.0, Ledger()
    for what, moment, message in acts:
        count = len(heard.sent)
        act(playing, what, now + moment, message)
        now += moment if what == "time" else 0.0
        playing.play_due(Seconds(now))
        sent = heard.sent[count:]
        if what == "pass":
            assert sent.pop(0) == message
            held.note(message)
        assert [one for one in sent if paying(one) and held.owes(one)] == []


def test_a_note_that_began_after_the_cut_is_released_and_one_before_it_is_not() -> None:
    playing, heard = voice()
    playing.take([due(1.1, ON), due(1.2, OTHER_ON)])
    playing.play_due(Seconds(1.2))
    playing.take([Revoke(Seconds(1.15))])
    assert heard.sent == [ON, OTHER_ON, OTHER_OFF]


def test_a_note_played_late_is_cut_too_though_an_earlier_one_was_played_after_it() -> None:
    playing, heard = voice()
    playing.take([due(1.2, OTHER_ON)])
    playing.play_due(Seconds(1.2))
    playing.take([due(1.1, ON)])
    playing.play_due(Seconds(1.2))
    playing.take([Revoke(Seconds(1.15))])
    assert heard.sent == [OTHER_ON, ON, OTHER_OFF]


def test_a_note_that_is_too_late_is_dropped_and_a_release_never() -> None:
    playing, heard = voice()
    playing.take([due(1.0, ON)])
    playing.play_due(Seconds(1.0))
    playing.take([due(1.1, OTHER_ON), due(1.2, OFF), due(1.2, OTHER_OFF)])
    playing.play_due(Seconds(1.2 + 2 * LATE_S))
    assert (heard.sent, playing.dropped) == ([ON, OFF], 1)


def test_a_pedal_that_would_come_down_too_late_stays_up_and_one_that_is_down_comes_up_however_late() -> None:
    playing, heard = voice()
    playing.take([due(1.0, PEDAL_DOWN)])
    playing.play_due(Seconds(1.0))
    playing.take([due(1.1, PEDAL_UP), due(1.2, PEDAL_DOWN)])
    playing.play_due(Seconds(1.2 + 2 * LATE_S))
    assert (heard.sent, playing.dropped) == ([PEDAL_DOWN, PEDAL_UP], 1)


@pytest.mark.parametrize(("late_s", "sent"), [(0.14, [ON]), (0.16, [])])
def test_too_late_is_more_than_150_ms(late_s: float, sent: list[bytes]) -> None:
    playing, heard = voice()
    playing.take([due(1.0, ON)])
    playing.play_due(Seconds(1.0 + late_s))
    assert heard.sent == sent


def test_a_panic_forgets_what_waits_and_what_is_owed_and_leaves_all_that_silences_to_be_sent() -> None:
    playing, heard = voice()
    playing.pass_on(ON)
    playing.take([due(1.0, ON), due(1.1, OFF), due(1.1, OTHER_ON), due(1.3, OTHER_OFF)])
    playing.play_due(Seconds(1.1))
    heard.sent.clear()
    assert playing.panic() == everything_off()
    assert (playing.next, playing.farewell()) == (None, [])
    playing.play_due(Seconds(2.0))
    assert heard.sent == []


def test_a_release_of_ours_never_cuts_a_key_that_the_player_holds() -> None:
    playing, heard = voice()
    playing.pass_on(ON)
    playing.take([due(1.0, ON), due(1.1, OFF)])
    playing.play_due(Seconds(1.1))
    assert heard.sent == [ON, ON]
    playing.pass_on(OFF)
    assert (heard.sent, playing.farewell()) == ([ON, ON, OFF, OFF], [])


@pytest.mark.parametrize("what", ["hush", "revoke"])
def test_what_is_ours_and_taken_back_never_cuts_a_key_that_the_player_holds(what: str) -> None:
    playing, heard = voice()
    playing.pass_on(ON)
    playing.take([due(1.0, ON), due(1.0, OTHER_ON)])
    playing.play_due(Seconds(1.0))
    act(playing, what, 0.5, b"")
    assert heard.sent == [ON, ON, OTHER_ON, OTHER_OFF]
    playing.pass_on(OFF)
    assert (heard.sent[4:], playing.farewell()) == ([OFF, OFF], [])


def test_a_release_of_ours_that_waits_for_the_players_is_part_of_the_farewell() -> None:
    playing, _ = voice()
    playing.pass_on(ON)
    playing.take([due(1.0, ON), due(1.1, OFF)])
    playing.play_due(Seconds(1.1))
    assert playing.farewell()[:2] == [OFF, OFF]


def test_the_farewell_names_releases_first_then_all_notes_off_for_those_who_heed_only_that() -> None:
    playing, _ = voice()
    orders: list[Order] = [due(1.0, bytes((0xB1, 64, 127))), due(1.0, ON)]
    playing.take(orders)
    playing.play_due(Seconds(1.0))
    said = ["803c40", "b14000", "b07b00", "b07800", "b17b00", "b17800"]
    assert [message.hex() for message in playing.farewell()] == said


@pytest.mark.parametrize("number", [120, 123, 126])
def test_a_key_that_the_player_ended_by_all_notes_off_keeps_no_release_of_ours_back(number: int) -> None:
    playing, heard = voice()
    playing.pass_on(b"\x90\x3c\x40")
    playing.pass_on(b"\xb0\x40\x7f")
    for order in (due(1.0, b"\x90\x3c\x50"), due(1.0, b"\x90\x3e\x50"), due(1.1, b"\x80\x3e\x40")):
        playing.take([order])
    playing.play_due(Seconds(1.1))
    playing.take([due(1.2, b"\x80\x3c\x40")])
    playing.play_due(Seconds(1.2))
    assert heard.sent[-1] != b"\x80\x3c\x40", "the player holds it"
    playing.pass_on(bytes((0xB0, number, 0)))
    assert heard.sent[-2:] == [bytes((0xB0, number, 0)), b"\x80\x3c\x40"]
    playing.take([due(1.3, b"\x90\x3c\x50"), due(1.4, b"\x80\x3c\x40")])
    playing.play_due(Seconds(1.4))
    assert heard.sent[-2:] == [b"\x90\x3c\x50", b"\x80\x3c\x40"]
    playing.pass_on(b"\x90\x3c\x40")  # held anew
    playing.take([due(1.5, b"\x90\x3c\x50"), due(1.6, b"\x80\x3c\x40")])
    playing.play_due(Seconds(1.6))
    assert heard.sent[-1] == b"\x90\x3c\x50"
    assert [message for message in playing.farewell() if message[0] == 0x80].count(b"\x80\x3c\x40") >= 2
