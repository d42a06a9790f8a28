"""An export is three files that belong together, or none: the graph plays what torch plays, or nothing is written."""

# ruff: noqa: E402  # Without torch the file is left out, before it imports what needs it.
import copy
import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file
from tests.training.pieces import TINY

from antiphon.errors import ModelError, TrainingError
from antiphon_training import pair
from antiphon_training.drawing import draw
from antiphon_training.export import Drawn, export, network_of, publish
from antiphon_training.network import Network
from antiphon_training.parity import Parity, insist
from antiphon_training.rounding import rounded

pytestmark = pytest.mark.train
CARD = {"data": ["etudes"], "licence": "CC0", "scores": {"etudes": 7.5}, "training": {"minutes": 3}}
STEPS = 300


@pytest.fixture
def network() -> Network:
    torch.manual_seed(5)
    return Network(TINY).eval()


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_graph_plays_what_torch_plays_step_for_step(network: Network, tmp_path: Path) -> None:
    found = export(network, tmp_path / "etude.onnx", CARD, steps=STEPS)
    assert found.fp32.steps == STEPS
    assert found.fp32.agreement == 1
    assert max(found.fp32.hidden, found.fp32.cell) <= 1e-5
    assert found.int8 is None


def test_a_model_is_three_files_and_its_card_says_what_it_is(network: Network, tmp_path: Path) -> None:
    export(network, tmp_path / "models" / "etude.onnx", CARD, steps=20, score=lambda graph: {"held out": len(graph)})
    card = json.loads((tmp_path / "models" / "etude.json").read_text())
    assert set(files(tmp_path / "models")) == {"etude.onnx", "etude.json", "etude.safetensors"}
    assert card["scores"] == {"etudes": 7.5, "held out": card["files"]["onnx"]["bytes"]}
    assert {name: card[name] for name in ("data", "licence", "training")} == {n: CARD[n] for n in CARD if n != "scores"}
    assert (card["name"], card["format"], card["quantised"]) == ("etude", "antiphon-lstm", "no")
    assert pair.graph(tmp_path / "models" / "etude.onnx") == (tmp_path / "models" / "etude.onnx").read_bytes()


def test_a_model_can_be_exported_again_from_its_weights(network: Network, tmp_path: Path) -> None:
    export(network, tmp_path / "one.onnx", CARD, steps=20)
    export(network_of(tmp_path / "one.onnx"), tmp_path / "two.onnx", CARD, steps=20)
    assert (tmp_path / "one.onnx").read_bytes() == (tmp_path / "two.onnx").read_bytes()
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()


def test_a_graph_that_plays_something_else_is_refused_and_the_old_model_stays(network: Network, tmp_path: Path) -> None:
    models = tmp_path / "models"
    export(network, models / "etude.onnx", CARD, steps=20)
    before = files(models)
    torch.manual_seed(6)
    other = draw(Network(TINY), tmp_path / "other.onnx")

    with pytest.raises(TrainingError, match="does not play what torch plays"):
        publish(Drawn(network, other, None), models / "etude.onnx", {}, steps=50)

    assert files(models) == before


def test_an_export_that_cannot_take_its_place_leaves_the_old_files(network: Network, tmp_path: Path) -> None:
    export(network, tmp_path / "etude.onnx", CARD, steps=20)
    (tmp_path / "etude.json").unlink()
    (tmp_path / "etude.json").mkdir()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    torch.manual_seed(6)

    with pytest.raises(TrainingError, match="cannot write here"):
        export(Network(TINY), tmp_path / "etude.onnx", CARD, steps=20)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before
    assert (tmp_path / "etude.json").is_dir()


