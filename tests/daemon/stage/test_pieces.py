"""System exclusive messages come whole, also where the system hands them out in pieces."""

from hypothesis import given
from hypothesis import strategies as st

from antiphon.stage.pieces import Pieces

MOST = 100
DATA = st.binary().map(lambda given: bytes(byte & 0x7F for byte in given))


def joined(*pieces: bytes, most: int = MOST) -> list[bytes]:
    ours = Pieces(most)
    return [message for piece in pieces for message in ours.joined(piece)]


@given(DATA, st.lists(st.integers(1, 300), max_size=5))
def test_wherever_it_is_cut_it_is_the_same_again(data: bytes, cuts: list[int]) -> None:
    message = b"\xf0" + data + b"\xf7"
    ends = sorted({cut for cut in cuts if cut < len(message)} | {len(message)})
    pieces = [message[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
    assert joined(*pieces, most=len(message) + 1) == [message]


def test_a_clock_goes_on_within_and_waits_for_nothing() -> None:
    assert joined(b"\xf0\x7d\x01", b"\xf8", b"\x02\xf7") == [b"\xf8", b"\xf0\x7d\x01\x02\xf7"]


def test_a_note_breaks_it_off_and_both_are_handed_on() -> None:
    assert joined(b"\xf0\x7d", b"\x90\x3c\x40", b"\x01\xf7") == [b"\xf0\x7d", b"\x90\x3c\x40", b"\x01\xf7"]


def test_what_is_joined_to_one_that_was_broken_off_is_heard() -> None:
    assert joined(b"\xf0\x7d\x90\x3c\x40", b"\x80\x3c\x40") == [b"\xf0\x7d", b"\x90\x3c\x40", b"\x80\x3c\x40"]
    assert joined(b"\xf0\x7d", b"\x01\x90\x3c\x40") == [b"\xf0\x7d\x01", b"\x90\x3c\x40"]


def test_a_clock_in_one_stays_there() -> None:
    assert joined(b"\xf0\x7d\xf8\x01\xf7") == [b"\xf0\x7d\xf8\x01\xf7"]


def test_another_that_begins_breaks_it_off() -> None:
    assert joined(b"\xf0\x01", b"\xf0\x02\xf7", b"\xf7") == [b"\xf0\x01", b"\xf0\x02\xf7", b"\xf7"]


def test_as_many_as_there_is_room_for_in_one_piece_are_taken_apart() -> None:
    assert joined(b"\xf0" * 16_000, b"\xf7") == [b"\xf0"] * 15_999 + [b"\xf0\xf7"]


def test_of_one_without_an_end_no_more_is_kept_than_was_agreed() -> None:
    ours = Pieces(MOST)
    assert ours.joined(b"\xf0" + bytes(60)) == []
    assert ours.joined(bytes(60)) == [b"\xf0" + bytes(120)]
    assert ours.joined(b"\x90\x3c\x40") == [b"\x90\x3c\x40"]


@given(st.lists(st.binary(max_size=12)))
def test_no_byte_is_lost_or_moved_but_those_of_a_clock(pieces: list[bytes]) -> None:
    ours = Pieces(MOST)
    handed = [message for piece in pieces for message in ours.joined(piece)]
    handed += [message for message in ours.joined(b"\x90") if message != b"\x90"]

    def rest(parts: list[bytes]) -> bytes:
        return b"".join(part for part in parts if not part or part[0] < 0xF8)

    assert rest(handed) == rest(pieces)
