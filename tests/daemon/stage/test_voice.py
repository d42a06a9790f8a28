"""Whatever is ordered, revoked and played in whatever order, nothing hangs and nothing of the player's is cut."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.due import Due, Order, Revoke
from antiphon.music.events import Seconds
from antiphon.music.ledger import Ledger
from antiphon.stage.voice import LATE_S, Voice

ON, OFF, OTHER_ON, OTHER_OFF = (bytes.fromhex(message) for message in ("903c40", "803c40", "904040", "804040"))

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


def perform(acts: list[tuple[str, float, bytes]]) -> tuple[Voice, Heard, float]:
    playing, heard = voice()
    now = 10.0
    for what, moment, message in acts:
        match what:
            case "order":
                playing.take([due(now + moment, message)])
            case "revoke":
                playing.take([Revoke(Seconds(now + moment))])
            case "pass":
                playing.pass_on(message)
            case "hush":
                playing.hush()
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
    count = len(heard.sent)
    playing.play_due(Seconds(now + 10.0))
    begun = [message for message in heard.sent[count:] if message[0] & 0xF0 == 0x90]
    assert after > 0 or begun == []


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


def test_a_release_of_ours_never_cuts_a_key_that_the_player_holds() -> None:
    playing, heard = voice()
    playing.pass_on(ON)
    playing.take([due(1.0, ON), due(1.1, OFF)])
    playing.play_due(Seconds(1.1))
    assert heard.sent == [ON, ON]
    playing.pass_on(OFF)
    assert (heard.sent, playing.farewell()) == ([ON, ON, OFF, OFF], [])


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