def test_an_export_into_a_place_that_cannot_be_is_said(network: Network, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(TrainingError, match="choose another --output"):
        export(network, tmp_path / "file" / "etude.onnx", CARD, steps=20)


def test_int8_plays_what_the_rounded_network_plays_and_says_what_rounding_cost(
    network: Network, tmp_path: Path
) -> None:
    scores = iter([{"etudes": 7.5}, {"etudes": 7.501}])
    found = export(network, tmp_path / "small.onnx", CARD, int8=True, steps=STEPS, score=lambda graph: next(scores))
    assert found.int8 is not None
    assert found.int8.agreement >= 0.998
    assert found.cost == pytest.approx(0.001)
    card = pair.card(tmp_path / "small.onnx")
    assert (card["quantised"], card["scores"]["etudes"]) == ("int8", 7.501)
    kept = network_of(tmp_path / "small.onnx")
    torch.testing.assert_close(kept.context.weight, rounded(copy.deepcopy(network)).context.weight)
    assert not torch.equal(kept.context.weight, network.context.weight)


def test_where_int8_may_be_left_out_a_network_that_it_costs_too_much_stays_as_it_is(
    network: Network, tmp_path: Path
) -> None:
    for said, quantised in (([7.5, 7.506, 7.501], "no"), ([7.5, 7.501, 7.501], "int8")):

        def score(graph: bytes, said: list[float] = said) -> dict[str, float]:
            return {"etudes": said.pop(0)}

        export(network, tmp_path / "a.onnx", CARD, True, 20, score=score, if_cheap=True)
        assert json.loads((tmp_path / "a.json").read_text())["quantised"] == quantised
    plain = export(network, tmp_path / "b.onnx", CARD, False, 20)
    assert (plain.int8, plain.cost) == (None, None)


def test_int8_that_expects_less_of_the_music_is_refused(network: Network, tmp_path: Path) -> None:
    scores = iter([{"etudes": 7.5, "songs": 7.0}, {"etudes": 7.5, "songs": 7.006}])
    with pytest.raises(TrainingError, match=r"int8 costs 0\.0060 nats"):
        export(network, tmp_path / "small.onnx", CARD, int8=True, steps=20, score=lambda graph: next(scores))
    assert files(tmp_path) == {}


@pytest.mark.parametrize(
    ("fp32", "int8", "refused"),
    [
        (Parity(1000, 1.0, 1e-6, 9e-6), None, None),
        (Parity(1000, 0.999, 1e-6, 1e-6), None, "does not play what torch plays"),
        (Parity(1000, 1.0, 1e-6, 2e-5), None, "does not play what torch plays"),
        (Parity(1000, 1.0, float("nan"), 0.0), None, "does not play what torch plays"),
        (Parity(1000, 1.0, 0.0, 0.0), Parity(1000, 0.998, 1.0, 1.0), None),
        (Parity(1000, 1.0, 0.0, 0.0), Parity(1000, 0.997, 0.0, 0.0), "leave out --int8"),
    ],
)
def test_fp32_must_agree_in_every_sample_and_int8_in_nearly_every_one(
    fp32: Parity, int8: Parity | None, refused: str | None
) -> None:
    try:
        insist(fp32, int8)
        said = None
    except TrainingError as error:
        said = str(error)
    assert (said is None) if refused is None else (said is not None and refused in said)


def test_weights_that_would_be_too_large_are_kept_as_fp16(tmp_path: Path) -> None:
    large = Network(type(TINY)(width=800, layers=2, keys=16, head=16)).eval()
    export(large, tmp_path / "large.onnx", CARD, steps=3)
    weights = load_file(tmp_path / "large.safetensors")
    assert {value.dtype for value in weights.values()} == {torch.float16}
    assert (tmp_path / "large.safetensors").stat().st_size < 20_000_000 * 0.95
    torch.testing.assert_close(network_of(tmp_path / "large.onnx").context.weight, weights["context.weight"].float())


@pytest.mark.parametrize("ending", [".json", ".safetensors"])
def test_a_model_without_its_weights_or_card_cannot_be_gone_on_from(
    network: Network, tmp_path: Path, ending: str
) -> None:
    export(network, tmp_path / "etude.onnx", CARD, steps=3)
    (tmp_path / f"etude{ending}").write_bytes(b"{}")
    with pytest.raises((ModelError, TrainingError), match="etude"):
        network_of(tmp_path / "etude.onnx")


def test_a_damaged_graph_is_not_read(network: Network, tmp_path: Path) -> None:
    export(network, tmp_path / "etude.onnx", CARD, steps=3)
    (tmp_path / "etude.onnx").write_bytes((tmp_path / "etude.onnx").read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match="damaged"):
        pair.graph(tmp_path / "etude.onnx")
