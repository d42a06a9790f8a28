"""What `antiphon watch` shows of what happens."""

from typing import Any

from rich.console import Console

from antiphon.cli.watching import Watched, note


def text(*said: dict[str, Any]) -> str:
    watched, console = Watched(), Console(width=100, record=True, file=None, force_terminal=False)
    for one in said:
        watched.take(one, 10.0)
    with console.capture() as captured:
        console.print(watched.shown())
    return captured.get()


STATE = {
    "values": {"mode": "duet"},
    "ports": {"in": ["Keystation:out"], "out": []},
    "model": "default",
    "waiting": None,
}


def test_turn_mode_ports_and_the_last_notes_of_both_are_shown() -> None:
    shown = text(
        {"state": STATE},
        {"snapshot": {"turn": "playing", "tempo": 93.4}},
        {"heard": [[9.0, "903c40"], [9.1, "803c40"], [9.2, "b04040"]]},
        {"orders": [[10.02, "903d40"], [10.1, "904940"]]},
    )
    rows = dict(line.strip().split(maxsplit=1) for line in shown.splitlines() if len(line.split()) > 1)
    assert rows == {
        "turn": "playing",
        "mode": "duet",
        "tempo": "93 bpm",
        "model": "default",
        "in": "Keystation:out",
        "out": "nothing yet",
        "early": "20 ms at the least, 100 in the middle",
        "you": "C4",
        "antiphon": "C#4  C#5",
    }


def test_how_surprising_what_is_played_is_is_drawn_with_its_middle_and_nothing_is_weighed_twice() -> None:
    first = [[1.0, 0, 60, 70, False, 2.0], [1.1, 1, 60, 0, False, 11.9], [1.2, 0, 62, 70, True, None]]
    later = [*first, [2.0, 0, 64, 70, False, 30.0], [2.1, 0, 65, 70, True, 0.0]]
    shown = text({"snapshot": {"turn": "playing", "played": first}}, {"snapshot": {"turn": "playing", "played": later}})
    rows = [line.rstrip() for line in shown.splitlines() if line.startswith("surprise")]
    assert rows == ["surprise  ▂██  11.9", "surprise  ▁  0.0"]


def test_before_anything_is_known_it_is_starting_and_what_is_waited_for_is_said() -> None:
    assert "starting" in text()
    assert "no JACK server" in text({"state": {**STATE, "waiting": "no MIDI\nJACK: no JACK server is running"}})


def test_only_notes_that_begin_have_a_name() -> None:
    assert [note(bytes.fromhex(message)) for message in ("900c40", "907f01", "903c00", "803c40", "b04040")] == [
        "C0",
        "G9",
        "",
        "",
        "",
    ]
