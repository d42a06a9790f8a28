"""What comes in that is a command is told to the guard, and is no music."""

import pytest

from antiphon.stage.commands import Commands


@pytest.fixture
def said() -> list[tuple[str, bytes]]:
    return []


@pytest.fixture
def commands(said: list[tuple[str, bytes]]) -> Commands:
    commands = Commands(lambda what, message: said.append((what, message)))
    commands.places = frozenset((b"\xb0\x14",))
    return commands


def test_only_what_is_some_controls_is_a_command(commands: Commands, said: list[tuple[str, bytes]]) -> None:
    messages = (b"\xb0\x14\x40", b"\xb1\x14\x40", b"\x90\x14\x40", b"\xf8")
    assert [commands.take(message) for message in messages] == [True, False, False, False]
    assert said == [("control", b"\xb0\x14\x40")]


@pytest.mark.parametrize("release", [b"\x89\x24\x00", b"\x99\x24\x00"])
def test_the_first_knob_or_pad_that_moves_is_learned_and_a_pads_release_is_no_music(
    commands: Commands, said: list[tuple[str, bytes]], release: bytes
) -> None:
    commands.learning = True
    messages = (b"\xf8", b"\xb0\x40\x7f", b"\x99\x24\x40", b"\x90\x3c\x40", release, release)
    assert [commands.take(message) for message in messages] == [False, False, True, False, True, False]
    assert said == [("learned", b"\x99\x24\x40")]


@pytest.mark.parametrize("learned", [True, False])
def test_the_release_of_a_key_that_was_music_when_it_went_down_is_music(commands: Commands, learned: bool) -> None:
    press, release = b"\x90\x24\x40", b"\x80\x24\x00"
    assert not commands.take(press)
    if learned:
        commands.learning = True
    else:
        commands.places = frozenset((press[:2], release[:2]))
    assert commands.take(press)
    assert [commands.take(release) for _ in range(2)] == [False, True]
