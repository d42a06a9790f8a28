"""What the page's server says of takes: nothing but what is listed can be had."""

import asyncio
import sys
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse
from starlette.testclient import TestClient
from tests.daemon.page.conftest import FakeDesk

from antiphon.music import midifile
from antiphon.music.events import Seconds
from antiphon.music.midifile import Track
from antiphon.music.wire import Timed
from antiphon.page.app import app
from antiphon.page.doors import Rules
from antiphon.page.exporting import FORMS, Exporter
from antiphon.page.takes import routes

NOTES = (Timed(Seconds(0.5), b"\x90\x3c\x40"), Timed(Seconds(1.0), b"\x80\x3c\x40"))


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    folder = tmp_path / "takes"
    folder.mkdir()
    for name in ("one", "two"):
        midifile.write(folder / f"{name}.mid", [Track("player", NOTES), Track("Antiphon", NOTES)])
    (tmp_path / "secret.mid").write_bytes(b"MThd")
    (folder / ".half.mid").touch()
    (folder / "notes.txt").touch()
    return folder


@pytest.fixture
def visitor(desk: FakeDesk, takes: Path) -> TestClient:
    desk.takes = takes
    return TestClient(app(desk, Rules()), base_url="http://127.0.0.1:8765")


def test_takes_are_listed_the_newest_first_and_nothing_else_is(visitor: TestClient) -> None:
    assert [take["name"] for take in visitor.get("/api/takes").json()] == ["two", "one"]


def test_a_take_is_given_as_a_file_and_as_messages(visitor: TestClient, takes: Path) -> None:
    assert visitor.get("/api/takes/one").content == (takes / "one.mid").read_bytes()
    said = visitor.get("/api/takes/one/messages").json()["messages"]
    expected = [[0.5, "903c40"], [0.5, "903c40"], [1.0, "803c40"], [1.0, "803c40"]]
    assert [[pytest.approx(time, abs=0.002), text] for time, text, _ in said] == expected
    assert sorted(own for _, _, own in said) == [False, False, True, True]


@pytest.mark.parametrize("name", ["three", "..%2Fsecret", "%2E%2E%2Fsecret", ".half", "notes", "one.mid", "one%00"])
def test_what_is_not_listed_is_not_there(visitor: TestClient, takes: Path, name: str) -> None:
    for method, path in (("GET", ""), ("GET", "/messages"), ("DELETE", "")):
        answer = visitor.request(method, f"/api/takes/{name}{path}")
        assert answer.status_code == 404, (method, path)
    assert (takes.parent / "secret.mid").exists()


def test_a_take_is_thrown_away_once(visitor: TestClient, takes: Path) -> None:
    assert [take["name"] for take in visitor.delete("/api/takes/one").json()] == ["two"]
    assert visitor.delete("/api/takes/one").status_code == 404
    assert not (takes / "one.mid").exists()


def test_where_none_are_kept_nothing_is_served(desk: FakeDesk) -> None:
    visitor = TestClient(app(desk, Rules()), base_url="http://127.0.0.1:8765")
    assert visitor.get("/api/takes").status_code == 404
    assert "/api/takes" not in visitor.get("/api/openapi.json").json()["paths"]


def test_a_damaged_take_is_refused_in_words(visitor: TestClient, takes: Path) -> None:
    (takes / "torn.mid").write_bytes(b"MThd\0\0")
    answer = visitor.get("/api/takes/torn/messages")
    assert (answer.status_code, "torn.mid" in answer.json()["refused"]) == (409, True)


def answered(takes: Path, program: str, ending: str = "wav", longest_s: float = 20.0) -> tuple[int, str]:
    """The status and text where this python stands for the command; its arguments are sys.argv."""
    exporter = Exporter((sys.executable, "-c", program), longest_s)
    visitor = TestClient(Starlette(routes=routes(takes, lambda: None, exporter)))
    answer = visitor.get(f"/api/takes/one/as/{ending}")
    return answer.status_code, answer.text


def test_a_take_is_given_in_another_form_and_nothing_is_left_behind(
    visitor: TestClient, takes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    answer = visitor.get("/api/takes/one/as/musicxml")
    assert (answer.status_code, answer.headers["content-type"]) == (200, FORMS["musicxml"])
    assert b"<score-partwise" in answer.content
    assert list((tmp_path / "scratch").iterdir()) == []


def test_what_cannot_be_written_is_said_in_words(takes: Path) -> None:
    assert answered(takes, "import sys; sys.exit('antiphon: FluidSynth is not there')") == (
        409,
        "FluidSynth is not there",
    )
    several = "import sys, pathlib; [pathlib.Path(sys.argv[-1] + n).touch() for n in ('', '2')]"
    assert answered(takes, several, "svg")[0] == 409
    assert answered(takes, "import time; time.sleep(60)", longest_s=0.5)[0] == 503


def test_one_is_written_at_a_time(takes: Path) -> None:
    program = "import sys, time, pathlib; time.sleep(1); pathlib.Path(sys.argv[-1]).touch()"

    async def both() -> list[int]:
        exporter = Exporter((sys.executable, "-c", program))
        asked = (exporter.export(takes / f"{name}.mid", "wav") for name in ("one", "two"))
        answers = await asyncio.gather(*asked, return_exceptions=True)
        return [answer.status_code for answer in answers if isinstance(answer, FileResponse | HTTPException)]

    assert asyncio.run(both()) == [200, 429]


def test_only_known_endings_and_listed_takes_are_written(visitor: TestClient, takes: Path) -> None:
    assert answered(takes, "", "sh")[0] == 404
    assert visitor.get("/api/takes/..%2Fsecret/as/wav").status_code == 404
    described = visitor.get("/api/openapi.json").json()["paths"]["/api/takes/{name}/as/{ending}"]["get"]
    assert described["parameters"][1]["schema"]["enum"] == list(FORMS)


def test_the_roll_is_drawn_by_the_command_that_draws(takes: Path) -> None:
    program = "import sys, pathlib; pathlib.Path(sys.argv[-1]).write_text(' '.join(sys.argv[1:3] + [sys.argv[4]]))"
    assert answered(takes, program, "png") == (200, "takes show --picture")
    assert answered(takes, program, "pdf") == (200, "takes export --output")
