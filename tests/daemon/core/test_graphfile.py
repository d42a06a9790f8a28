"""Hostile graphs, written by ONNX's own library: none of them reaches onnxruntime."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

onnx = pytest.importorskip("onnx")

from onnx import AttributeProto, ModelProto, NodeProto, SparseTensorProto, TensorProto, helper  # noqa: E402

from antiphon.core import graphfile  # noqa: E402
from antiphon.errors import ModelError  # noqa: E402
from antiphon.mind import models, onnx_model  # noqa: E402

STANDARD = "needs operators of 'com.microsoft', and only those of the ONNX standard are run"
OUTSIDE = "takes numbers from another file; export it as one"


def shipped() -> bytes:
    return models.find("default").read_bytes()


def whole(change: Callable[[ModelProto], None]) -> bytes:
    """The shipped graph, changed."""
    model = onnx.load_from_string(shipped())
    change(model)
    return bytes(model.SerializeToString())


def elsewhere(tensor: TensorProto) -> TensorProto:
    """The tensor, its numbers in a file that anybody may have."""
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../../etc/passwd")
    return tensor


def numbers() -> TensorProto:
    return helper.make_tensor("numbers", TensorProto.FLOAT, [1], b"\0\0\0\0", raw=True)


def inside(node: NodeProto, deep: int = 1) -> NodeProto:
    """An If whose branch holds the node, `deep` times over."""
    for _ in range(deep):
        branch = helper.make_graph([node], "branch", [], [])
        node = helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)
    return node


def foreign_opset(model: ModelProto) -> None:
    model.opset_import.add(domain="com.microsoft", version=1)


def foreign_node(model: ModelProto) -> None:
    model.graph.node.append(helper.make_node("Inverse", ["x"], ["y"], domain="com.microsoft"))


def foreign_node_in_a_branch(model: ModelProto) -> None:
    model.graph.node.append(inside(helper.make_node("Inverse", ["x"], ["y"], domain="com.microsoft")))


def file_for_a_weight(model: ModelProto) -> None:
    elsewhere(model.graph.initializer[0])


def file_for_a_constant(model: ModelProto) -> None:
    model.graph.node.append(helper.make_node("Constant", [], ["y"], value=elsewhere(numbers())))


def file_for_a_constant_in_a_branch(model: ModelProto) -> None:
    model.graph.node.append(inside(helper.make_node("Constant", [], ["y"], value=elsewhere(numbers()))))


def file_for_a_sparse_weight(model: ModelProto) -> None:
    model.graph.sparse_initializer.append(SparseTensorProto(values=elsewhere(numbers()), dims=[1]))


def file_for_a_sparse_constant(model: ModelProto) -> None:
    sparse = SparseTensorProto(values=numbers(), indices=elsewhere(numbers()), dims=[1])
    attribute = AttributeProto(name="sparse_value", type=AttributeProto.SPARSE_TENSOR, sparse_tensor=sparse)
    model.graph.node.append(NodeProto(op_type="Constant", output=["y"], attribute=[attribute]))


def file_named_without_being_asked_for(model: ModelProto) -> None:
    model.graph.initializer[0].external_data.add(key="location", value="weights.bin")


def function(model: ModelProto) -> None:
    made = helper.make_function("mine", "F", ["x"], ["y"], [], [helper.make_opsetid("", 20)])
    model.functions.append(made)


def training(model: ModelProto) -> None:
    model.training_info.add()


def endless(model: ModelProto) -> None:
    body = helper.make_graph([], "body", [], [])
    model.graph.node.append(helper.make_node("Loop", ["", ""], ["y"], body=body))


def endless_in_a_branch(model: ModelProto) -> None:
    body = helper.make_graph([], "body", [], [])
    model.graph.node.append(inside(helper.make_node("Loop", ["", ""], ["y"], body=body)))


def bottomless(model: ModelProto) -> None:
    model.graph.node.append(inside(helper.make_node("Identity", ["x"], ["y"]), 12))


HOSTILE = [
    (foreign_opset, STANDARD),
    (foreign_node, STANDARD),
    (foreign_node_in_a_branch, STANDARD),
    (file_for_a_weight, OUTSIDE),
    (file_for_a_constant, OUTSIDE),
    (file_for_a_constant_in_a_branch, OUTSIDE),
    (file_for_a_sparse_weight, OUTSIDE),
    (file_for_a_sparse_constant, OUTSIDE),
    (file_named_without_being_asked_for, OUTSIDE),
    (function, "holds functions of its own; export it again"),
    (training, "holds functions of its own; export it again"),
    (endless, "holds the operator Loop, which may never end"),
    (endless_in_a_branch, "holds the operator Loop, which may never end"),
    (bottomless, "graphs inside graphs, more than 8 deep"),
]


@pytest.mark.parametrize(("change", "said"), HOSTILE, ids=[change.__name__ for change, _ in HOSTILE])
def test_a_hostile_graph_is_refused_with_what_it_holds(change: Callable[[Any], None], said: str) -> None:
    with pytest.raises(ModelError) as refused:
        graphfile.check(whole(change))
    assert str(refused.value) == said


def test_a_hostile_pair_whose_sha256_is_right_is_refused_by_its_name_before_it_is_loaded(tmp_path: Path) -> None:
    graph = whole(file_for_a_weight)
    card = json.loads(models.find("default").with_suffix(".json").read_text())
    card["files"]["onnx"] = {"sha256": hashlib.sha256(graph).hexdigest(), "bytes": len(graph)}
    (tmp_path / "mine.onnx").write_bytes(graph)
    (tmp_path / "mine.json").write_text(json.dumps(card))
    with pytest.raises(ModelError) as refused:
        onnx_model.load(str(tmp_path / "mine.onnx"))
    assert str(refused.value) == f"{tmp_path / 'mine.onnx'}: {OUTSIDE}"


def test_a_name_written_twice_counts_as_onnx_reads_it() -> None:
    """Protobuf lets the last of two win; a harmless first one hides nothing."""
    domains = b"\x0a\x00" + b"\x0a\x0dcom.microsoft"
    with pytest.raises(ModelError, match=r"com\.microsoft"):
        graphfile.check(b"\x42" + bytes([len(domains)]) + domains)


def varint(number: int) -> bytes:
    septets = [number >> shift & 0x7F for shift in range(0, max(number.bit_length(), 1), 7)]
    return bytes([*(septet | 0x80 for septet in septets[:-1]), septets[-1]])


def written(key: bytes) -> bytes:
    """A model's bytes: a graph that holds a Loop, whose key is written so."""
    graph = helper.make_graph([helper.make_node("Loop", [], ["y"])], "g", [], []).SerializeToString()
    return key + varint(len(graph)) + graph


