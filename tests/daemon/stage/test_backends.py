"""A backend is found by name or by trying, and one that is not there says what to do."""

import os
from collections.abc import Callable

import pytest

from antiphon.errors import PortError
from antiphon.stage.backends import Backend, choose, known
from antiphon.stage.quiet import quiet


def _where_there_is(*working: str) -> Callable[[Backend], str]:
    return lambda backend: "" if backend.name in working else f"{backend.name} is asleep"


@pytest.mark.parametrize(
    ("platform", "working", "found"),
    [
        ("linux", ("alsa", "jack"), "alsa"),
        ("linux", ("jack",), "jack"),
        ("darwin", ("coremidi",), "coremidi"),
        ("win32", ("winmm",), "winmm"),
    ],
)
def test_auto_takes_the_first_that_works(platform: str, working: tuple[str, ...], found: str) -> None:
    assert choose("auto", platform, _where_there_is(*working)).name == found


def test_a_name_is_obeyed_even_where_another_works_too() -> None:
    assert choose("jack", "linux", _where_there_is("alsa", "jack")).name == "jack"


def test_where_none_works_every_reason_is_given() -> None:
    with pytest.raises(PortError) as refused:
        choose("auto", "linux", _where_there_is())
    assert str(refused.value) == "no MIDI backend works here.\nALSA: alsa is asleep\nJACK: jack is asleep"


def test_a_backend_of_another_system_is_refused_with_those_of_this_one() -> None:
    with pytest.raises(PortError) as refused:
        choose("coremidi", "linux", _where_there_is("alsa"))
    assert str(refused.value) == "no MIDI backend named 'coremidi' on this system; there are: auto, alsa, jack"


def test_an_unknown_system_has_no_backend() -> None:
    assert known("plan9") == []


def test_what_a_library_prints_while_it_is_kept_quiet_is_not_seen(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet(), quiet():
        os.write(2, b"no server\n")
    os.write(2, b"seen\n")
    assert capfd.readouterr().err == "seen\n"


def test_quiet_ends_with_an_exception(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError, match="no server"), quiet():
        raise OSError("no server")
    os.write(2, b"seen\n")
    assert capfd.readouterr().err == "seen\n"
