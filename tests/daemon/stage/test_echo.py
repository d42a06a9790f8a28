"""Whether what we play comes back."""

import pytest

from antiphon.stage.echo import ALIKE_S, ECHO_S, SURE, Echo


def on(pitch: int, velocity: int = 70, channel: int = 0) -> bytes:
    return bytes((0x90 | channel, pitch, velocity))


def off(pitch: int, channel: int = 0) -> bytes:
    return bytes((0x80 | channel, pitch, 64))


def looped(late: float = 0.02) -> Echo:
    echo = Echo()
    for n in range(SURE):
        echo.played(on(60 + n), n)
        assert not echo.ours(on(60 + n, channel=3), n + late)
    assert echo.looped
    return echo


def test_once_it_is_a_loop_what_is_ours_is_not_heard_and_the_players_notes_are() -> None:
    echo = looped()
    echo.played(on(50), 10.0)
    at = 10.025
    said = [echo.ours(message, at) for message in (on(50, channel=3), on(51), off(50, 3), off(51), off(50, 3))]
    assert said == [True, False, True, False, False]


def test_the_release_of_a_note_that_was_heard_before_is_heard() -> None:
    assert [looped().ours(off(60 + n, 3), 10.0) for n in range(SURE)] == [False] * SURE


def test_a_note_comes_back_once_as_late_as_the_others_and_as_loud_as_it_was() -> None:
    echo = looped()
    echo.played(on(50), 10.0)
    assert not echo.ours(on(50, velocity=71), 10.02)
    assert echo.ours(on(50), 10.02)
    assert not echo.ours(on(50), 10.021)
    echo.played(on(50), 20.0)
    assert not echo.ours(on(50), 20.02 + 1.5 * ALIKE_S)


def test_chords_come_back_in_a_loop_too_and_a_key_played_twice_is_told_apart() -> None:
    echo = looped()
    for key in (60, 64, 67, 60):
        echo.played(on(key), 10.0 + (key == 67) * 0.001)
    assert [echo.ours(on(key), 10.021) for key in (60, 64, 67, 60)] == [True] * 4


@pytest.mark.parametrize("late", [0.05, ECHO_S - 0.1])
def test_a_player_who_repeats_after_us_loses_no_note(late: float) -> None:
    echo = Echo()
    for n in range(200):
        echo.played(on(60 + n % 12), n)
        assert not echo.ours(on(60 + n % 12), n + late + 0.03 * (n % 3))
    assert not echo.looped


def test_a_player_who_repeats_only_some_of_what_we_play_is_no_loop() -> None:
    echo = Echo()
    for n in range(200):
        echo.played(on(60), n)
        echo.played(on(64), n + 0.01)
        assert not echo.ours(on(60), n + 0.1)
    assert not echo.looped


def test_a_loop_that_is_taken_apart_is_none_any_more() -> None:
    echo = looped()
    for n in range(SURE):
        echo.played(on(40 + n), 10.0 + n)
    assert not echo.ours(on(80), 10.0 + SURE)
    assert not echo.looped


def test_notes_of_the_players_own_in_between_do_not_hide_a_loop() -> None:
    echo = Echo()
    for n in range(SURE):
        echo.played(on(60 + n), n)
        assert not echo.ours(on(30), n + 0.01)
        assert not echo.ours(on(60 + n), n + 0.02)
    assert echo.looped
