"""Where PipeWire listens, the command that reaches it, and a line to it that ends when it does."""

import socket
import sys
import sysconfig
from pathlib import Path

import pytest

from antiphon.stage import pipewire
from antiphon.stage.lifeline import Lifeline, trace

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="PipeWire is Linux's")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("PIPEWIRE_REMOTE", "PIPEWIRE_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "none-such")
    return tmp_path


def test_the_library_of_this_architecture_is_taken(home: Path) -> None:
    ours = sysconfig.get_config_var("MULTIARCH") or "x86_64-linux-gnu"
    for architecture in ("aaa-linux-gnu", ours):
        (home / architecture / "pipewire-0.3/jack").mkdir(parents=True)
        (home / architecture / "pipewire-0.3/jack/libjack.so.0").touch()
    library = home / ours / "pipewire-0.3/jack/libjack.so.0"
    assert pipewire.remedy([home]) == f"LD_PRELOAD={library} antiphon run --backend jack"


def test_where_there_is_none_the_package_is_named(home: Path) -> None:
    assert "sudo apt install pipewire-jack" in pipewire.remedy([home])


def test_nowhere_is_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert (pipewire.path(), pipewire.there()) == ("", False)


def test_it_is_watched_as_jackd_is(home: Path) -> None:
    assert not pipewire.there()
    assert Lifeline.to_server() is None
    before = trace()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(home / "pipewire-0"))
        server.listen()
        assert (pipewire.there(), trace() == before, Lifeline.to_jackd()) == (True, False, None)
        line = Lifeline.to_server()
        assert line
        theirs, _ = server.accept()
        theirs.send(b"whatever it has to say")
        assert line.holds()
        theirs.close()
        assert not line.holds()
        line.close()
