"""What a page says is done or refused; what it held when it left is let go."""

import contextlib
import json
import tempfile
from concurrent.futures import CancelledError
from pathlib import Path

import pytest
import schemathesis
from hypothesis import settings
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from tests.daemon.page.conftest import FakeDesk

from antiphon.core.parameters import REGISTRY
from antiphon.page.app import app
from antiphon.page.doors import Rules

HERE, STREAM = "http://127.0.0.1:8765", "ws://127.0.0.1:8765/ws"


@pytest.fixture
def visitor(desk):
    return TestClient(app(desk, Rules()), base_url=HERE)


@contextlib.contextmanager
def talk(visitor):
    # The test client may cut off the good-bye.
    with contextlib.suppress(CancelledError), visitor.websocket_connect(STREAM) as socket:
        yield socket


def test_what_is_turned_over_rest_is_turned_all_or_none(visitor, desk) -> None:
    assert visitor.post("/api/parameters", json={"pause": 1.5, "mode": "duet"}).json()["values"]["pause"] == 1.5
    refusable: list = [{"pause": 2.0, "mode": "waltz"}, {"paus": 1}, {"pause": "long"}, {"lock": "H moll"}, {}, [], 5]
    for wrong in refusable:
        refused = visitor.post("/api/parameters", json=wrong)
        assert refused.status_code == (409 if wrong == {"lock": "H moll"} else 422), wrong
        assert refused.json()["refused"]
    assert (desk.parameters.pause, desk.parameters.mode, desk.parameters.lowest) == (1.5, "duet", 21)


def test_a_model_is_called_for_by_the_name_of_one_that_is_installed_and_by_nothing_else(visitor, desk) -> None:
    assert [one["name"] for one in visitor.get("/api/models").json()] == ["fake", "other"]
    assert visitor.post("/api/models/other").json() == desk.state
    for wrong in ("mine", "../other", "%2Fetc%2Fpasswd", "other.onnx"):
        refused = visitor.post(f"/api/models/{wrong}")
        assert refused.status_code == 404, wrong
    with talk(visitor) as socket:
        socket.receive_json()
        for name in ("/etc/passwd", "fake"):
            socket.send_json({"model": name})
        assert "there are: fake, other" in socket.receive_json()["refused"]
        socket.send_json({"ping": 1})
        socket.receive_json()
    assert desk.acted == ["model other", "model fake"]


def test_a_page_is_told_how_things_stand_and_its_ping_is_answered_with_the_time(visitor, desk) -> None:
    with talk(visitor) as socket:
        assert socket.receive_json() == {"state": desk.state}
        socket.send_json({"ping": 7, "time": 1.0})
        answer = socket.receive_json()
        assert (answer["pong"], type(answer["time"])) == (7, float)


def hear_to_the_end(socket) -> None:
    while True:
        socket.receive_json()


@pytest.mark.parametrize(
    "said",
    [
        *("", "{", "[]", "5", '{"play": 5}', '{"play": "9"}', '{"play": "903c"}', '{"play": "90ffff"}'),
        *('{"play": "f8"}', '{"play": "zz"}', '{"change": {"pause": NaN}}', '{"change": {}}', '{"act": "explode"}'),
        *('{"open": "/etc/passwd"}', '{"change": {"pause": 1e999}}', "[" * 5000),
    ],
)
def test_what_is_no_message_is_refused_and_changes_nothing(visitor, desk, said) -> None:
    before = desk.state
    with talk(visitor) as socket:
        socket.receive_json()
        socket.send_text(said)
        assert list(socket.receive_json()) == ["refused"]
        socket.send_json({"ping": 1})
        assert socket.receive_json()["pong"] == 1
    assert (desk.state, desk.acted, desk.played) == (before, [], [])


def test_keys_that_a_page_holds_when_it_leaves_are_let_go(visitor, desk) -> None:
    with talk(visitor) as socket:
        socket.receive_json()
        for message in ("903c40", "904040", "803c40", "b0407f"):
            socket.send_json({"play": message})
        socket.send_json({"ping": 1})
        socket.receive_json()
    assert desk.played[:4] == ["903c40", "904040", "803c40", "b0407f"]
    assert sorted(desk.played[4:]) == ["804040", "b04000"]


def test_a_page_that_says_too_much_is_shown_out_and_its_keys_are_let_go(visitor, desk, monkeypatch) -> None:
    with talk(visitor) as socket:
        socket.receive_json()
        socket.send_json({"play": "903c40"})
        for _ in range(2000):
            socket.send_json({"ping": 1})
        with pytest.raises(WebSocketDisconnect) as left:
            hear_to_the_end(socket)
        assert (left.value.code, left.value.reason) == (1008, "too many messages")
    assert desk.played == ["903c40", "803c40"]


def test_the_description_names_every_parameter(visitor) -> None:
    described = visitor.get("/api/openapi.json").json()
    assert set(described["components"]["schemas"]["Values"]["properties"]) == set(REGISTRY)
    assert [one["name"] for one in visitor.get("/api/parameters").json()] == list(REGISTRY)


_FOLDER = tempfile.TemporaryDirectory(prefix="takes-")
_DESK = FakeDesk()
_DESK.takes = Path(_FOLDER.name)
_SCHEMA = schemathesis.openapi.from_dict(
    json.loads(TestClient(app(_DESK, Rules()), base_url=HERE).get("/api/openapi.json").content)
)


@_SCHEMA.parametrize()
@settings(max_examples=60)
def test_the_server_answers_as_described_whatever_is_asked(case) -> None:
    desk = FakeDesk()
    desk.takes = Path(_FOLDER.name)
    case.operation.app = app(desk, Rules())
    case.operation.schema.app = case.operation.app
    case.call_and_validate(base_url=HERE)
