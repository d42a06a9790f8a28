"""What plays side by side plays as the daemon does, and `judge` says what numbers can say of it."""

# ruff: noqa: E402  # Without torch the file is left out, before it imports what needs it.

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.training.pieces import TINY, Row, corpus_of, improvised, midi

from antiphon.core.answer import Answer
from antiphon.core.parameters import Parameters
from antiphon.core.past import Past, Played, after, beginning
from antiphon.errors import CorpusError
from antiphon.mind import onnx_model
from antiphon.music.events import Event, Kind, Seconds, note_off, note_on
from antiphon_training import cli
from antiphon_training.export import export
from antiphon_training.gallery import continuation
from antiphon_training.likeness import FEATURES
from antiphon_training.network import Network
from antiphon_training.onnx_graph import OnnxGraph
from antiphon_training.playing import Graph, play, primed
from antiphon_training.recall import STRETCH
from antiphon_training.samples import Sampling, samples, table
from antiphon_training.torch_graph import TorchGraph

pytestmark = pytest.mark.train
HASTY = Parameters().changed(longest_note=0.5)
PRIME = (note_on(0.0, 60, 80), note_on(0.01, 64, 70))
PRIME_RELEASED = (*PRIME, note_off(0.5, 60), note_off(0.6, 64))


@pytest.fixture(scope="module")
def network() -> Network:
    torch.manual_seed(4)
    return Network(TINY).eval()


