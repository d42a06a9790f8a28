"""A few words for drawing ONNX graphs by hand: nodes, constants, a loop over time, products in integers.

Only operators of the ONNX standard are used, so that any runtime can play the result. Knows nothing of music, but for
the grid of time that two parts of the graph need.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from antiphon.music.vocabulary import EDGES_MS
from antiphon_training.network import Network

OPSET: Final = 20
_IR: Final = 9
_COARSE: Final = 63
"""Steps from 0 to 1 of what meets weights in integers. 63 and not 127: processors without VNNI add two products in 16
bits, and 2 x 126 x 127 still fits."""
_FINE: Final = 2 * _COARSE

Array = NDArray[Any]  # constants of several dtypes
Weights = dict[str, NDArray[np.float32]]


class Sketch:
    """Nodes and constants in the order in which they were asked for. Verbs give the names of results.

    mark: what all its names begin with. Graphs inside a graph need marks of their own.
    """

    def __init__(self, mark: str = "") -> None:
        self._mark = mark
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], onnx.TensorProto] = {}

    def __call__(self, kind: str, *inputs: str, **attributes: Any) -> str:  # as ONNX has them
        """One operator with one output."""
        return self.node(kind, *inputs, **attributes)[0]

    def node(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> list[str]:  # as above
        """One operator with several outputs."""
        name = f"{self._mark}{kind}{len(self._nodes)}"
        names = [f"{name}_{number}" for number in range(outputs)]
        self._nodes.append(helper.make_node(kind, list(inputs), names, name=name, **attributes))
        return names

    def constant(self, value: Array) -> str:
        """An array that is part of the graph; equal ones are kept once."""
        array = np.asarray(value, order="C")
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self._constants:
            self._constants[key] = numpy_helper.from_array(array, f"{self._mark}c{len(self._constants)}")
        return self._constants[key].name

    def floats(self, value: float) -> str:
        """A constant float32."""
        return self.constant(np.array(value, np.float32))

    def ints(self, *values: int) -> str:
        """A constant vector of int64."""
        return self.constant(np.array(values, np.int64))

    def part(self, value: str, start: int, stop: int) -> str:
        """value[..., start:stop]."""
        return self("Slice", value, self.ints(start), self.ints(stop), self.ints(-1))

    def split(self, value: str, sizes: Sequence[int], axis: int = -1) -> list[str]:
        """A value cut into pieces of these sizes."""
        return self.node("Split", value, self.ints(*sizes), outputs=len(sizes), axis=axis)

    def layers(self, value: str, count: int) -> list[str]:
        """A value (count, ...) as `count` values (...)."""
        pieces = self.split(value, [1] * count, axis=0) if count > 1 else [value]
        return [self("Squeeze", piece, self.ints(0)) for piece in pieces]

    def stacked(self, values: Sequence[str]) -> str:
        """Values (...) as one value (count, ...)."""
        return self("Concat", *(self("Unsqueeze", value, self.ints(0)) for value in values), axis=0)

    def cast(self, value: str, kind: int) -> str:
        """A value as TensorProto.FLOAT and so on."""
        return self("Cast", value, to=kind)

    def linear(self, value: str, weight: Array, bias: Array | None = None) -> str:
        """value @ weight + bias; weight (inputs, outputs)."""
        product = self("MatMul", value, self.constant(weight))
        return product if bias is None else self("Add", product, self.constant(bias))

    def in_integers(self, value: str, weight: NDArray[np.int8], step: NDArray[np.float32]) -> str:
        """value @ (weight * step): value (rows, inputs) within -1..1 is split into a coarse and a fine digit, together
        exact to 1 / 16,000, and both digits meet the weights in one pass, which costs what one of them would:
        the weights have to be fetched, and that is what takes the time."""
        steps = self("Mul", value, self.floats(_COARSE))
        coarse = self("Round", steps)
        fine = self("Round", self("Mul", self("Sub", steps, coarse), self.floats(_FINE)))
        digits = self("Add", self("Concat", coarse, fine, axis=0), self.floats(_COARSE))
        digits, zero = self.cast(digits, TensorProto.UINT8), self.constant(np.array(_COARSE, np.uint8))
        sums = self.cast(self("MatMulInteger", digits, self.constant(weight), zero), TensorProto.FLOAT)
        units = np.stack([step / _COARSE, step / (_COARSE * _FINE)])[:, None].astype(np.float32)
        both = self("Mul", self("Reshape", sums, self.ints(2, -1, weight.shape[1])), self.constant(units))
        return self("ReduceSum", both, self.ints(0), keepdims=0)

    def branch(self, condition: str, then: "Sketch", value: str, otherwise: str) -> str:
        """`value` of the sketch `then` where the condition holds, else `otherwise`, which is known here; (B, T, K)."""
        branches = list[onnx.GraphProto]()
        for each, source in ((then, value), (Sketch(), otherwise)):
            name = f"{source}/chosen"
            info = helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, None, None])
            nodes = [*each._nodes, helper.make_node("Identity", [source], [name])]
            branches.append(helper.make_graph(nodes, "branch", [], [info], [*each._constants.values()]))
        return self("If", condition, then_branch=branches[0], else_branch=branches[1])

    def scan(
        self, body: "Sketch", states: Sequence[tuple[str, str, str]], steps: Sequence[tuple[str, str]], kept: str
    ) -> list[str]:
        """`body` once for each place on axis 1 of `steps`: the last states, and `kept` of every step along axis 1.

        states: a first value (B, ...), its name in the body, and the name of what it has become there; steps: a value
        (B, T, ...) and the name that one step of it has in the body.
        """
        inside = [_matrix(name) for name in (*(name for _, name, _ in states), *(name for _, name in steps))]
        outside = [_matrix(name) for name in (*(name for *_, name in states), kept)]
        graph = helper.make_graph(body._nodes, "step", inside, outside, [*body._constants.values()])
        return self.node(
            "Scan",
            *(value for value, *_ in (*states, *steps)),
            outputs=len(outside),
            body=graph,
            num_scan_inputs=len(steps),
            scan_input_axes=[1] * len(steps),
            scan_output_axes=[1],
        )

    def model(
        self,
        inputs: Sequence[onnx.ValueInfoProto],
        outputs: Sequence[tuple[str, onnx.ValueInfoProto]],
        defaults: Mapping[str, Array],
    ) -> onnx.ModelProto:
        """The whole as a model; outputs: what of it is given, and under which name and shape; defaults: of inputs that
        may be left out."""
        initial = [numpy_helper.from_array(value, name) for name, value in defaults.items()]
        given = [helper.make_node("Identity", [value], [info.name]) for value, info in outputs]
        graph = helper.make_graph(
            [*self._nodes, *given],
            "antiphon",
            inputs,
            [info for _, info in outputs],
            [*self._constants.values(), *initial],
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], producer_name="antiphon", ir_version=_IR)
        onnx.checker.check_model(model, full_check=True)
        return model


def weights(network: Network) -> Weights:
    """All weights of a network by name."""
    return {name: value.detach().cpu().float().numpy() for name, value in network.state_dict().items()}


def bins(sketch: Sketch, ms: str) -> str:
    """Whole milliseconds (..., 1) float32 to time bins (..., 1) int64, as vocabulary.time_bin does."""
    passed = sketch("GreaterOrEqual", ms, sketch.constant(EDGES_MS[1:-1].astype(np.float32)))
    return sketch("ReduceSum", sketch.cast(passed, TensorProto.INT64), sketch.ints(-1), keepdims=1)


def _matrix(name: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, None])
