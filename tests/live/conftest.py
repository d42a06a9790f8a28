"""A private JACK server and a musician, for every live test."""

from collections.abc import Iterator

import pytest
from tests.live.jack_player import Player
from tests.live.jack_server import Jack


@pytest.fixture(scope="session")
def _lasting_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jack]:
    server = Jack(tmp_path_factory.mktemp("jack")).start()
    yield server
    server.stop()


@pytest.fixture
def jack(_lasting_server: Jack, monkeypatch: pytest.MonkeyPatch) -> Jack:
    """A running server that clients in this process and in those it starts will join. Not to be killed."""
    assert _lasting_server.running, "an earlier test ended the server it shares with others"
    for name, value in _lasting_server.env.items():
        monkeypatch.setenv(name, value)
    return _lasting_server


@pytest.fixture
def own_jack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jack]:
    """A server for this test alone, which may kill it. Only for clients in processes of their own: pass on its env."""
    server = Jack(tmp_path_factory.mktemp("jack")).start()
    yield server
    server.stop()


@pytest.fixture
def player(jack: Jack) -> Iterator[Player]:
    """A musician on that server, connected to nothing yet."""
    with Player(jack) as musician:
        yield musician