def test_a_graph_is_found_by_its_key() -> None:
    with pytest.raises(ModelError, match="holds the operator Loop"):
        graphfile.check(written(b"\x3a"))


OTHERWISE = {
    "a key of which protobuf keeps the lower 32 bits": (b"\xba\x80\x80\x80\x10", "a number of more than 32 bits"),
    "a key of 64 bits": (varint(0x3A | 1 << 60), "a number of more than 32 bits"),
    "a key of six bytes": (b"\xba\x80\x80\x80\x80\x00", "a number of more than 32 bits"),
    "a key longer than it need be": (b"\xba\x00", "a number longer than it need be"),
    "the field 0": (b"\x02", "a field 0"),
    "a group": (b"\x3b", "wire type 3"),
    "the end of a group": (b"\x3c", "wire type 4"),
    "a wire type that there is not": (b"\x3f", "wire type 7"),
}


@pytest.mark.parametrize(("key", "said"), OTHERWISE.values(), ids=list(OTHERWISE))
def test_what_another_reader_may_understand_in_another_way_is_refused(key: bytes, said: str) -> None:
    with pytest.raises(ModelError) as refused:
        graphfile.check(written(key))
    assert str(refused.value) == f"not an ONNX graph ({said})"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (b"\xff" * 9 + b"\x02", "a number of more than 64 bits"),
        (b"\x80" * 10 + b"\x00", "a number of more than 64 bits"),
        (b"\x87\x00", "a number longer than it need be"),
    ],
)
def test_a_number_that_others_may_read_as_another_is_refused(number: bytes, said: str) -> None:
    with pytest.raises(ModelError) as refused:
        graphfile.check(b"\x08" + number)
    assert str(refused.value) == f"not an ONNX graph ({said})"


def test_a_number_below_zero_is_one() -> None:
    graphfile.check(b"\x08" + b"\xff" * 9 + b"\x01")


@pytest.mark.parametrize("field", [b"\x08\x00", b"\x0a\x00", b"\x3a\x02\x0a\x00"])
def test_a_graph_of_more_fields_than_any_is_not_looked_through_to_its_end(field: bytes) -> None:
    with pytest.raises(ModelError, match="more than 1048576 fields"):
        graphfile.check(field * (1 << 22))


def test_onnxruntimes_own_format_is_refused() -> None:
    with pytest.raises(ModelError, match="onnxruntime's own format"):
        graphfile.check(b"\x20\0\0\0ORTM" + shipped()[8:])


def test_the_shipped_graph_is_let_through_whole() -> None:
    graphfile.check(shipped())
    graphfile.check(whole(lambda model: None))


@given(st.binary(max_size=300))
def test_bytes_of_no_meaning_are_refused_or_hold_nothing(data: bytes) -> None:
    try:
        graphfile.check(data)
    except ModelError:
        return


@given(st.integers(0, 20_000), st.integers(0, 255))
def test_one_changed_byte_ends_in_a_refusal_or_a_graph_and_in_nothing_else(at: int, byte: int) -> None:
    changed = bytearray(_BEGINNING)
    changed[at % len(changed)] = byte
    try:
        graphfile.check(bytes(changed))
    except ModelError:
        return


def _without_weights() -> bytes:
    model = onnx.load_from_string(shipped())
    del model.graph.initializer[:]
    return bytes(model.SerializeToString())


_BEGINNING = _without_weights()


def test_the_trainer_looks_through_a_graph_before_it_judges_it() -> None:
    scorer = pytest.importorskip("antiphon_training.onnx_scorer")
    with pytest.raises(ModelError) as refused:
        scorer.session(whole(foreign_node))
    assert str(refused.value) == STANDARD
