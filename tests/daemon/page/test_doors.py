"""Only our own page, on this machine or with the token, gets in; and nobody may say too much."""

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from antiphon.page.app import app
from antiphon.page.doors import LARGEST, Allowance, Rules

HERE, STREAM = "http://127.0.0.1:8765", "ws://127.0.0.1:8765/ws"
WIDE = Rules("192.168.1.5", "secret")


def client(desk, rules=None, url=HERE):
    return TestClient(app(desk, rules or Rules()), base_url=url, follow_redirects=False)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "192.168.1.5:8765", "", "[::2]:8765"])
def test_a_host_that_is_not_ours_is_refused(desk, host) -> None:
    assert client(desk).get("/api/state", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "[::1]:8765", "LOCALHOST"])
def test_the_names_of_this_machine_are_ours(desk, host) -> None:
    assert client(desk).get("/api/state", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "https://127.0.0.1:8765", "http://127.0.0.1:9000", "null"])
def test_another_origin_can_neither_ask_nor_listen(desk, origin) -> None:
    visitor = client(desk)
    asked = visitor.post("/api/acts/panic", headers={"origin": origin})
    assert (asked.status_code, desk.acted) == (403, [])
    with pytest.raises(WebSocketDisconnect), visitor.websocket_connect(STREAM, headers={"origin": origin}):
        pass


def test_a_script_of_another_site_cannot_fetch_us_but_a_link_may_lead_here(desk) -> None:
    fetched = {"sec-fetch-site": "cross-site", "sec-fetch-dest": "script"}
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-dest": "document"}
    assert client(desk).get("/static/main.js", headers=fetched).status_code == 403
    assert client(desk).get("/", headers=followed).status_code == 200


def test_listening_wider_the_token_opens_and_is_kept_as_a_cookie(desk) -> None:
    visitor = client(desk, WIDE, "http://192.168.1.5:8765")
    assert visitor.get("/api/state").status_code == 401
    assert visitor.get("/?token=guess").status_code == 401
    opened = visitor.get("/?token=secret")
    assert (opened.status_code, opened.headers["location"]) == (303, "/")
    assert "HttpOnly" in opened.headers["set-cookie"]
    assert "SameSite=strict" in opened.headers["set-cookie"]
    assert visitor.get("/api/state").status_code == 200
    assert visitor.get("/api/state", headers={"host": "evil.example"}).status_code == 403


def test_nothing_foreign_may_run_on_the_page(desk) -> None:
    policy = client(desk).get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/..%5capp.py"]
)
def test_no_path_leads_out_of_the_pages_files(desk, path) -> None:
    assert client(desk).get(path).status_code == 404


def test_a_body_that_is_too_large_is_not_read_to_its_end(desk) -> None:
    json = {"content-type": "application/json"}
    assert client(desk).post("/api/parameters", content=b" " * (LARGEST + 1), headers=json).status_code == 413
    assert client(desk).post("/api/parameters", content=b"{}").status_code == 415


def test_an_allowance_lets_a_burst_through_and_then_an_even_stream() -> None:
    now = [0.0]
    allowance = Allowance(10.0, 3.0, lambda: now[0])
    assert [allowance.spend() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.1
    assert [allowance.spend() for _ in range(2)] == [True, False]


def test_too_many_requests_are_told_to_wait(desk) -> None:
    now = [0.0]
    visitor = TestClient(app(desk, Rules(), lambda: now[0]), base_url=HERE)
    answers = [visitor.post("/api/acts/hold").status_code for _ in range(110)]
    assert answers == [200] * 100 + [429] * 10
    now[0] = 1.0
    assert visitor.post("/api/acts/hold").status_code == 200
