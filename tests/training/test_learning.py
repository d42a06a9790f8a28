"""Learning from one player, on players and a model that the test makes: it helps, it does not forget, or it says no."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.training.pieces import TINY, corpus_of, improvised, midi

from antiphon.errors import CorpusError, TrainingError

pytest.importorskip("torch")

import torch

from antiphon_training import export, fit, holding, learning, runs, teaching
from antiphon_training.corpus import prepare
from antiphon_training.holding import KEPT, YOURS
from antiphon_training.learning import FORGOTTEN, Effort, insist
from antiphon_training.network import Network
from antiphon_training.onnx_graph import OnnxGraph
from antiphon_training.settings import Settings
from antiphon_training.teaching import teach

pytestmark = [pytest.mark.train, pytest.mark.timeout(300)]

EFFORT = Effort(minutes=0.2, performances=12, seconds=10.0)


def player(seed: int, low: int, gap: int, notes: int = 160) -> bytes:
    """A player with a way of their own: one scale from `low` on, notes `gap` ms apart."""
    rng, rows, now = np.random.default_rng(seed), list[tuple[int, int, int, int]](), 0
    for number in range(notes):
        key = low + (0, 2, 4, 7, 9)[(number + int(rng.integers(0, 2))) % 5]
        now += gap + int(rng.integers(0, 12))
        rows += [(now, key, int(rng.integers(50, 90)), 0), (now + gap // 2, key, 0, 0)]
    return midi(rows)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that has learned a little of everything."""
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(1)
    music = corpus_of(*(improvised(seed, 200) for seed in range(8)), splits=["train"] * 7 + ["valid"])
    settings = replace(Settings(sizes=TINY, minutes=0.3, streams=8, window=32, patience=0), rate=5e-3)
    network = fit.fit(music, runs.Run(folder / "run"), settings)
    export.export(network, folder / "known.onnx", {"data": ["made"], "licence": "none"}, steps=200)
    return folder / "known.onnx"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "me"
    folder.mkdir()
    for number in range(9):
        (folder / f"{number}.mid").write_bytes(player(number, 60, 150))
    return folder


def learned(folder: Path, model: Path, scratch: Path) -> learning.Learned:
    network = export.network_of(model)
    graph = OnnxGraph(model.read_bytes(), network.sizes.layers, network.sizes.width)
    return learning.learn([folder], network, graph, scratch, EFFORT, lambda what, done: None)


def test_a_players_held_back_music_is_expected_better_and_nothing_is_forgotten(
    files: Path, model: Path, tmp_path: Path
) -> None:
    report = learned(files, model, tmp_path / "scratch").report
    gain = report[YOURS]["before"]["nats_per_event"] - report[YOURS]["after"]["nats_per_event"]
    forgotten = report[KEPT]["after"]["nats_per_event"] - report[KEPT]["before"]["nats_per_event"]
    assert gain > 0.1
    assert forgotten <= learning.FORGOTTEN
    assert report["pieces"] == 9
    assert 0 < report["share"] <= 1