@pytest.fixture(scope="module")
def model(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "tiny.onnx"
    card = {"data": [], "licence": "CC0", "scores": {}, "training": {}}
    export(network, path, card, steps=100)
    return path


@pytest.fixture
def graph(model: Path) -> Graph:
    return OnnxGraph(model.read_bytes(), TINY.layers, TINY.width)


def by_the_daemon(model: Path, prime: tuple[Event, ...], seed: int, begins: float, until: float) -> list[Event]:
    """One performance, as the daemon's model and core play it."""
    played, parameters, events = onnx_model.load(str(model)), HASTY.changed(seed=seed), list[Event]()
    past: Past = after(played, beginning(played, 0.0), [Played(event, True) for event in prime])
    answer = Answer(Seconds(begins), Seconds(until), Seconds(until), lively=False)
    while (following := answer.next(played, past, parameters)) is not None:
        event, past, answer = following
        events.append(event)
    return events


def test_performances_side_by_side_are_those_of_the_daemon(graph: Graph, model: Path) -> None:
    primes = [PRIME, (), PRIME[:1]]
    found = play(graph, [primed(graph, prime) for prime in primes], Seconds(1.0), Seconds(40.0), HASTY)
    expected = [by_the_daemon(model, prime, 1 + number, 1.0, 40.0) for number, prime in enumerate(primes)]
    assert [len(events) > 10 for events in found] == [True] * 3
    for ours, theirs in zip(found, expected, strict=True):
        assert [(e.kind, e.pitch, e.velocity) for e in ours] == [(e.kind, e.pitch, e.velocity) for e in theirs]
        assert [e.time for e in ours] == pytest.approx([e.time for e in theirs])


def test_torch_plays_what_its_graph_plays(graph: Graph, network: Network) -> None:
    ours, theirs = (
        play(each, [primed(each, PRIME)] * 34, Seconds(0.0), Seconds(6.0), HASTY)
        for each in (graph, TorchGraph(network))
    )
    assert len({tuple(events) for events in ours}) > 25  # Each has a seed of its own; some wait until the end.
    assert ours == theirs


def test_one_performance_by_itself_is_the_same_from_torch_and_from_its_graph(graph: Graph, network: Network) -> None:
    ours, theirs = (
        [continuation(each, PRIME_RELEASED, 20.0, 0.9, np.random.default_rng(seed)) for seed in range(4)]
        for each in (graph, TorchGraph(network))
    )
    assert sum(map(len, ours)) > 40
    assert ours == theirs


def test_all_that_is_begun_or_was_held_is_released_by_the_end(graph: Graph) -> None:
    [events] = play(graph, [primed(graph, PRIME)], Seconds(1.0), Seconds(4.0), HASTY)
    down = {event.pitch for event in PRIME}
    for event in (event for event in events if event.kind is not Kind.PEDAL):
        (down.add if event.starts else down.remove)(event.pitch)
    assert not down
    assert max(event.time for event in events) <= 4.0


def long(seed: int) -> list[Row]:
    """A piece of more than two minutes."""
    return improvised(seed, notes=1600, treads=0)


def test_a_report_says_how_it_played_what_is_like_and_what_was_replayed(graph: Graph) -> None:
    sets = [("heard", corpus_of(*map(long, range(3))))]
    learned = [corpus_of(*map(long, range(10, 14)))]
    told = samples(graph, sets, learned, Sampling(primes=4, runs=2, minutes=0.1, parameters=HASTY))
    assert json.loads(json.dumps(told)) == told
    assert told["sampling"]["longest_note"] == 0.5
    assert (told["likeness"]["primes"], list(told["likeness"]["features"])) == (4, list(FEATURES))
    for share in ("played", "real"):
        each = [found[share] for found in told["likeness"]["features"].values()]
        assert told["likeness"]["mean" if share == "played" else "real"] == pytest.approx(np.mean(each), abs=1e-4)
    assert told["recall"]["real"]["stretches"] >= 3 * 1000 // STRETCH
    assert told["recall"]["real"]["longest"] <= 12
    assert (told["endurance"]["runs"], told["endurance"]["longest_note_s"]) == (2, 0.5)
    lines = list(table(told))
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == [
        "played",
        "likeness,",
        "notes",
        "playing",
    ]


def test_what_was_learned_and_is_played_again_is_found(graph: Graph) -> None:
    heard = corpus_of(*map(long, range(3)))
    told = samples(graph, [("heard", heard)], [heard], Sampling(primes=3, runs=0))
    assert told["recall"]["real"]["median"] == STRETCH
    assert told["endurance"]["runs"] == 0


def test_too_little_music_is_said(graph: Graph) -> None:
    short = corpus_of(improvised(1))
    with pytest.raises(CorpusError, match="too little music"):
        samples(graph, [("short", short)], [short], Sampling())


@pytest.fixture
def music(tmp_path: Path) -> Path:
    for split, seeds in (("train", range(4)), ("test", range(10, 13))):
        (tmp_path / "music" / split).mkdir(parents=True)
        for seed in seeds:
            (tmp_path / "music" / split / f"{seed}.mid").write_bytes(midi(long(seed)))
    return tmp_path / "music"


def judged(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: object) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["antiphon-train", "judge", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_the_command_reports_both_beside_the_score(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, model: Path, music: Path
) -> None:
    words = (model, music, "--split", "test", "--no-pedal", "--baselines")
    status, out, _ = judged(capsys, monkeypatch, *words, "--samples", "--primes", 3, "--runs", 0, "--json")
    report = json.loads(out)
    assert (status, set(report)) == (0, {"sets", "total", "baselines", "samples"})
    assert report["baselines"]["total"]["events"] == report["total"]["events"]
    assert report["samples"]["sampling"]["pedal"] is False
    _, out, _ = judged(capsys, monkeypatch, *words)
    assert re.findall(r"^(\S+ ?\S+)", out, re.MULTILINE) == ["set", "music", "all of", "n-grams", "music", "all of"]


def test_judging_what_was_learned_from_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, model: Path, music: Path
) -> None:
    for words, status, part in (
        ((music, "--no-pedal", "--baselines"), 2, "is in what was learned from; judge other pieces"),
        ((music, "--split", "test", "--baselines"), 2, "--baselines: the n-grams know no pedal; add --no-pedal"),
        ((music / "test", "--no-pedal", "--baselines"), 1, "name what the model learned from with --learned-from"),
        ((music, "--samples", "--set", "warmth=1"), 2, "no parameter named 'warmth'"),
    ):
        found, out, err = judged(capsys, monkeypatch, model, *words)
        assert (found, out, err.count("\n")) == (status, "", 1)
        assert part in err
    others = ("--no-pedal", "--baselines", "--learned-from", music)
    assert judged(capsys, monkeypatch, model, music / "test", *others)[0] == 0
