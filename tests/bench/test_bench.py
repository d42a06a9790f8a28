"""`antiphon bench` on a private JACK server. Bounds are generous ratios: a busy machine must not fail them."""

import json

import pytest
from tests.live.daemon import ask
from tests.live.jack_server import Jack

pytestmark = [pytest.mark.bench, pytest.mark.midi, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory):
    server = Jack(tmp_path_factory.mktemp("jack")).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def found(_server: Jack) -> dict:
    return json.loads(ask(_server, "bench", "--json", "--seconds", "5"))


@pytest.fixture(scope="module")
def figures(found: dict) -> dict:
    return {figure["name"]: figure for figure in found["figures"]}


def test_it_says_by_which_way_it_measured_and_what_it_compared_with(found: dict) -> None:
    assert found["through"] == "JACK ports, 64 frames at 48000 Hz"
    assert found["baseline"] in ("a bare JACK client in C", "a bare client in Python")


def test_everything_that_is_asked_for_is_measured(figures: dict) -> None:
    measured = {name for name, figure in figures.items() if figure["spread"]}
    assert measured >= {
        "model step, warm",
        "model step, after 20 ms of rest",
        "start to ready",
        "idle, all",
        "playing, all",
        "memory, all",
        "memory, stage",
        "handoff, stage to mind",
        "event in to bytes out",
        "event in to bytes out, page and model busy",
        "due-time error",
        "due-time error, page and model busy",
        "thru, added to a bare connection",
        "thru, added to a bare connection, page and model busy",
        "the same through the bare client",
        "company, its first note",
        "company, all of it",
        "notes without company",
        "idle, the bare client, to compare",
    }
    assert figures["drift"]["verdict"] == "n/a"


def test_nothing_is_lost_on_the_way(figures: dict) -> None:
    assert [figures[name]["spread"]["max"] for name in ("answers lost", "thru lost", "notes without company")] == [
        0,
        0,
        0,
    ]


def test_percentiles_come_in_their_order(figures: dict) -> None:
    for figure in figures.values():
        if spread := figure["spread"]:
            assert 0 <= spread["p50"] <= spread["p99"] <= spread["max"], figure


def test_a_scheduled_note_is_far_more_punctual_than_an_answer_that_has_to_be_composed(figures: dict) -> None:
    assert figures["due-time error"]["spread"]["p50"] < figures["event in to bytes out"]["spread"]["p50"]


def test_an_answer_takes_less_than_ten_times_the_step_and_the_handoff_it_is_made_of(figures: dict) -> None:
    made_of = figures["model step, after 20 ms of rest"], figures["handoff, stage to mind"]
    assert figures["event in to bytes out"]["spread"]["p50"] < 10 * sum(part["spread"]["p50"] for part in made_of)


def test_thru_adds_less_than_ten_periods_to_a_bare_connection(figures: dict) -> None:
    assert figures["thru, added to a bare connection"]["spread"]["p50"] < 10 * 64 / 48