def test_it_is_this_player_that_was_learned_and_not_music_in_general(files: Path, model: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for number in range(9):
        (other / f"{number}.mid").write_bytes(player(number, 38, 430))
    mine, theirs = (learned(folder, model, tmp_path / f"s-{folder.name}") for folder in (files, other))
    for of, not_of in ((mine, theirs), (theirs, mine)):
        music = [of.tests[0]]
        own = learning._scores(of.network, music)[YOURS]["nats_per_event"]
        foreign = learning._scores(not_of.network, music)[YOURS]["nats_per_event"]
        known = learning._scores(export.network_of(model), music)[YOURS]["nats_per_event"]
        assert own < foreign - 0.1
        assert own < known - 0.1


def test_teaching_writes_a_model_that_plays_and_says_what_it_was_worth(
    files: Path, model: Path, tmp_path: Path
) -> None:
    told = list[tuple[str, float]]()
    effort = {"minutes": 0.15, "performances": 8, "seconds": 5.0}
    output = tmp_path / "out" / "mine.onnx"
    report = teach([files], str(model), output, tmp_path / "mine.png", effort, lambda *said: told.append(said), 200)
    assert sorted(path.name for path in output.parent.iterdir()) == ["mine.json", "mine.onnx", "mine.safetensors"]
    card = json.loads(output.with_suffix(".json").read_text())
    assert card["data"] == ["made", "your own playing"]
    assert card["training"]["from"] == "known"
    assert (tmp_path / "mine.png").read_bytes().startswith(b"\x89PNG")
    assert [done for _, done in told] == sorted(done for _, done in told)
    assert list(dict.fromkeys(what for what, _ in told)) == list(teaching._WEIGHTS)
    said = "\n".join(teaching.words(report))
    assert "times as likely" in said
    assert f"{report[YOURS]['after']['nats_per_event']:.3f} after" in said


def test_a_second_lesson_from_the_command_line_says_lines_for_programs(
    files: Path, model: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "antiphon_training.cli", "learn", str(files), "--from", str(model), "--json"]
    brief = ["--minutes", "0.1", "--performances", "8", "--seconds", "5", "--steps", "200"]
    more = ["--output", str(tmp_path / "x.onnx"), *brief]
    done = subprocess.run([*command, *more], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *lines, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(set(line) == {"what", "done"} for line in lines)
    assert last["report"]["model"] == "x"


def test_music_that_teaches_nothing_installs_nothing(model: Path, tmp_path: Path) -> None:
    """What is learned is a scale up; what is held back is noise."""
    folder = tmp_path / "me"
    folder.mkdir()
    for number in range(9):
        (folder / f"{number}.mid").write_bytes(player(number, 60, 150, 60))
    found = prepare([folder], tmp_path / "corpus")
    held = holding.held_out(found, np.random.default_rng(EFFORT.seed))
    for piece in held.only("test").pieces:
        (folder / piece.name).write_bytes(midi(improvised(99 + piece.start, 60, treads=0)))
    network = export.network_of(model)
    graph = OnnxGraph(model.read_bytes(), network.sizes.layers, network.sizes.width)
    output = tmp_path / "mine.onnx"
    with pytest.raises(TrainingError, match=r"does not carry over .* nothing was kept"):
        learning.learn([folder], network, graph, tmp_path / "s", EFFORT, lambda what, done: None)
    assert not output.exists()


def test_too_little_music_is_said(model: Path, tmp_path: Path) -> None:
    (tmp_path / "one.mid").write_bytes(player(1, 60, 150, 20))
    with pytest.raises(CorpusError, match="only 40 events to learn from; play for some minutes"):
        teach([tmp_path / "one.mid"], str(model), tmp_path / "x.onnx", None, {})
    assert list(tmp_path.glob("x.*")) == []


def test_of_few_pieces_stretches_are_held_back_and_none_is_on_both_sides(tmp_path: Path) -> None:
    (tmp_path / "one.mid").write_bytes(player(1, 60, 150, 300))
    (tmp_path / "two.mid").write_bytes(player(2, 60, 150, 300))
    found = holding.held_out(prepare([tmp_path], tmp_path / "corpus"), np.random.default_rng(1))
    events = {split: sum(p.stop - p.start for p in found.only(split).pieces) for split in ("train", "valid", "test")}
    assert sum(events.values()) == 1200
    assert events["valid"] == pytest.approx(1200 / 7, rel=0.2)
    assert events["test"] == pytest.approx(1200 / 7, rel=0.2)
    for piece in found.pieces:
        down = np.cumsum(np.where(found.of(piece)["velocity"] > 0, 1, -1))
        assert down.min() >= 0
        assert down[-1] == 0


def test_of_many_pieces_whole_ones_are_held_back(files: Path, tmp_path: Path) -> None:
    found = holding.held_out(prepare([files], tmp_path / "corpus"), np.random.default_rng(1))
    assert sorted(piece.split for piece in found.pieces) == ["test"] * 2 + ["train"] * 6 + ["valid"]
    assert len({piece.name for piece in found.pieces}) == 9


def test_a_mixture_of_none_is_what_was_known_and_of_all_what_was_learned() -> None:
    torch.manual_seed(1)
    one, two = Network(TINY).eval(), Network(TINY).eval()
    for share, same in ((0.0, one), (1.0, two)):
        mixed = learning.mixture(one, two, share)
        assert all(torch.allclose(a, b) for a, b in zip(mixed.parameters(), same.parameters(), strict=True))
    half = learning.mixture(one, two, 0.5)
    for a, b, c in zip(half.parameters(), one.parameters(), two.parameters(), strict=True):
        assert torch.allclose(a, (b + c) / 2, atol=1e-6)


@pytest.mark.parametrize(
    ("share", "yours", "kept", "said"),
    [
        (0.6, (5.0, 4.5), (3.0, 3.01), ""),
        (0.0, (5.0, 4.5), (3.0, 3.0), "does not carry over"),
        (0.6, (5.0, 5.2), (3.0, 3.0), "does not carry over"),
        (0.6, (5.0, 4.5), (3.0, 3.0 + 2 * FORGOTTEN), "forgot too much"),
    ],
)
def test_a_model_that_got_worse_on_either_is_not_kept(
    share: float, yours: tuple[float, float], kept: tuple[float, float], said: str
) -> None:
    report = {
        name: {when: {"nats_per_event": nats} for when, nats in zip(("before", "after"), scores, strict=True)}
        for name, scores in ((YOURS, yours), (KEPT, kept))
    }
    if not said:
        insist({"share": share, **report})
        return
    with pytest.raises(TrainingError, match=said):
        insist({"share": share, **report})
