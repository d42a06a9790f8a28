"""What a graph's bytes may hold: operators of the ONNX standard, and every number of theirs inside the file.

Reads the protobuf wire format (protobuf.dev, "Encoding") as far as it has to, and copies nothing. onnxruntime would
read a file that a tensor names, run operators that somebody registered, and take a format of its own that none of this
would see; so whatever is not ours to run is refused before it sees a byte. So is what another reader of the format
might understand in another way: a number written longer than it need be, a key beyond 32 bits, of which protobuf's C++
keeps the lower ones, groups, the field 0.
"""

from collections.abc import Iterator
from typing import Final

from antiphon.core.shown import short
from antiphon.errors import ModelError

LARGEST: Final = 1 << 30
"""Bytes. The largest model that answers in time has a tenth of that."""
_STANDARD: Final = ("", "ai.onnx")
_ENDLESS: Final = "Loop"
"""The one standard operator that may run for ever; Scan ends with its input."""
_DEEPEST: Final = 8
_SECONDARY_FORMAT: Final = b"ORTM"
"""At byte 4: onnxruntime's own format, which it recognises by itself."""

# Field numbers of onnx.proto. A message's name stands before the underscore.
_MODEL_GRAPH, _MODEL_OPSETS, _MODEL_TRAINING, _MODEL_FUNCTIONS = 7, 8, 20, 25
_OPSET_DOMAIN: Final = 1
_GRAPH_NODES, _GRAPH_TENSORS, _GRAPH_SPARSE = 1, 5, 15
_NODE_OPERATOR, _NODE_ATTRIBUTES, _NODE_DOMAIN = 4, 5, 7
_ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS, _ATTRIBUTE_SPARSE = (5, 10), (6, 11), (22, 23)
_SPARSE_TENSORS: Final = (1, 2)
_TENSOR_FILE, _TENSOR_PLACE = 13, 14

_VARINT_BITS, _KEY_BITS, _LENGTH_BITS = 64, 32, 31
_MOST_FIELDS: Final = 1 << 20
"""The graphs that come with Antiphon have 3,154; so many as this take a second or two to look at."""

Field = tuple[int, int | memoryview]


def check(graph: bytes) -> None:
    """Raises ModelError, which says what, for a graph that holds anything but standard operators and their numbers."""
    if graph[4:8] == _SECONDARY_FORMAT:
        raise ModelError("in onnxruntime's own format, not in ONNX's; export it again")
    try:
        _Look().at_model(memoryview(graph))
    except ValueError as error:
        raise ModelError(f"not an ONNX graph ({error})") from error


class _Look:
    """One look through a graph, which ends after so many fields, however they are nested."""

    def __init__(self) -> None:
        self._left = _MOST_FIELDS

    def at_model(self, model: memoryview) -> None:
        for number, value in self._fields(model):
            if number in (_MODEL_TRAINING, _MODEL_FUNCTIONS):
                raise ModelError("holds functions of its own; export it again")
            if number == _MODEL_OPSETS:
                self._at_opset(_message(value))
            elif number == _MODEL_GRAPH:
                self._at_graph(_message(value), 0)

    def _at_opset(self, opset: memoryview) -> None:
        for number, value in self._fields(opset):
            if number == _OPSET_DOMAIN:
                _check_domain(_decoded(value))

    def _at_graph(self, graph: memoryview, depth: int) -> None:
        if depth > _DEEPEST:
            raise ModelError(f"graphs inside graphs, more than {_DEEPEST} deep")
        for number, value in self._fields(graph):
            if number == _GRAPH_NODES:
                self._at_node(_message(value), depth)
            elif number == _GRAPH_TENSORS:
                self._at_tensor(_message(value))
            elif number == _GRAPH_SPARSE:
                self._at_sparse(_message(value))

    def _at_node(self, node: memoryview, depth: int) -> None:
        for number, value in self._fields(node):
            if number == _NODE_DOMAIN:
                _check_domain(_decoded(value))
            elif number == _NODE_OPERATOR and _decoded(value) == _ENDLESS:
                raise ModelError(f"holds the operator {_ENDLESS}, which may never end")
            elif number == _NODE_ATTRIBUTES:
                self._at_attribute(_message(value), depth)

    def _at_attribute(self, attribute: memoryview, depth: int) -> None:
        for number, value in self._fields(attribute):
            if number in _ATTRIBUTE_GRAPHS:
                self._at_graph(_message(value), depth + 1)
            elif number in _ATTRIBUTE_TENSORS:
                self._at_tensor(_message(value))
            elif number in _ATTRIBUTE_SPARSE:
                self._at_sparse(_message(value))

    def _at_sparse(self, tensor: memoryview) -> None:
        for number, value in self._fields(tensor):
            if number in _SPARSE_TENSORS:
                self._at_tensor(_message(value))

    def _at_tensor(self, tensor: memoryview) -> None:
        for number, value in self._fields(tensor):
            if number == _TENSOR_FILE or (number == _TENSOR_PLACE and value != 0):
                raise ModelError("takes numbers from another file; export it as one")

    def _fields(self, data: memoryview) -> Iterator[Field]:
        """The fields of a message: (number, value). Raises ValueError for bytes that are none."""
        at = 0
        while at < len(data):
            self._left -= 1
            if self._left < 0:
                raise ModelError(f"more than {_MOST_FIELDS} fields, and no model has so many; export it again")
            key, at = _varint(data, at, _KEY_BITS)
            if key < 8:
                raise ValueError("a field 0")
            match key & 7:
                case 0:
                    value, at = _varint(data, at, _VARINT_BITS)
                    yield key >> 3, value
                case 1:
                    at += 8
                case 5:
                    at += 4
                case 2:
                    length, at = _varint(data, at, _LENGTH_BITS)
                    if length > len(data) - at:
                        raise ValueError("it ends too early")
                    yield key >> 3, data[at : at + length]
                    at += length
                case other:
                    raise ValueError(f"wire type {other}")
            if at > len(data):
                raise ValueError("it ends too early")


def _check_domain(domain: str) -> None:
    if domain not in _STANDARD:
        raise ModelError(f"needs operators of {short(domain)!r}, and only those of the ONNX standard are run")


def _decoded(value: int | memoryview) -> str:
    return bytes(_message(value)).decode("utf-8")


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number where a message belongs")
    return value


def _varint(data: memoryview, at: int, bits: int) -> tuple[int, int]:
    """A number of variable length, of so many bits at the most, and where it ends. Raises ValueError for any other, and
    for one that is written longer than it need be."""
    number = shift = 0
    while at < len(data) and shift < bits:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte >= 0x80:
            continue
        if number >> bits:
            break
        if not byte and shift > 7:
            raise ValueError("a number longer than it need be")
        return number, at
    raise ValueError(f"a number of more than {bits} bits" if at < len(data) or shift >= bits else "it ends too early")
