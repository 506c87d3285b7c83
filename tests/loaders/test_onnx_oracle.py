"""ONNX's own tests as the truth: every shape and element that netlint gives is what the operators really make.

The declarations inside the models are taken away first, so that only the operators speak.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import netlint
from netlint import Model, api
from netlint.facts import Shapes
from netlint.model import UNKNOWN, Node, Shape, Unknown, Value

onnx = pytest.importorskip("onnx", reason="the oracle is the onnx package, which the extra `test` installs")

#: Both make tensors for the tests with features that numpy and protobuf warn of.
pytestmark = pytest.mark.filterwarnings("ignore")

#: What a file may hold on purpose: an empty slice is the point of this one.
INTENDED = {("test_slice_start_out_of_bounds", "empty-tensor")}

#: Elements of float16 and bfloat16 are computed with less precision than netlint's.
TOLERANCE = 2e-3


@cache
def node_cases() -> list[Any]:
    """The cases of `onnx.backend.test.case.node`: a model, inputs and the outputs that the reference computes."""
    from onnx.backend.test.case import node

    return [case for case in node.collect_testcases() if case.data_sets]


@cache
def wheel_models() -> list[Path]:
    """The models that the wheel ships, without their weights."""
    return sorted((Path(onnx.__file__).parent / "backend" / "test" / "data").rglob("*.onnx"))


def undeclared(source: bytes | Path) -> tuple[Model, Shapes]:
    """A model and its shapes as the operators alone infer them."""
    (model, *_) = netlint.load(source, filename="model.onnx") if isinstance(source, bytes) else netlint.load(source)
    for node in model.nodes:
        if node.op not in ("Input", "Constant"):
            for value in node.outputs:
                value.shape = UNKNOWN
    return model, api.shapes(model)


def agrees(shape: Shape, truth: tuple[int | None, ...]) -> bool:
    """Whether nothing that netlint says of a shape is wrong."""
    return isinstance(shape, Unknown) or (
        len(shape) == len(truth)
        and all(not isinstance(dim, int) or true is None or dim == true for dim, true in zip(shape, truth, strict=True))
    )


def complete(shape: Shape) -> bool:
    return isinstance(shape, tuple) and all(isinstance(dim, int) for dim in shape)


def same_element(given: object, true: object) -> bool:
    if isinstance(given, Unknown) or given == true:
        return True
    if not isinstance(given, float) or not isinstance(true, float):
        return False
    return abs(given - true) <= TOLERANCE * max(1.0, abs(true)) or (given != given and true != true)


def outputs(model: Model, proto: Any, computed: Iterable[Any]) -> Iterator[tuple[Node, Value, Any]]:
    """The tensors that the graph gives, with what the reference computed."""
    import numpy

    made = {value.name: (node, value) for node in model.nodes for value in node.outputs}
    for info, array in zip(proto.graph.output, computed, strict=True):
        tensor = info.type.WhichOneof("value") == "tensor_type" and isinstance(array, numpy.ndarray | numpy.generic)
        if tensor and info.name in made:
            yield *made[info.name], numpy.asarray(array)


def operator_problems(name: str, shapes: Shapes) -> list[tuple[str, str, str]]:
    """What the operators found wrong."""
    return [
        (name, rule, problem.message)
        for rule, problems in shapes._problems.items()
        for problem in problems
        if (name, rule) not in INTENDED
    ]


def fixed(case: Any) -> Any:
    """The case's model with small inputs as constants: what depends on their values becomes certain."""
    import numpy
    from onnx import numpy_helper

    model = onnx.ModelProto.FromString(case.model.SerializeToString())
    for info, given in zip(list(model.graph.input), case.data_sets[0][0], strict=True):
        if info.type.WhichOneof("value") != "tensor_type" or not isinstance(given, numpy.ndarray | numpy.generic):
            continue
        array = numpy.asarray(given)
        if array.size <= 64 and array.dtype != object:
            tensor = numpy_helper.from_array(array, info.name)
            if array.dtype.itemsize != 1:
                tensor.data_type = info.type.tensor_type.elem_type
            model.graph.initializer.append(tensor)
            model.graph.input.remove(info)
    return model


@pytest.mark.parametrize(("constant", "least"), [(False, 0.82), (True, 0.95)], ids=["open", "constant"])
def test_node_models(constant: bool, least: float) -> None:
    wrong, found, total, known = [], 0, 0, 0
    for case in node_cases():
        proto = fixed(case) if constant else case.model
        model, shapes = undeclared(proto.SerializeToString())
        wrong += operator_problems(case.name, shapes)
        for node, value, array in outputs(model, proto, case.data_sets[0][1]):
            shape, elements = shapes[value], shapes.elements(value)
            total += 1
            known += complete(shape)
            if not agrees(shape, array.shape):
                wrong.append((case.name, node.op, f"{shape} is {array.shape}"))
            if elements is not None:
                truth = array.reshape(-1).tolist()
                found += 1
                if len(elements) != len(truth) or not all(map(same_element, elements, truth)):
                    wrong.append((case.name, node.op, f"{elements} are {truth}"))
    assert wrong == []
    assert total > 2000
    assert known / total >= least
    assert found > (150 if constant else 10)


def inferred(path: Path) -> dict[str, tuple[int | None, ...]]:
    """What ONNX's own inference says of a model's values."""
    graph = onnx.shape_inference.infer_shapes(onnx.load(path, load_external_data=False), data_prop=True).graph
    found = {}
    for info in (*graph.value_info, *graph.output):
        if info.type.WhichOneof("value") == "tensor_type" and info.type.tensor_type.HasField("shape"):
            dims = info.type.tensor_type.shape.dim
            found[info.name] = tuple(dim.dim_value if dim.HasField("dim_value") else None for dim in dims)
    return found


def test_wheel_models() -> None:
    wrong, total, known = [], 0, 0
    for path in wheel_models():
        truth = inferred(path)
        model, shapes = undeclared(path)
        wrong += operator_problems(path.name, shapes)
        for node in model.nodes:
            for value in node.outputs if node.op != "Input" else ():
                expected = truth.get(value.name)
                if expected is None:
                    continue
                shape = shapes[value]
                total += 1
                known += isinstance(shape, tuple) and all(
                    isinstance(dim, int) or true is None for dim, true in zip(shape, expected, strict=False)
                )
                if not agrees(shape, expected):
                    wrong.append((str(path), node.op, f"{shape} is {expected}"))
    assert wrong == []
    assert total > 4000
    assert known / total >= 0.99
