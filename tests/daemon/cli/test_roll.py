"""The piano roll as a musician sees it, without its colours."""

import pytest
from rich.console import Console

from antiphon.cli.roll import draw
from antiphon.music.events import Event, note_off, note_on, pedal


def note(begins: float, ends: float, pitch: int) -> list[Event]:
    return [note_on(begins, pitch, 64), note_off(ends, pitch)]


def drawn(width: int, *parts: list[Event]) -> list[str]:
    names = ("player", "Antiphon")
    return draw(dict(zip(names, parts, strict=False)), width).plain.split("\n")


def test_two_parts_are_drawn_side_by_side_in_two_shades() -> None:
    assert drawn(45, [*note(0, 1, 60), *note(1, 2, 64)], note(2, 4, 62)) == [
        "  E4          ░░░░░░░░░░                    ",
        " D#4                                        ",
        "  D4                    ███████████████████ ",
        " C#4                                        ",
        "  C4 ░░░░░░░░░░.............................",
        "     0s       1s        2s       3s",
        "     ░░ player   ██ Antiphon",
    ]


def test_the_parts_differ_in_colour_too() -> None:
    console = Console(force_terminal=True, color_system="standard", width=60)
    with console.capture() as captured:
        console.print(draw({"player": note(0, 1, 60), "Antiphon": note(1, 2, 60)}, 45))
    assert "\x1b[36m░" in captured.get()
    assert "\x1b[35m█" in captured.get()


def test_one_note_fills_the_width() -> None:
    assert drawn(26, note(0, 2, 60)) == ["  C4 ░░░░░░░░░░░░░░░░░░░.", "     0s       1s", "     ░░ player"]


@pytest.mark.parametrize(("begins", "ends"), [(0.0, 0.0), (0.0, 1e-9), (0.0, 0.001)])
def test_a_piece_of_no_length_can_be_drawn(begins: float, ends: float) -> None:
    roll = drawn(26, note(begins, ends, 60))
    assert roll[0].startswith("  C4 ░")
    assert roll[1:] == ["     0s", "     ░░ player"]


@pytest.mark.parametrize("length", [1.0, 59.0, 3600.0, 86400.0, 1e6, 1e9])
def test_labels_of_the_time_stand_apart_however_long_the_piece(length: float) -> None:
    labels = drawn(80, note(0, length, 60))[1].split()
    assert labels[0] == "0s"
    assert len(labels) <= 12
    assert all(label[:-1].isdigit() and float(label[:-1]) <= length for label in labels)


def test_a_short_note_in_a_long_piece_is_seen() -> None:
    assert drawn(26, [*note(0, 1000, 60), *note(999.999, 1000, 61)])[0].count("░") == 1


def test_the_whole_keyboard_fits_into_22_rows() -> None:
    roll = drawn(40, [*note(0, 1, 0), *note(0, 1, 127)])
    assert len(roll) == 22 + 2
    labels = [line[:5].strip() for line in roll[:22]]
    assert labels[::-1][::2] == ["C-1", *(f"C{octave}" for octave in range(10))]
    assert set(labels[::-1][1::2]) == {""}
    assert roll[23].endswith("   a row is 6 semitones")


def test_only_the_rows_of_a_c_are_named_and_dotted_where_a_row_is_several_semitones() -> None:
    roll = drawn(26, [*note(0, 1, 59), *note(0, 2, 60), *note(1, 2, 61), *note(1, 2, 92)])
    assert [line[:6] for line in roll[-4:-2]] == ["  C4 ░", "     ░"]
    assert [line[:6] for line in roll if line[5:6] == "."] == ["  C6 .", "  C5 ."]
    assert [line[:5].strip() for line in roll[:-2]] == [*[""] * 4, "C6", *[""] * 5, "C5", *[""] * 5, "C4", ""]


@pytest.mark.parametrize("low", range(0, 128, 5))
def test_however_far_two_notes_are_apart_they_are_in_the_first_row_and_the_last_of_22_at_the_most(low: int) -> None:
    for high in range(low, 128, 7):
        roll = drawn(26, [*note(0, 1, low), *note(1, 2, high)])[:-2]
        assert len(roll) <= 22
        assert "░" in roll[0]
        assert "░" in roll[-1]


def test_overlapping_notes_of_one_key_are_both_drawn() -> None:
    twice = [note_on(0, 60, 64), note_on(1, 60, 64), note_off(2, 60), note_off(4, 60)]
    assert drawn(26, twice)[0] == "  C4 " + "░" * 19 + "."


def test_no_line_is_wider_than_was_asked_for() -> None:
    for width in range(26, 160, 7):
        lines = drawn(width, note(0, 12.3, 60), note(5, 77.7, 72))
        assert max(len(line) for line in lines[:-1]) < width


@pytest.mark.parametrize("parts", [[], [[]], [[], []], [[pedal(0, True), pedal(1, False)]], [[note_on(0, 60, 64)]]])
def test_no_notes_are_said_to_be_none(parts: list[list[Event]]) -> None:
    assert drawn(40, *parts) == ["(no notes)"]
