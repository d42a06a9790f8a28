"""What a run shows while it learns: samples that are music files, pictures, and TensorBoard's numbers."""

# ruff: noqa: E402  # Without torch the file is left out, before it imports what needs it.
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tests.training.pieces import TINY, corpus_of, improvised

from antiphon.music import midifile
from antiphon.music.vocabulary import key
from antiphon_training import gallery, pictures
from antiphon_training.network import Network
from antiphon_training.runs import Run
from antiphon_training.settings import Settings
from antiphon_training.torch_graph import TorchGraph

pytestmark = pytest.mark.train
CORPUS = corpus_of(*(improvised(seed, notes=200) for seed in range(2)), splits=["train", "valid"])
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def network() -> Network:
    torch.manual_seed(1)
    network = Network(TINY).eval()
    with torch.no_grad():
        network.time_out.bias[:80] += 5.0  # Left alone, an untrained network waits for seconds.
    return network


@pytest.fixture(scope="module")
def shown(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was judged twice."""
    run = Run(tmp_path_factory.mktemp("run"))
    run.begin(Settings(sizes=TINY), {})
    for step in (50, 100):
        terms = {"time": 4.0, "kind+pitch": 3.0, "velocity": 2.0}
        run.log({"step": step, "minutes": 1.0, "events": 1000 * step, "loss": 9.0, "rate": 1e-3})
        run.log({"step": step, "minutes": 1.0, "events": 1000 * step, "valid": 9.0 - step / 100, "terms": terms})
    shows = gallery.opened(run, CORPUS, 0)
    for record in run.records():
        shows.told(record)
    for step in (50, 100):
        shows.show(network, step)
    shows.close(run.records(), network)
    return run.folder


def test_the_same_noise_gives_the_same_continuation_and_nothing_hangs(network: Network) -> None:
    prime = gallery.prime_of(CORPUS.of(CORPUS.pieces[0]), 5.0)
    one, again, other = (
        gallery.continuation(TorchGraph(network), prime, 5.0, 1.0, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert one == again
    assert one != other
    assert len(one) > 20
    assert all(prime[-1].time <= event.time <= prime[-1].time + 5 for event in one)
    for events in (prime, one):
        down = dict[int, int]()
        for event in events:
            down[key(event)] = down.get(key(event), 0) + (1 if event.starts else -1)
            assert down[key(event)] >= 0
        assert set(down.values()) == {0}


def test_a_prime_is_the_beginning_of_a_piece_and_ends_where_it_is_cut() -> None:
    prime = gallery.prime_of(CORPUS.of(CORPUS.pieces[0]), 2.0)
    assert [event.time for event in prime] == sorted(event.time for event in prime)
    assert prime[-1].time <= 2.0


def test_samples_are_midi_files_with_what_was_heard_and_what_was_played(shown: Path) -> None:
    names = sorted(path.name for path in (shown / "samples").iterdir())
    assert names == ["00000050.mid", "00000050.png", "00000100.mid", "00000100.png"]
    tracks = {track.name: track.messages for track in midifile.read(shown / "samples" / "00000100.mid") if track.name}
    assert set(tracks) == {"heard", "played"}
    assert max(timed.time for timed in tracks["heard"]) <= 15.0 <= min(timed.time for timed in tracks["played"])
    assert (shown / "samples" / "00000100.png").read_bytes().startswith(PNG)


def test_a_run_ends_with_pictures_of_its_course_and_of_its_network(shown: Path) -> None:
    for name in ("loss.png", "network.png"):
        content = (shown / name).read_bytes()
        assert content.startswith(PNG)
        assert len(content) > 10_000


def test_tensorboard_has_the_numbers_the_weights_and_the_samples(shown: Path) -> None:
    found = EventAccumulator(str(shown / "tensorboard")).Reload()
    scalars = {name: [(at.step, round(at.value, 4)) for at in found.Scalars(name)] for name in found.Tags()["scalars"]}
    assert scalars["loss/unheard"] == [(50, 8.5), (100, 8.0)]
    assert scalars["loss/learning"] == [(50, 9.0), (100, 9.0)]
    assert scalars["terms/time"] == [(50, 4.0), (100, 4.0)]
    assert scalars["rate"] == [(50, 0.001), (100, 0.001)]
    assert set(scalars) >= {"terms/kind+pitch", "terms/velocity", "events a second"}
    assert "lstm.weight_hh_l0" in found.Tags()["histograms"]
    assert [at.step for at in found.Images("sample")] == [50, 100]


def test_a_run_that_was_stopped_at_once_has_a_picture_too(network: Network) -> None:
    assert pictures.png(pictures.loss_curve([])).startswith(PNG)
    assert pictures.pixels(pictures.piano_roll([], [], "nothing")).shape[2] == 3
    assert pictures.png(pictures.network(replace(TINY, layers=5), 1)).startswith(PNG)
