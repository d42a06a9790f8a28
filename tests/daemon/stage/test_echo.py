"""Whether what we play comes back."""

from antiphon.stage.echo import ECHO_S, SURE, Echo


def on(pitch: int, velocity: int = 70, channel: int = 0) -> bytes:
    return bytes((0x90 | channel, pitch, velocity))


def off(pitch: int, channel: int = 0) -> bytes:
    return bytes((0x80 | channel, pitch, 64))


def looped() -> Echo:
    echo = Echo()
    for n in range(SURE):
        echo.played(on(60 + n), n)
        assert not echo.ours(on(60 + n, channel=3), n + 0.02)
    assert echo.looped
    return echo


def test_once_it_is_a_loop_what_is_ours_is_not_heard_and_the_players_notes_are() -> None:
    echo = looped()
    echo.played(on(50), 10.0)
    said = [echo.ours(message, 10.1) for message in (on(50, channel=3), on(51), off(50, 3), off(51), off(50, 3))]
    assert said == [True, False, True, False, False]


def test_the_release_of_a_note_that_was_heard_before_is_heard() -> None:
    assert [looped().ours(off(60 + n, 3), 10.0) for n in range(SURE)] == [False] * SURE


def test_a_note_comes_back_once_soon_and_as_loud_as_it_was() -> None:
    echo = looped()
    echo.played(on(50), 10.0)
    assert not echo.ours(on(50, velocity=71), 10.1)
    assert echo.ours(on(50), 10.1)
    assert not echo.ours(on(50), 10.2)
    echo.played(on(50), 20.0)
    assert not echo.ours(on(50), 20.01 + ECHO_S)


def test_a_player_who_now_and_then_plays_the_same_note_is_no_loop() -> None:
    echo = Echo()
    for n in range(200):
        echo.played(on(60), n)
        assert not echo.ours(on(60), n + 0.1)
        assert not echo.ours(on(64), n + 0.2)
    assert not echo.looped
