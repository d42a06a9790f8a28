"""Whatever is sent, what it owes is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.music.ledger import Ledger, owing, paying

# Few keys and channels, so that messages meet; a few bytes of anything else.
_TYPICAL = st.builds(
    lambda kind, channel, key, value: bytes((kind | channel, key, value)),
    st.sampled_from((0x80, 0x90, 0xA0, 0xB0)),
    st.integers(0, 1),
    st.sampled_from((60, 61, 64, 123)),
    st.integers(0, 127),
)
MESSAGES = st.lists(st.one_of(_TYPICAL, st.binary(max_size=4)))


def _after(*messages: str) -> Ledger:
    ledger = Ledger()
    for message in messages:
        ledger.note(bytes.fromhex(message))
    return ledger


@given(MESSAGES)
def test_nothing_is_owed_once_what_was_owed_is_sent(messages: list[bytes]) -> None:
    ledger = Ledger()
    for message in messages:
        ledger.note(message)
    for release in ledger.owed():
        ledger.note(release)
    assert ledger.owed() == []


@given(MESSAGES)
def test_every_debt_is_a_release(messages: list[bytes]) -> None:
    ledger = Ledger()
    for message in messages:
        ledger.note(message)
    assert [paying(release) for release in ledger.owed()] == ledger.owed()


@given(st.binary(max_size=4))
def test_no_message_both_starts_and_releases(message: bytes) -> None:
    assert owing(message) is None or paying(message) is None


def test_notes_are_released_before_pedals_each_on_its_channel() -> None:
    ledger = _after("b14064", "913c50", "903c50", "904050")
    assert [release.hex() for release in ledger.owed()] == ["803c40", "804040", "813c40", "b14000"]


def test_a_note_off_pays_whatever_its_form() -> None:
    assert _after("903c50", "904050", "803c00", "904000").owed() == []


def test_a_key_struck_twice_owes_two_releases_and_a_pedal_pressed_twice_one() -> None:
    assert [release.hex() for release in _after("903c50", "903c50", "b0407f", "b04050").owed()] == [
        "803c40",
        "803c40",
        "b04000",
    ]


@pytest.mark.parametrize("message", ["90ff40", "9f8040", "b0c040", "8fff00"])
def test_what_is_no_midi_moves_no_key(message: str) -> None:
    ledger = _after(message, "9fff40")
    assert (ledger.owed(), ledger.owes(bytes.fromhex(message))) == ([], False)


def test_a_release_that_nobody_owes_is_no_credit() -> None:
    assert [release.hex() for release in _after("803c40", "903c50").owed()] == ["803c40"]


@pytest.mark.parametrize("message", ["b07b00", "b07800", "b07900"])
def test_all_notes_off_pays_nothing_because_some_synthesizers_ignore_it(message: str) -> None:
    assert [release.hex() for release in _after("903c50", "b0407f", message).owed()] == ["803c40", "b04000"]
