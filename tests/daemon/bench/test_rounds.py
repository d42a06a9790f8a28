"""How what was sent is matched with what was due, and where moments are noted."""

from pathlib import Path

from antiphon.bench.crowd import framed
from antiphon.bench.ear import BARE, DIRECT, ECHOED, Way
from antiphon.bench.memory import MemoryIn, MemoryOut
from antiphon.bench.mind import numbered, scheduled
from antiphon.bench.rounds import Ends, Passages, Rounds, accompanied, paired
from antiphon.bench.stamps import STAGE, TAKEN, Stamp, Stamps


def test_each_message_is_matched_with_when_it_was_due_and_dropped_ones_are_passed_over() -> None:
    due = [Stamp(float(n), 0.0, scheduled(n)) for n in range(4)]
    sent = [Stamp(n + 0.25, 0.0, scheduled(n)) for n in (0, 2, 3)]
    assert paired(due, sent) == [(0.0, 0.25), (2.0, 0.25), (3.0, 0.25)]


def test_what_was_never_due_is_matched_with_nothing() -> None:
    assert paired([], [Stamp(1.0, 0.0, scheduled(1))]) == []


def test_every_numbered_note_is_another_one_and_fit_for_the_wire() -> None:
    notes = [numbered(0x90, number) for number in range(16_000)]
    assert len(set(notes)) == len(notes)
    assert all(note[1] < 128 and 0 < note[2] < 128 for note in notes)


def test_scheduled_messages_are_notes_that_begin_and_end() -> None:
    assert [scheduled(n) for n in range(3)] == [b"\x92\x7f\x01", b"\x82\x7f\x01", b"\x92\x7e\x01"]


def test_stamps_noted_by_one_are_read_by_another(tmp_path: Path) -> None:
    one, other = Stamps(tmp_path / "stamps"), Stamps(tmp_path / "stamps")
    one.note(1.5, 2.5, b"\x90\x3c\x40")
    other.note(3.0, 0.0, b"\xf8")
    assert one.since(0) == [Stamp(1.5, 2.5, b"\x90\x3c\x40"), Stamp(3.0, 0.0, b"\xf8")]
    assert one.since(1) == [Stamp(3.0, 0.0, b"\xf8")]


def test_ports_in_memory_keep_the_order_and_lose_what_nobody_hears(tmp_path: Path) -> None:
    output = MemoryOut(tmp_path, ["first", "absent"])
    output.send_message(b"\x90\x01\x01")
    listener = MemoryIn(tmp_path, "first")
    for key in (2, 3):
        output.send_message([0x90, key, 1])
    assert [listener.get_message() for _ in range(3)] == [([0x90, 2, 1], 0.0), ([0x90, 3, 1], 0.0), None]
    output.close_port()
    listener.close_port()


def test_a_frame_is_one_that_a_websocket_server_reads_back() -> None:
    frame = framed(b"hello")
    assert (frame[0], frame[1] & 0x80, frame[1] & 0x7F) == (0x81, 0x80, 5)
    assert bytes(byte ^ frame[2 + n % 4] for n, byte in enumerate(frame[6:])) == b"hello"


class Played:
    """An ear that heard what it is told it heard, while the stage took and sent what it is told."""

    def __init__(self, notes: dict[Path, list[bytes]], heard: dict[int, list[Stamp]]) -> None:
        self._notes, self._heard = notes, heard

    def heard(self) -> dict[int, list[Stamp]]:
        for path, messages in self._notes.items():
            for message in messages:
                Stamps(path).note(0.0, 0.0, message)
        self._notes = {}
        return self._heard

    def send(self, message: bytes) -> None:
        """Nowhere."""


def test_what_we_did_not_send_is_told_from_what_the_server_did_not_hand_on(tmp_path: Path) -> None:
    a, b, c, d = (numbered(0x90, n) for n in range(4))
    heard = {
        DIRECT: [Stamp(1.0, 0.0, a), Stamp(2.0, 0.0, b), Stamp(3.0, 0.0, c), Stamp(4.0, 0.0, d)],
        ECHOED: [Stamp(1.5, 0.0, a)],
        BARE: [Stamp(1.25, 0.0, a), Stamp(2.25, 0.0, b), Stamp(3.25, 0.0, c)],
    }
    played = Played({tmp_path / TAKEN: [a, b, c], tmp_path / STAGE: [a, b]}, heard)
    way = Way(False, tmp_path, ())
    found = Rounds(way, Ends(played, played)).passages(0.0)  # type: ignore[arg-type]  # no ports are needed
    assert found == Passages([0.5], [0.25] * 3, lost=1, unreceived=2)


def test_company_is_what_began_before_the_next_note_and_a_note_with_too_little_is_counted() -> None:
    sent = [Stamp(at, 0.0, bytes((status, 60, 80))) for at, status in ((1.25, 0x90), (1.5, 0x90), (1.75, 0x80))]
    sent += [Stamp(2.5, 0.0, b"\x90\x40\x50"), Stamp(3.25, 0.0, b"\x90\x40\x50"), Stamp(3.75, 0.0, b"\x90\x43\x50")]
    assert accompanied([1.0, 2.0, 3.0], sent, 2) == ([0.25, 0.25], [0.5, 0.75], 1)
